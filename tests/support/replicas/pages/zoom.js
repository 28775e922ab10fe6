// Zoom's web client as its facts describe it: sound comes over a data channel and is mixed with Web Audio; frames of several
// layouts, of which those who speak are lit late.
const RATE = 24000;
const AHEAD_S = 0.08;
const LAYOUTS = {
  gallery: ["gallery-video-container", 25],
  speaker: ["speaker-bar-container", 6],
  suspension: ["suspension-video-container", 3],
  multi: ["multi-speaker-main-container", 4],
  single: ["single-main-container", 1],
};
const controls = `<div class="footer controls"><button aria-label="Leave" data-do="open #options">Leave</button>
  <div id="options" hidden><button class="leave-meeting-options__btn--danger" data-do="leave">Leave Meeting</button></div></div>`;
/** @type {Map<string, number>} */
const lastSpoke = new Map();
let context = null;
let mix = null;
const until = new Map();

const frame = (layout, { name, id }, lit) => `<div class="${layout}__video-frame${lit ? ` ${layout}__video-frame--active` : ""}" data-person="${id}"><div class="video-avatar__avatar">
  <div class="video-avatar__avatar-footer"><span>${escaped(name)}</span></div></div></div>`;

function draw() {
  const box = document.getElementById("frames");
  if (!box) return;
  const kind = (replica.layout || "gallery").replace("framed ", "").split(" ")[0];
  const [layout, most] = LAYOUTS[kind] ?? LAYOUTS.gallery;
  const own = { name: replica.name, id: replica.own };
  const order = [...replica.people].sort((a, b) => (lastSpoke.get(b.id) ?? 0) - (lastSpoke.get(a.id) ?? 0));
  const wanted = new Set(order.slice(0, most).map(({ id }) => id));
  const chosen = replica.people.filter(({ id }) => wanted.has(id));
  const everybody = kind === "single" ? chosen : [own, ...chosen];
  let html = everybody.map((person) => frame(layout, person, kind !== "single" && replica.speaking.has(person.id))).join("");
  const main = replica.people.find(({ id }) => replica.speaking.has(id)) ?? order[0];
  if (kind === "speaker" && main) html = frame("speaker-active-container", main, false) + html;
  if (replica.people.some(({ share }) => share)) html += `<div id="video-share-layout"><video-player></video-player></div>`;
  if (replica.layout.includes("list")) html += `<ul id="participants-ul">${everybody.length && [own, ...replica.people].map(({ name }) => `<li><span class="participants-item__display-name">${escaped(name)}</span></li>`).join("")}</ul>`;
  if (box.dataset.html !== html) { box.dataset.html = html; box.innerHTML = html; }
}

setInterval(() => {
  if (replica.scene !== "call") return;
  for (const id of replica.speaking) lastSpoke.set(id, performance.now());
  draw();
}, 150);

// One source's 40 ms: the client plays them behind each other, a little late.
function play(data) {
  const source = new DataView(data).getUint32(0, true);
  const pcm = new Int16Array(data.slice(4));
  const buffer = context.createBuffer(1, pcm.length, RATE);
  buffer.getChannelData(0).set(Float32Array.from(pcm, (sample) => sample / 32768));
  const node = new AudioBufferSourceNode(context, { buffer });
  node.connect(mix);
  const at = Math.max(until.get(source) ?? 0, context.currentTime);
  const begin = at === context.currentTime ? at + AHEAD_S : at;
  node.start(begin);
  until.set(source, begin + buffer.duration);
}

const platform = {
  lateMs: 700,
  controls: ".controls",
  entry: () => `<div id="onetrust-banner-sdk"><button id="onetrust-accept-btn-handler" data-do="away #onetrust-banner-sdk">Accept</button></div>
    <div id="terms"><button id="disclaimer_agree" data-do="away #terms">I Agree</button></div>
    <input id="input-for-name" type="text" data-name=".preview-join-button"><button class="preview-join-button disabled" data-do="ask">Join</button>`,
  lobby: (text) => `<div class="waiting-room"><p>${text}</p><button class="leave-btn" data-do="leave">Leave</button></div>`,
  call: () => `<div class="meeting-topic">Weekly</div><div id="frames"></div>${controls}`,
  left: () => `<p>Thank you</p>`,
  end: (text) => `${replica.layout ? `<div id="frames"></div>${controls}` : ""}<div class="zm-modal"><div class="zm-modal-body-title">${text}</div><button>OK</button></div>`,
  wall: (text, kind) => ({
    captcha: `<div class="CaptchaContainer">${text}</div>`,
    passcode: `<input id="input-for-pwd" type="password"><input id="input-for-name" type="text"><button class="preview-join-button disabled">Join</button>`,
    no_host: `<h4>${text}</h4>`,
  })[kind] ?? `<div><p>${text}</p></div>`,
  dialog: (kind) => kind === "breakout"
    ? `<div class="zm-modal"><div class="zm-modal-body-title">The host invites you to Room 1</div><button data-do="away .zm-modal">Join</button></div>`
    : `<div class="zm-modal"><div class="zm-modal-body-title">This meeting is being recorded</div><button data-do="away .zm-modal">Got it</button></div>`,
  peopleChanged: draw,
  prepare: (connection) => {
    context = new AudioContext({ sampleRate: 48000 });
    mix = context.createGain();
    mix.connect(context.destination);
    const channel = connection.createDataChannel("ZoomWebclientAudioDataChannel", { ordered: false, maxRetransmits: 0 });
    channel.binaryType = "arraybuffer";
    channel.addEventListener("message", ({ data }) => play(data));
  },
  heard: () => {},
  silence: () => { context?.close(); context = null; until.clear(); },
};
