// Records in the browser: microphone, and where chosen the sound of a tab or the screen, mixed. Every two seconds of it
// are put into the browser's own database as they come, so that a reload, a crash or an empty battery costs no more than
// what was not put there yet; what was not finished is offered on the next visit. When it ends, it goes up like any file.

import { problem, say } from "./app.js";
import { find, maybe } from "./elements.js";
import { Upload } from "./uploads.js";

const PIECE_MS = 2000;
const BITS_PER_S = 64_000;
const KINDS = [["audio/webm;codecs=opus", "webm"], ["audio/mp4", "m4a"]];

/** @typedef {{ id: string, user: string, begun: number, type: string, ending: string, title: string, attendees: string }} Kept */

// --- what is kept

/** @returns {Promise<IDBDatabase>} */
const opened = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("minutebook", 1);
    request.addEventListener("upgradeneeded", () => {
      request.result.createObjectStore("recordings", { keyPath: "id" });
      request.result.createObjectStore("pieces", { keyPath: ["recording", "number"] });
    });
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

/**
 * One transaction; resolves when it is on disk.
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(recordings: IDBObjectStore, pieces: IDBObjectStore) => IDBRequest<T> | void} work
 * @returns {Promise<T>}
 */
async function kept(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(["recordings", "pieces"], mode, { durability: "strict" });
      const request = work(transaction.objectStore("recordings"), transaction.objectStore("pieces"));
      transaction.addEventListener("complete", () => resolve(/** @type {T} */ (request?.result)));
      for (const kind of ["abort", "error"]) transaction.addEventListener(kind, () => reject(transaction.error));
    });
  } finally {
    database.close();
  }
}

/** @param {string} id */
const piecesOf = (id) => IDBKeyRange.bound([id, 0], [id, Number.MAX_SAFE_INTEGER]);

/** @param {string} id */
const forget = (id) => kept("readwrite", (recordings, pieces) => {
  recordings.delete(id);
  pieces.delete(piecesOf(id));
});

/**
 * The recording as a file, which stays the same however often it is asked for.
 * @param {Kept} recording
 */
async function fileOf(recording) {
  const pieces = await kept("readonly", (_, all) => all.getAll(piecesOf(recording.id)));
  const at = new Date(recording.begun);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const name = `${day} ${two(at.getHours())}.${two(at.getMinutes())}.${recording.ending}`;
  const type = recording.type.split(";")[0];
  return new File(pieces.map((piece) => piece.data), name, { type, lastModified: recording.begun });
}

// A recording that is being made, or saved, in another tab holds a lock of its name.
/** @param {string} id */
const lockName = (id) => `minutebook-recording-${id}`;

// --- the dialog

const dialog = find("#recorder", HTMLDialogElement);
const form = find("form", HTMLFormElement, dialog);
const shown = { clock: find("[data-elapsed]", HTMLElement, dialog), meter: find("meter", HTMLMeterElement, dialog) };
const buttons = {
  start: find("[data-start]", HTMLButtonElement, dialog),
  pause: find("[data-pause]", HTMLButtonElement, dialog),
  save: find("[data-save]", HTMLButtonElement, dialog),
  discard: find("[data-drop]", HTMLButtonElement, dialog),
};
const list = find(".sending", HTMLElement, dialog);
const title = document.title;
const user = String(dialog.dataset.user);
const words = dialog.dataset;

/** @param {string} name */
const field = (name) => find(`[name=${name}]`, HTMLInputElement, form);
const text = (/** @type {string} */ name) => String(new FormData(form).get(name) ?? "");

/** @param {number} seconds */
function clock(seconds) {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {"ready" | "recording" | "saving"} state */
function stand(state) {
  dialog.dataset.state = state;
  for (const part of dialog.querySelectorAll("[data-in]")) {
    /** @type {HTMLElement} */ (part).hidden = !(/** @type {HTMLElement} */ (part).dataset.in ?? "").split(" ").includes(state);
  }
}

// --- recording

/** What is asked of the browser, one source after the other: each asks the person. */
const SHARED = {
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  video: true,
  systemAudio: "include",
  selfBrowserSurface: "exclude",
};

async function sources() {
  const found = [];
  try {
    if (field("screen").checked) {
      // Browsers give a tab's sound only with its picture, which is let go at once. What others say is not to be taken for
      // an echo or noise.
      const screen = await navigator.mediaDevices.getDisplayMedia(SHARED);
      for (const track of screen.getVideoTracks()) track.stop();
      if (!screen.getAudioTracks().length) throw new Error(words.silent);
      found.push(new MediaStream(screen.getAudioTracks()));
    }
    if (field("microphone").checked) {
      found.push(await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } }));
    }
  } catch (error) {
    for (const track of found.flatMap((stream) => stream.getTracks())) track.stop();
    throw error instanceof DOMException ? new Error(words.denied) : error;
  }
  if (!found.length) throw new Error(words.nothing);
  return found;
}

class Recording {
  number = 0;
  elapsed = 0;
  /** @type {number | undefined} when it went on last */
  since;
  /** @type {Promise<unknown>} */
  writing = Promise.resolve();

  /** @param {MediaStream[]} streams */
  constructor(streams) {
    this.streams = streams;
    this.context = new AudioContext();
    const mixed = this.context.createMediaStreamDestination();
    this.analyser = this.context.createAnalyser();
    for (const stream of streams) {
      const source = this.context.createMediaStreamSource(stream);
      source.connect(mixed);
      source.connect(this.analyser);
    }
    const [type, ending] = KINDS.find(([kind]) => MediaRecorder.isTypeSupported(kind)) ?? KINDS[0];
    this.recorder = new MediaRecorder(mixed.stream, { mimeType: type, audioBitsPerSecond: BITS_PER_S });
    /** @type {Kept} */
    this.kept = { id: crypto.randomUUID(), user, begun: Date.now(), type, ending, title: text("title"), attendees: text("attendees") };
  }

  async begin() {
    await kept("readwrite", (recordings) => recordings.put(this.kept));
    navigator.storage?.persist?.();
    this.recorder.addEventListener("dataavailable", (event) => this.#keep(event.data));
    await this.context.resume(); // choosing a tab may take longer than a click lets a page make sound
    this.recorder.start(PIECE_MS);
    this.since = performance.now();
    // Who unplugs the microphone or ends the sharing has ended it.
    for (const stream of this.streams) stream.getAudioTracks()[0].addEventListener("ended", () => buttons.save.click());
    this.#tick();
  }

  /** @param {Blob} data */
  #keep(data) {
    if (!data.size) return;
    const piece = { recording: this.kept.id, number: this.number, data };
    this.number += 1;
    this.writing = this.writing
      .then(() => kept("readwrite", (_, pieces) => pieces.put(piece)))
      .catch(() => problem(form, words.full ?? ""));
  }

  get seconds() {
    return (this.elapsed + (this.since === undefined ? 0 : performance.now() - this.since)) / 1000;
  }

  get paused() {
    return this.recorder.state === "paused";
  }

  pause() {
    if (this.paused) {
      this.recorder.resume();
      this.since = performance.now();
    } else {
      this.recorder.pause();
      this.recorder.requestData();
      this.elapsed = this.seconds * 1000;
      this.since = undefined;
    }
  }

  async end() {
    const stopped = new Promise((resolve) => this.recorder.addEventListener("stop", resolve, { once: true }));
    if (this.recorder.state !== "inactive") {
      this.recorder.stop();
      await stopped;
    }
    this.elapsed = this.seconds * 1000;
    this.since = undefined;
    for (const track of this.streams.flatMap((stream) => stream.getTracks())) track.stop();
    await this.writing;
    await this.context.close();
  }

  #tick() {
    if (this.recorder.state === "inactive") return;
    const heard = new Uint8Array(this.analyser.fftSize);
    this.analyser.getByteTimeDomainData(heard);
    const peak = Math.max(...heard.map((value) => Math.abs(value - 128))) / 128;
    shown.meter.value = this.paused ? 0 : Math.max(peak, shown.meter.value * 0.8);
    const told = clock(this.seconds);
    if (shown.clock.textContent !== told) {
      shown.clock.textContent = told;
      document.title = `● ${told} · ${title}`;
    }
    setTimeout(() => this.#tick(), 100);
  }
}

/** @type {Recording | null} */
let current = null;
/** @type {() => void} */
let release = () => {};

/** @param {unknown} error */
const tell = (error) => problem(form, error instanceof Error ? error.message : String(error));

async function start() {
  find(".problem", HTMLElement, form).replaceChildren();
  if (!navigator.mediaDevices || !window.MediaRecorder) return tell(words.unable);
  buttons.start.disabled = true;
  try {
    current = new Recording(await sources());
    const { id } = current.kept;
    navigator.locks.request(lockName(id), () => new Promise((resolve) => { release = () => resolve(undefined); }));
    await current.begin();
    stand("recording");
    buttons.pause.textContent = words.pause ?? "";
    say(words.begun ?? "");
    buttons.save.focus();
  } catch (error) {
    tell(error);
  } finally {
    buttons.start.disabled = false;
  }
}

/**
 * @param {Kept} recording
 * @param {HTMLElement} place
 */
async function save(recording, place) {
  const bar = document.createElement("progress");
  const state = document.createElement("span");
  state.className = "state";
  bar.max = 1;
  bar.setAttribute("aria-label", words.saving ?? "");
  const line = document.createElement("li");
  line.append(words.saving ?? "", bar, state);
  place.replaceChildren(line);
  const at = new Date(recording.begun).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const fields = { title: recording.title || `${words.titled ?? ""}, ${at}`, attendees: recording.attendees, language: "" };
  const upload = new Upload(await fileOf(recording), fields, text("form_token"), (fraction, standing, told) => {
    bar.value = fraction;
    state.textContent = standing === "waiting" ? (told ?? words.lost ?? "") : "";
  });
  const meeting = await upload.send();
  await forget(recording.id);
  window.location.assign(meeting);
}

form.addEventListener("submit", (event) => event.preventDefault());
buttons.start.addEventListener("click", start);
buttons.pause.addEventListener("click", () => {
  if (!current) return;
  current.pause();
  buttons.pause.textContent = String(current.paused ? words.resume : words.pause);
});
buttons.save.addEventListener("click", async () => {
  if (!current || dialog.dataset.state === "saving") return;
  stand("saving");
  document.title = title;
  const recording = { ...current.kept, title: text("title"), attendees: text("attendees") };
  try {
    await current.end();
    await kept("readwrite", (recordings) => recordings.put(recording));
    current = null;
    await save(recording, list);
  } catch (error) {
    tell(error);
    release();
    offer();
  }
});
buttons.discard.addEventListener("click", async () => {
  if (!current || !window.confirm(words.sure)) return;
  await current.end();
  await forget(current.kept.id);
  current = null;
  release();
  document.title = title;
  stand("ready");
  dialog.close();
});
dialog.addEventListener("cancel", (event) => {
  if (dialog.dataset.state !== "ready") event.preventDefault();
});
window.addEventListener("beforeunload", (event) => {
  if (current) event.preventDefault();
});

// --- what was not finished

const unsaved = maybe("#unsaved", HTMLElement);

async function offer() {
  if (!unsaved) return;
  /** @type {Kept[]} */
  const all = (await kept("readonly", (recordings) => recordings.getAll())) ?? [];
  const held = new Set(((await navigator.locks.query()).held ?? []).map((lock) => lock.name));
  const left = all.filter((each) => each.user === user && !held.has(lockName(each.id)));
  unsaved.replaceChildren(...left.map(offered));
}

/** @param {Kept} recording */
function offered(recording) {
  const notice = document.createElement("section");
  notice.className = "notice undo";
  const at = new Date(recording.begun).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const sentence = document.createElement("p");
  sentence.textContent = (words.unfinished ?? "").replace("#", at);
  const place = document.createElement("ul");
  place.className = "sending";
  const problems = document.createElement("div");
  problems.className = "problem";
  const saving = document.createElement("button");
  saving.textContent = words.save ?? "";
  const dropping = document.createElement("button");
  dropping.className = "quiet";
  dropping.textContent = words.discard ?? "";
  for (const button of [saving, dropping]) button.type = "button";
  saving.addEventListener("click", async () => {
    saving.disabled = dropping.disabled = true;
    await navigator.locks.request(lockName(recording.id), { ifAvailable: true }, async (lock) => {
      if (!lock) return notice.remove();
      const pieces = await kept("readonly", (_, all) => all.count(piecesOf(recording.id)));
      if (!pieces) return forget(recording.id).then(() => notice.remove());
      return save(recording, place).catch((error) => problem(place, error.message));
    });
    saving.disabled = dropping.disabled = false;
  });
  dropping.addEventListener("click", async () => {
    if (!window.confirm(words.sure)) return;
    await forget(recording.id);
    notice.remove();
  });
  notice.append(sentence, place, saving, dropping, problems);
  return notice;
}

stand("ready");
find("#record", HTMLButtonElement).hidden = false;
offer();
