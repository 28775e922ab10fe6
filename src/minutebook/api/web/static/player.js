// The player: one media element, a waveform in the speakers' colours, the keyboard.

import { around, find } from "./elements.js";

/** @param {number} seconds */
const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

const STEP_S = 5;
const GAP_S = 1.2;

export class Player {
  skipping = false;
  /** @type {number | undefined} where to go once the sound can be sought in */
  pending;
  /** @type {number | undefined} where the waveform was last painted up to, in pixels */
  x;
  /** @type {number[]} */
  peaks = [];
  /** @type {Turn[]} */
  spans = [];
  /** @type {((at: number) => void)[]} */
  listeners = [];

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.media = find("#media", HTMLMediaElement, root);
    this.wave = find("#wave", HTMLElement, root);
    this.canvas = find("canvas", HTMLCanvasElement, this.wave);
    this.duration = Number(root.dataset.duration) || 0;
    this.#listen();
    this.#load();
  }

  get at() {
    return this.pending ?? this.media.currentTime;
  }

  // Where the sound cannot be sought in yet, the wish waits for it.
  /** @param {number} seconds */
  seek(seconds) {
    const at = Math.min(Math.max(seconds, 0), this.duration || seconds);
    if (this.media.readyState >= HTMLMediaElement.HAVE_METADATA) {
      this.media.currentTime = at;
    } else {
      this.pending = at;
      this.media.load();
    }
    this.#tell();
  }

  /** @param {number} [seconds] */
  play(seconds) {
    if (seconds !== undefined) this.seek(seconds);
    return this.media.play().catch(() => {});
  }

  toggle() {
    if (this.media.paused) this.play();
    else this.media.pause();
  }

  /** @param {(at: number) => void} listener */
  onTime(listener) {
    this.listeners = [listener];
  }

  /** @param {Turn[]} spans */
  draw(spans) {
    this.spans = spans;
    this.#paint();
  }

  #listen() {
    const { media, root } = this;
    const button = find("#play", HTMLElement, root);
    button.addEventListener("click", () => this.toggle());
    media.addEventListener("loadedmetadata", () => {
      if (this.pending !== undefined) media.currentTime = this.pending;
      this.pending = undefined;
    });
    for (const kind of ["play", "pause", "ended"]) {
      media.addEventListener(kind, () => {
        root.classList.toggle("playing", !media.paused);
        button.setAttribute("aria-label", String(media.paused ? button.dataset.play : button.dataset.pause));
        if (media.paused) this.#remember();
        else this.#tick();
      });
    }
    media.addEventListener("seeked", () => this.#tell());
    media.addEventListener("timeupdate", () => this.#tell());
    const speed = find("#speed", HTMLSelectElement, root);
    speed.addEventListener("change", () => {
      media.playbackRate = Number(speed.value);
    });
    const skip = find("#skip", HTMLElement, root);
    skip.addEventListener("click", () => {
      this.skipping = skip.getAttribute("aria-pressed") !== "true";
      skip.setAttribute("aria-pressed", String(this.skipping));
    });
    this.wave.addEventListener("pointerdown", (event) => this.#drag(event));
    this.wave.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("keydown", (event) => this.#shortcut(event));
    new ResizeObserver(() => this.#paint()).observe(this.wave);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#paint());
  }

  async #load() {
    try {
      const answer = await fetch(String(this.root.dataset.peaks));
      if (answer.ok) this.peaks = (await answer.json()).peaks;
    } catch {
      // Without peaks the bar is flat; everything else works.
    }
    this.#paint();
  }

  #tick() {
    this.#tell();
    if (this.skipping) this.#skip();
    if (!this.media.paused) requestAnimationFrame(() => this.#tick());
  }

  #tell() {
    const { at } = this;
    const shown = clock(at);
    const place = find("#at", HTMLElement, this.root);
    if (place.textContent !== shown) {
      place.textContent = shown;
      this.wave.setAttribute("aria-valuenow", String(Math.floor(at)));
      this.wave.setAttribute("aria-valuetext", shown);
    }
    const width = this.wave.clientWidth;
    const x = this.duration ? Math.round((width * at) / this.duration) : 0;
    if (x !== this.x) this.#paint();
    for (const listener of this.listeners) listener(at);
  }

  #remember() {
    const url = new URL(window.location.href);
    url.searchParams.set("t", this.at.toFixed(1));
    history.replaceState(history.state, "", url);
  }

  #skip() {
    const { at } = this;
    const next = this.spans.find((span) => span.end > at);
    if (next && next.start - at > GAP_S) this.media.currentTime = next.start - 0.2;
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const go = (/** @type {number} */ x) => {
      const box = this.wave.getBoundingClientRect();
      this.seek(((x - box.left) / box.width) * this.duration);
    };
    this.wave.setPointerCapture(event.pointerId);
    go(event.clientX);
    const move = (/** @type {PointerEvent} */ moved) => go(moved.clientX);
    this.wave.addEventListener("pointermove", move);
    this.wave.addEventListener("pointerup", () => this.wave.removeEventListener("pointermove", move), { once: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const to = {
      ArrowLeft: this.at - STEP_S,
      ArrowRight: this.at + STEP_S,
      ArrowDown: this.at - STEP_S,
      ArrowUp: this.at + STEP_S,
      PageDown: this.at - 60,
      PageUp: this.at + 60,
      Home: 0,
      End: this.duration,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.seek(to);
  }

  /** @param {KeyboardEvent} event */
  #shortcut(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (around(event, "input, textarea, select, button, a, summary, dialog, [role=slider]")) return;
    if (event.key === " " || event.key === "k") {
      event.preventDefault();
      this.toggle();
    } else if (event.key === "j" || event.key === "l") {
      this.seek(this.at + (event.key === "j" ? -STEP_S : STEP_S));
    }
  }

  #paint() {
    const { canvas, wave, peaks, duration } = this;
    const [width, height] = [wave.clientWidth, wave.clientHeight];
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const brush = canvas.getContext("2d");
    if (!brush) return;
    brush.setTransform(scale, 0, 0, scale, 0, 0);
    brush.clearRect(0, 0, width, height);
    const style = getComputedStyle(wave);
    const colours = Array.from({ length: 9 }, (_, i) => style.getPropertyValue(i ? `--voice-${i}` : "--line").trim());
    const at = duration ? (width * this.at) / duration : 0;
    this.x = Math.round(at);
    let span = 0;
    for (let x = 0; x < width; x += 3) {
      const time = (x / width) * duration;
      while (span < this.spans.length - 1 && this.spans[span].end < time) span += 1;
      const within = this.spans[span] && this.spans[span].start <= time + duration / width;
      const from = Math.floor((x / width) * peaks.length);
      const to = Math.max(from + 1, Math.floor(((x + 3) / width) * peaks.length));
      let peak = 0;
      for (let i = from; i < to && i < peaks.length; i += 1) peak = Math.max(peak, peaks[i]);
      const tall = Math.max(2, Math.sqrt(peak) * (height - 4));
      brush.globalAlpha = x <= at ? 1 : 0.42;
      brush.fillStyle = colours[within ? this.spans[span].voice : 0];
      brush.fillRect(x, (height - tall) / 2, 2, tall);
    }
    brush.globalAlpha = 1;
    brush.fillStyle = style.getPropertyValue("--ink");
    brush.fillRect(Math.min(at, width - 2), 0, 2, height);
  }
}
