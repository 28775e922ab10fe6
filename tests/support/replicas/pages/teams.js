// Microsoft Teams as its facts describe it: one mixed track, the roster over the network or not, outlines of tiles that are
// lit late, captions in one layout.
const MOST_TILES = 9;
const bar = `<div data-tid="ubar-toolbar-wrapper" class="controls"><span data-tid="call-duration">00:12</span>
  <button id="chat-button" data-do="open #chat">Chat</button><button id="roster-button" data-tid="roster-button">People</button>
  <button id="raisehands-button">Raise</button><button id="callingButtons-showMoreBtn">More</button>
  <button id="hangup-button" data-tid="hangup-main-btn" data-do="leave">Leave</button></div>
  <div id="chat" hidden><div contenteditable aria-label="Type a message"></div></div>`;
/** @type {Map<string, number>} */
const lastSpoke = new Map();

const stream = (name, kind, id) => `<div data-stream-type="${kind}" data-tid="${escaped(name)}" data-person="${id}"><span>${escaped(name)}</span>
  <div data-tid="voice-level-stream-outline" style="height: 0px"></div></div>`;

function drawTiles() {
  const grid = document.getElementById("tiles");
  if (!grid) return;
  const order = [...replica.people].sort((a, b) => (lastSpoke.get(b.id) ?? 0) - (lastSpoke.get(a.id) ?? 0));
  const wanted = new Set(order.slice(0, MOST_TILES).map(({ id }) => id));
  const chosen = replica.people.filter(({ id }) => wanted.has(id));
  const key = JSON.stringify([chosen, replica.layout]);
  if (grid.dataset.key === key) return;
  grid.dataset.key = key;
  const faces = chosen.flatMap(({ id, name, share }) => [stream(name, "Video", id), ...(share ? [stream(name, "ScreenSharing", `${id}s`)] : [])]);
  grid.innerHTML = stream(replica.name, "Video", replica.own) + faces.join("");
  const rows = [`<div role="treeitem" aria-label="${escaped(replica.name)}, Guest">x</div>`, ...replica.people.map(({ name }) => `<div role="treeitem" aria-label="${escaped(name)}, In the meeting">x</div>`)];
  document.getElementById("rows").innerHTML = replica.layout === "roster" ? `<div role="tree" aria-label="Attendees">${rows.join("")}</div>` : "";
}

let said = 0;
setInterval(() => {
  if (replica.scene !== "call") return;
  for (const id of replica.speaking) lastSpoke.set(id, performance.now());
  drawTiles();
  const captions = document.getElementById("captions");
  if (replica.layout === "captions" && captions) {
    const speaker = replica.people.find(({ id }) => replica.speaking.has(id));
    if (!speaker) return;
    if (captions.dataset.by !== speaker.id) {
      captions.dataset.by = speaker.id;
      captions.insertAdjacentHTML("beforeend", `<div class="fui-ChatMessageCompact"><span data-tid="author">${escaped(speaker.name)}</span><span data-tid="closed-caption-text"></span></div>`);
    }
    captions.lastElementChild.lastElementChild.textContent += ` word${said++}`;
    return;
  }
  for (const outline of document.querySelectorAll('[data-tid="voice-level-stream-outline"]')) {
    const speaks = replica.speaking.has(outline.parentElement.dataset.person);
    outline.classList.toggle("vdi-frame-occlusion", speaks);
    outline.style.height = speaks ? `${4 + Math.floor(Math.random() * 8)}px` : "0px";
  }
}, 150);

const platform = {
  lateMs: 1400,
  controls: ".controls",
  entry: () => `<button data-tid="joinInApp">Join on the Teams app</button><button data-tid="joinOnWeb" data-do="next devices">Continue on this browser</button>`,
  devices: () => `<div data-tid="get-user-media-wrapper" role="dialog" style="position: fixed; inset: 0; background: #fff"><div data-tid="second-step">
    <button data-focus-target="gum-continue" data-do="next prejoin">Continue without audio or video</button></div></div>`,
  prejoin: () => `<div data-tid="calling-prejoin-screen">
    <input data-tid="toggle-video" role="switch" type="checkbox" checked><input data-tid="toggle-mute" role="switch" type="checkbox" checked>
    <input data-tid="prejoin-display-name-input" placeholder="Type your name" maxlength="50" data-name="#prejoin-join-button">
    <button id="prejoin-join-button" data-tid="prejoin-join-button" disabled data-do="ask">Join now</button>
    <button data-tid="prejoin-cancel-button">Cancel</button><a data-tid="auth-sign-in-link" href="#">Sign in</a></div>`,
  lobby: (text) => `<div data-tid="calling-lobby-screen"><h1 data-tid="lobby-screen-title">${text}</h1>${bar}</div>`,
  call: () => `<div data-tid="call-title">Weekly</div><div data-tid="stage-layouts-renderer"><div id="tiles"></div></div><div id="rows"></div><div id="captions"></div>${bar}<audio autoplay></audio>`,
  left: () => `<h1>Did you leave by mistake?</h1><button>Rejoin</button>`,
  end: (text, kind) => ({
    removed: `<div data-tid="calling-retry-screen"><h1 id="calling-retry-screen-title">${text}</h1><button>Rejoin</button></div>`,
    ended: `<div data-tid="calling-retry-screen"><h1>${text}</h1></div>`,
    denied: `<div data-tid="calling-declined-screen"><p>${text}</p></div>`,
  })[kind] ?? `<p>${text}</p>`,
  wall: (text, kind) => ({
    invalid: `<div data-tid="calling-retry-screen"><h2 id="calling-retry-screen-description">${text}</h2><input data-tid="meeting-code-input"><button data-tid="calling-retry-rejoinbutton" disabled>Join</button></div>`,
    account: `<input name="loginfmt" type="email">`,
  })[kind] ?? `<div><p>${text}</p></div>`,
  dialog: () => `<div data-tid="get-user-media-wrapper" role="dialog" style="position: fixed; inset: 0; background: #fff"><button data-focus-target="gum-continue" data-do="away [role=dialog]">Continue without audio or video</button></div>`,
  peopleChanged: drawTiles,
  prepare: (connection) => { connection.addTransceiver("audio", { direction: "recvonly" }); connection.createDataChannel("main-channel"); },
  heard: (track) => { const audio = document.querySelector("audio"); if (audio) audio.srcObject = new MediaStream([track]); },
};
