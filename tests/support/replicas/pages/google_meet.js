// Google Meet as its facts describe it: tiles, meters whose classes flicker, three shared audio elements, contributing
// sources for who speaks. Not more than some tiles are shown: whoever speaks gets one.
const IDLE = "IisKdb gjg47c";
const LOUD = ["IisKdb HX2H7", "IisKdb Oaajhc", "IisKdb Abc12", "IisKdb wEsLMd"];
const MOST_TILES = 9;
const icon = (label, more = "") => `<button aria-label="${label}" ${more}><i>icon</i></button>`;
const toolbar = `<div role="region" aria-label="Call controls" class="controls">${icon("Audio settings")}
  ${icon("Turn off microphone", 'data-do="becomes x" data-label="Turn on microphone"')}${icon("Video settings")}
  ${icon("Turn off camera", 'data-do="becomes x" data-label="Turn on camera"')}${icon("Turn on captions")}
  ${icon("Raise hand (ctrl + alt + h)")}${icon("Send a reaction")}${icon("Share screen")}${icon("More options")}
  ${icon("Leave call", 'jsname="CQylAd" data-do="leave"')}</div>
  <nav class="controls">${icon("Meeting details")}${icon("People", 'role="button" data-panel-id="1"')}${icon("Chat with everyone", 'data-panel-id="2" data-do="open aside"')}${icon("Meeting tools")}</nav>
  <aside aria-label="Side panel" hidden><textarea aria-label="Send a message"></textarea></aside>`;
const ownTile = () => `<div data-participant-id="${replica.own}" data-tile-media-id="${replica.own}"><span class="notranslate">${escaped(replica.name)}</span>
  <button jsname="nsKqzb"></button><button jsname="Ac69Jc"></button></div>`;
/** @type {Map<string, number>} */
const lastSpoke = new Map();
let shownPeople = [];

function tile({ id, name, video, share }) {
  const face = `<div data-participant-id="${id}" data-tile-media-id="${id}">${video ? "<video></video>" : "<img>"}<span class="notranslate">${escaped(name)}</span>
    <div jsname="QgSmzd" class="${IDLE}"></div></div>`;
  const shared = `<div data-participant-id="${id}" data-tile-media-id="${id}9"><span class="notranslate">${escaped(name)} (Presentation)</span></div>`;
  return face + (share ? shared : "");
}

function drawTiles() {
  const grid = document.getElementById("tiles");
  if (!grid) return;
  const most = replica.layout === "spotlight" ? 1 : MOST_TILES;
  const order = [...replica.people].sort((a, b) => (lastSpoke.get(b.id) ?? 0) - (lastSpoke.get(a.id) ?? 0));
  const wanted = new Set(order.slice(0, most).map(({ id }) => id));
  const chosen = replica.people.filter(({ id }) => wanted.has(id));
  const key = JSON.stringify(chosen);
  if (grid.dataset.key === key) return;
  grid.dataset.key = key;
  shownPeople = chosen;
  const rest = replica.people.length - chosen.length;
  grid.innerHTML = ownTile() + chosen.map(tile).join("") + (rest ? `<div>${rest} others</div>` : "");
}

setInterval(() => {
  if (replica.scene !== "call") return;
  for (const id of replica.speaking) lastSpoke.set(id, performance.now());
  drawTiles();
  for (const { id } of shownPeople) {
    const meter = document.querySelector(`[data-tile-media-id="${id}"] [jsname="QgSmzd"]`);
    if (meter) meter.className = replica.speaking.has(id) ? LOUD[Math.floor(Math.random() * LOUD.length)] : IDLE;
  }
}, 120);

const platform = {
  lateMs: 100,
  controls: ".controls",
  entry: () => `<div role="dialog"><p>Others may see your video differently</p><button data-do="away [role=dialog]"><span>Got it</span></button></div>
    <div data-participant-id="${replica.own || "own"}"><span class="notranslate">You</span>${icon("Backgrounds and effects")}</div>
    <div role="button" tabindex="0" aria-label="Turn off microphone" data-do="becomes x" data-label="Turn on microphone">mic</div>
    <div role="button" tabindex="0" aria-label="Turn off camera" data-do="becomes x" data-label="Turn on camera">camera</div>
    <h1>What's your name?</h1><input type="text" aria-label="Your name" jsname="YPqjbf" data-name="#ask"><span>0/60</span>
    <button id="ask" jsname="Qx7uuf" disabled data-do="ask"><span>Ask to join</span></button>
    <p>Sign in with your Google account to see more options</p>`,
  lobby: (text) => `<h1>${text}</h1>${toolbar}${ownTile()}<button><span>Return to home screen</span></button>
    ${text.startsWith("No one responded") ? '<button data-do="ask"><span>Ask to join again</span></button>' : ""}`,
  call: () => `<div data-meeting-title="Weekly">Weekly</div><div id="tiles"></div>${toolbar}${[0, 1, 2].map(() => "<audio autoplay></audio>").join("")}`,
  left: () => `<h1>You left the meeting</h1><button><span>Rejoin</span></button><button><span>Return to home screen</span></button>`,
  // One page for all endings, as in the capture of one of them.
  end: (text) => `<div><h1 jsname="r4nke" class="roSPhc">${text}</h1><div data-call-ended="true"><button><span>Return to home screen</span></button></div></div>`,
  wall: (text, kind) => ({
    invalid: `<div data-startup-code="217"><h1 jsname="r4nke" class="roSPhc">${text}</h1><div data-call-ended="true"><button><span>Return to home screen</span></button></div></div>`,
    sign_in: `<div><h1>Sign in</h1><p>Use your Google Account</p></div>`,
    captcha: `<div><iframe src="https://www.google.com/recaptcha/api2/anchor?k=1" width="300" height="80"></iframe></div>`,
  })[kind] ?? platform.end(text),
  dialog: (kind) => kind === "recorded"
    ? `<div role="dialog">This video call is being recorded<button data-mdc-dialog-action="ok" data-do="away [role=dialog]">Join now</button></div>`
    : `<div role="dialog" style="position: fixed; inset: 0; background: #fff"><p>Others may see your meeting differently</p><button data-do="away [role=dialog]">Got it</button></div>`,
  peopleChanged: drawTiles,
  prepare: (connection) => { for (let slot = 0; slot < 3; slot++) connection.addTransceiver("audio", { direction: "recvonly" }); },
  heard: (track) => { const free = [...document.querySelectorAll("audio")].find(({ srcObject }) => !srcObject); if (free) free.srcObject = new MediaStream([track]); },
};
