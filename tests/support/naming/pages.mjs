// A played page and the platform's page script without a browser, on a clock that the call moves: what is asked for on stdin
// (one call a line), what the page script tells (`[ms, "roster" or "speaking", content]`) on stdout.
import { createInterface } from "node:readline";
import vm from "node:vm";
import { Node } from "./dom.mjs";

const TICK_MS = 50;
const LOOK_MS = 250;
const SOURCES_KEPT_MS = 10_000; // as browsers keep a contributing source after its last packet

function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class Clock {
  now = 0;
  timers = [];
  later = (run, after = 0) => { this.timers.push({ run, at: this.now + after }); };
  every = (run, every) => this.later(() => { run(); this.every(run, every); }, every);
  move(now) {
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers.splice(this.timers.indexOf(due), 1);
      this.now = due.at;
      due.run();
    }
    this.now = now;
  }
}

// What is still being read: frames are inflated beside the call's clock.
const reading = new Set();
class Answer extends Response {
  json() {
    const content = super.json();
    reading.add(content.catch(() => {}));
    return content;
  }
}
const moment = () => new Promise((done) => { setTimeout(done, 0); });
async function settle() {
  await moment();
  await Promise.all(reading);
  reading.clear();
  await moment();
}

const event = (type, more) => Object.assign(new Event(type), more);

function windowOf(clock, call, sources, sound) {
  const document = new Node("html");
  document.documentElement = document;
  document.dataset.room = "room";
  document.innerHTML = '<div id="stage"></div>';
  const [sockets, channels] = [[], []];
  const store = new Map([["minutebook.own-name", call.own]]);
  const receiver = {
    track: { kind: "audio" },
    getContributingSources: () => [...sources].filter(([, { at }]) => clock.now - at < SOURCES_KEPT_MS).map(([source, { at, level }]) => ({ source, audioLevel: level, timestamp: at })),
    getSynchronizationSources: () => (sound.at === undefined ? [] : [{ source: 1, audioLevel: sound.level, timestamp: sound.at }]),
  };
  class Socket extends EventTarget {
    readyState = 1;
    constructor() { super(); sockets.push(this); }
    send() {}
  }
  class Connection extends EventTarget {
    connectionState = "connected";
    iceGatheringState = "complete";
    localDescription = { sdp: "" };
    addTransceiver() {}
    createDataChannel(label) { channels.push(Object.assign(new EventTarget(), { label })); return channels.at(-1); }
    async createOffer() {}
    async setLocalDescription() {}
    getReceivers() { return [receiver]; }
    close() {}
  }
  class Sound { createGain() { return { connect() {} }; } close() {} }
  const random = seeded(call.seed);
  const shown = new EventTarget();
  const window = {
    document, WebSocket: Socket, RTCPeerConnection: Connection, AudioContext: Sound, EventTarget, Event, HTMLInputElement: class {},
    addEventListener: shown.addEventListener.bind(shown), location: { host: "replica" }, performance: { timeOrigin: 0, now: () => clock.now },
    setInterval: clock.every, setTimeout: clock.later, requestAnimationFrame: clock.later, sessionStorage: { getItem: (key) => store.get(key) ?? null, setItem() {} },
    Response: Answer, Blob, DecompressionStream, TextEncoder, TextDecoder, atob, encodeURIComponent, console,
  };
  window.window = vm.createContext(window);
  vm.runInContext("Math", window).random = random;
  return { window, sockets, channels, shown };
}

async function played(call, scripts) {
  const clock = new Clock();
  const [sources, sound] = [new Map(), {}];
  const { window, sockets, channels, shown } = windowOf(clock, call, sources, sound);
  vm.runInContext(scripts.bot, window);
  for (const script of scripts.page) vm.runInContext(script, window);
  shown.dispatchEvent(new Event("load"));
  const tell = (message) => sockets[0].dispatchEvent(event("message", { data: typeof message === "string" ? message : JSON.stringify(message) }));
  vm.runInContext(`replica.name = ${JSON.stringify(call.own)}`, window);
  tell({ type: "people", own: call.own_id, people: call.people[0][1] });
  tell({ type: "scene", scene: "call", layout: call.layout });
  await settle();
  const [told, last] = [[], {}];
  const people = [...call.people];
  const frames = [...call.frames];
  const dominant = [...call.dominant];
  const note = (kind, content) => {
    const text = JSON.stringify(content);
    if (last[kind]?.text === text && clock.now - last[kind].at < 5000) return;
    last[kind] = { text, at: clock.now };
    told.push([clock.now, kind, content]);
  };
  let heard = "";
  for (const [place, [levels, lit]] of call.ticks.entries()) {
    const now = place * TICK_MS;
    clock.move(now);
    while (people.length && people[0][0] <= now) tell({ type: "people", own: call.own_id, people: people.shift()[1] });
    while (frames.length && frames[0][0] <= now) { tell(frames.shift()[1]); await settle(); }
    while (dominant.length && dominant[0][0] <= now) channels[0].dispatchEvent(event("message", { data: dominant.shift()[1] }));
    if (lit.length) Object.assign(sound, { at: now, level: 0.2 });
    for (const [source, level] of levels) sources.set(source, { at: now, level });
    const speaking = JSON.stringify(lit);
    if (place % 2 === 0 && speaking !== heard) { heard = speaking; tell({ type: "speaking", ids: lit }); }
    if (now % LOOK_MS) continue;
    const page = window.minutebookPage;
    if (now % (4 * LOOK_MS) === 0) note("roster", page.roster());
    const ids = page.speaking();
    note("speaking", ids ? { ids, lag: page.speakingLagMs ?? null, network: page.speakingByNetwork ?? false } : null);
  }
  return told;
}

let scripts = null;
for await (const line of createInterface({ input: process.stdin })) {
  if (!scripts) scripts = JSON.parse(line);
  else process.stdout.write(`${JSON.stringify(await played(JSON.parse(line), scripts))}\n`);
}
