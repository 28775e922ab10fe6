// What the played pages share: the line to the room, the connection, the name that was typed. A platform's own file defines
// `platform`: scenes as functions that return HTML, and what it does with sound, people and who speaks.
const replica = {
  room: document.documentElement.dataset.room,
  line: `wss://${location.host}`,
  name: "",
  people: [],
  own: "",
  speaking: new Set(),
  scene: "",
  connection: null,
  tracks: [],
};

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const stage = document.getElementById("stage");
let socket;
const tell = (message) => socket?.readyState === 1 && socket.send(JSON.stringify(message));

// The platforms' pages look after their lines themselves.
function open() {
  socket = new WebSocket(`${replica.line}/replica/socket/${replica.room}${replica.name ? `?again=${encodeURIComponent(replica.name)}` : ""}`);
  socket.addEventListener("message", received);
  socket.addEventListener("close", () => setTimeout(open, 1000));
}
if (replica.room) addEventListener("load", open);
setInterval(() => {
  if (replica.connection?.connectionState !== "failed" || socket.readyState !== 1) return;
  hangUp();
  connect();
}, 1000);

async function received({ data }) {
  if (data.startsWith("3:::")) return;
  const message = JSON.parse(data);
  switch (message.type) {
    case "scene":
      return show(message);
    case "people":
      Object.assign(replica, { people: message.people, own: message.own });
      return replica.scene === "call" && platform.peopleChanged();
    case "speaking":
      // The platforms' own signs are late.
      return setTimeout(() => { replica.speaking = new Set(message.ids); }, platform.lateMs);
    case "answer":
      return replica.connection.setRemoteDescription({ type: "answer", sdp: message.sdp });
    case "go":
      return location.replace(message.about);
    case "freeze":
      for (;;);
    case "dialog":
      return stage.insertAdjacentHTML("beforeend", platform.dialog(message.about));
    case "hide":
    case "show":
      return document.querySelectorAll(platform.controls).forEach((each) => { each.style.display = message.type === "hide" ? "none" : ""; });
  }
}

function show({ scene, kind, text, layout }) {
  if (replica.scene === scene && ["call", "entry"].includes(scene)) return;
  replica.scene = scene;
  replica.layout = layout ?? replica.layout;
  if (scene !== "call") hangUp();
  stage.innerHTML = platform[scene]?.(escaped(text ?? ""), kind) ?? "";
  if (scene === "call") {
    platform.peopleChanged();
    connect();
  }
  requestAnimationFrame(() => tell({ type: "shown", scene }));
}

// Captures of the platforms' pages show what was asked for once: the name that was typed with keys.
let typed = false;
addEventListener("keydown", ({ target }) => { typed ||= target.matches("[data-name]"); }, true);
addEventListener("input", ({ target }) => {
  if (!target.matches("[data-name]")) return;
  replica.name = typed ? target.value : "";
  const button = document.querySelector(target.dataset.name);
  button.classList.toggle("disabled", !replica.name);
  if (button.tagName === "BUTTON" && !button.matches(".preview-join-button")) button.disabled = !replica.name;
});
addEventListener("click", ({ target }) => {
  const control = target.closest("[data-do]");
  if (!control || control.disabled || control.classList.contains("disabled")) return;
  const [what, about] = control.dataset.do.split(" ");
  if (what === "ask") tell({ type: "asked", name: replica.name });
  if (what === "leave") { hangUp(); tell({ type: "left" }); stage.innerHTML = platform.left(); replica.scene = "left"; }
  if (what === "away") control.closest(about).remove();
  if (what === "becomes") control.setAttribute("aria-label", control.dataset.label);
  if (what === "next") stage.innerHTML = platform[about]();
  if (what === "open") document.querySelector(about).hidden = false;
});

async function connect() {
  if (replica.connection) return;
  const connection = (replica.connection = new RTCPeerConnection());
  connection.addEventListener("track", ({ track }) => { replica.tracks.push(track); platform.heard(track); });
  platform.prepare(connection);
  await connection.setLocalDescription(await connection.createOffer());
  await new Promise((done) => {
    if (connection.iceGatheringState === "complete") return done();
    connection.addEventListener("icegatheringstatechange", () => connection.iceGatheringState === "complete" && done());
  });
  tell({ type: "offer", sdp: connection.localDescription.sdp });
}

function hangUp() {
  replica.connection?.close();
  replica.connection = null;
  document.querySelectorAll("audio").forEach((audio) => { audio.srcObject = null; });
  platform.silence?.();
}
