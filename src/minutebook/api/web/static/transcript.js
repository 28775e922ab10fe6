// The transcript: follows the sound, marks the word that is said, plays from a word. Words become elements of their own
// only near what is seen, so that three hours of talk cost no more than a screen of it.

import { around, every, find, maybe } from "./elements.js";

/** @typedef {{ element: HTMLElement, start: number, end: number }} Line */

/** @param {HTMLElement} line */
const voiceOf = (line) => Number([...line.classList].find((name) => /^v\d$/.test(name))?.slice(1) ?? 1);

/** @param {HTMLElement} parent */
const childrenOf = (parent) => [...parent.children].filter((child) => child instanceof HTMLElement);

export class Transcript {
  /** @type {Line[]} */
  lines = [];
  /** @type {Line | null} */
  current = null;
  /** @type {HTMLElement | null} the word that is said */
  now = null;

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} pane
   * @param {import("./player.js").Player} player
   */
  constructor(list, pane, player) {
    this.list = list;
    this.pane = pane;
    this.player = player;
    this.button = find("#follow", HTMLElement);
    this.caption = find("#caption", HTMLElement);
    this.following = this.button.getAttribute("aria-pressed") === "true";
    this.watcher = new IntersectionObserver((seen) => this.#seen(seen), { root: null, rootMargin: "600px 0px" });
    this.renew();
    player.onTime((at) => this.#said(at));
    this.button.onclick = () => this.follow(!this.following);
    for (const kind of ["wheel", "touchmove"]) {
      pane.addEventListener(kind, () => this.follow(false), { passive: true });
    }
    pane.addEventListener("keydown", (event) => {
      if (["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"].includes(event.key)) this.follow(false);
    });
    list.addEventListener("click", (event) => {
      const word = around(event, ".said-text span[data-at]");
      if (word && !window.getSelection()?.toString()) player.play(Number(word.dataset.at));
    });
  }

  // After lines were replaced: what is kept of them is read anew.
  renew() {
    this.lines = every(".line", HTMLElement, this.list).map((element) => ({
      element,
      start: Number(element.dataset.s),
      end: Number(element.dataset.e),
    }));
    this.watcher.disconnect(); // so that it tells anew of what is there now
    for (const stretch of childrenOf(this.list)) this.watcher.observe(stretch);
    this.current = null;
  }

  turns() {
    return this.lines.map(({ element, start, end }) => ({ start, end, voice: voiceOf(element) }));
  }

  /** @param {boolean} wanted */
  follow(wanted) {
    if (wanted === this.following) return;
    this.following = wanted;
    this.button.setAttribute("aria-pressed", String(wanted));
    if (wanted) this.show(this.player.at);
  }

  /** @param {number} at */
  show(at) {
    const line = this.#lineAt(at);
    if (!line) return;
    this.#scrollTo(line.element, "auto");
    // Stretches that were never seen have a guessed height: once those around it are drawn, its place is known.
    requestAnimationFrame(() => requestAnimationFrame(() => this.#scrollTo(line.element, "auto")));
  }

  /**
   * Marks the words between two moments, and brings them into view where that takes nothing else out of it.
   * @param {number} from
   * @param {number} until
   */
  mark(from, until) {
    for (const word of this.list.querySelectorAll(".marked")) word.classList.remove("marked");
    /** @type {HTMLElement | null} */
    let first = null;
    for (const line of this.lines) {
      if (line.end < from || line.start > until) continue;
      this.#split(line.element);
      for (const word of every("span[data-at]", HTMLElement, line.element)) {
        const at = Number(word.dataset.at);
        if (at >= from - 0.02 && at < until - 0.01) {
          word.classList.add("marked");
          first ??= line.element;
        }
      }
    }
    if (first && this.#isPane()) this.#scrollTo(first, "auto");
  }

  /**
   * Marks what a search found in the line of a moment.
   * @param {number} at
   * @param {string} found
   */
  markFound(at, found) {
    const line = this.#lineAt(at);
    if (!line) return;
    const wanted = new Set(bare(found).split(" "));
    this.#split(line.element);
    for (const word of every("span[data-at]", HTMLElement, line.element))
      if (wanted.has(bare(word.textContent ?? ""))) word.classList.add("marked");
  }

  markDoubtful() {
    for (const line of every(".line[data-split]", HTMLElement, this.list)) this.#doubt(line);
  }

  /**
   * @param {number} at
   * @returns {Line | undefined}
   */
  #lineAt(at) {
    let [low, high] = [0, this.lines.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.lines[middle].start <= at + 0.02) low = middle;
      else high = middle - 1;
    }
    return this.lines[low];
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) for (const line of every(".line", HTMLElement, target)) this.#split(line);
    }
  }

  /** @param {HTMLElement} line */
  #split(line) {
    if (line.dataset.split || !line.dataset.w) return;
    const text = maybe(".said-text", HTMLElement, line);
    if (!text) return;
    const offsets = line.dataset.w.split(" ").map(Number);
    const start = Number(line.dataset.s);
    let spans = childrenOf(text);
    if (!spans.length) {
      const words = (text.textContent ?? "").trim().split(/\s+/);
      if (words.length !== offsets.length) return;
      const parts = document.createDocumentFragment();
      spans = words.map((word, i) => {
        const span = document.createElement("span");
        span.textContent = word;
        parts.append(i ? " " : "", span);
        return span;
      });
      text.replaceChildren(parts);
    }
    for (const [i, span] of spans.entries()) span.dataset.at = (start + offsets[i] / 100).toFixed(2);
    line.dataset.split = "1";
    this.#doubt(line);
  }

  /** @param {HTMLElement} line */
  #doubt(line) {
    if (!line.dataset.d) return;
    const spans = line.querySelectorAll(".said-text span");
    for (const i of line.dataset.d.split(" ")) spans[Number(i)]?.classList.add("doubtful");
  }

  /** @param {number} at */
  #said(at) {
    const line = this.#lineAt(at);
    if (!line) return;
    if (line !== this.current) {
      this.current?.element.classList.remove("current");
      line.element.classList.add("current");
      this.current = line;
      this.#split(line.element);
      const name = line.element.querySelector(".name")?.textContent?.trim() ?? "";
      const text = line.element.querySelector(".said-text")?.textContent?.trim() ?? "";
      this.caption.textContent = name ? `${name}: ${text}` : text;
      if (this.following && !this.player.media.paused && this.#isRead()) this.#scrollTo(line.element, "smooth");
    }
    const said = every("span[data-at]", HTMLElement, line.element).filter((word) => Number(word.dataset.at) <= at + 0.02);
    const now = said.at(-1) ?? null;
    if (now !== this.now) {
      this.now?.classList.remove("now");
      now?.classList.add("now");
      this.now = now;
    }
  }

  /**
   * @param {HTMLElement} element
   * @param {ScrollBehavior} behavior
   */
  #scrollTo(element, behavior) {
    const { pane } = this;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const how = calm ? "auto" : behavior;
    if (this.#isPane()) {
      const below = element.getBoundingClientRect().top - pane.getBoundingClientRect().top;
      pane.scrollTo({ top: pane.scrollTop + below - pane.clientHeight / 3, behavior: how });
    } else {
      element.scrollIntoView({ block: "center", behavior: how });
    }
  }

  // On narrow screens the transcript is a part of the page, which scrolls as a whole.
  #isPane() {
    return getComputedStyle(this.pane).overflowY !== "visible";
  }

  /** Whether the transcript is what is looked at: who reads the note while it plays is not dragged away from it. */
  #isRead() {
    return this.#isPane() || this.pane.getBoundingClientRect().top < window.innerHeight / 2;
  }
}

/**
 * Words without what stands around them.
 * @param {string} text
 */
function bare(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}
