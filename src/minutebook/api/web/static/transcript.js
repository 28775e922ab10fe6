// The transcript: follows the sound, marks the word that is said, plays from a word. Words become elements of their own
// only near what is seen, so that three hours of talk cost no more than a screen of it.

const voiceOf = (line) => Number([...line.classList].find((name) => /^v\d$/.test(name))?.slice(1) ?? 1);

export class Transcript {
  constructor(list, pane, player) {
    this.list = list;
    this.pane = pane;
    this.player = player;
    this.button = document.getElementById("follow");
    this.caption = document.getElementById("caption");
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
      const word = event.target.closest(".said-text span[data-at]");
      if (word && !window.getSelection()?.toString()) player.play(Number(word.dataset.at));
    });
  }

  // After lines were replaced: what is kept of them is read anew.
  renew() {
    this.lines = [...this.list.children].map((element) => ({
      element,
      start: Number(element.dataset.s),
      end: Number(element.dataset.e),
    }));
    for (const { element } of this.lines) this.watcher.observe(element);
    this.current = null;
  }

  turns() {
    return this.lines.map(({ element, start, end }) => ({ start, end, voice: voiceOf(element) }));
  }

  follow(wanted) {
    if (wanted === this.following) return;
    this.following = wanted;
    this.button.setAttribute("aria-pressed", String(wanted));
    if (wanted) this.show(this.player.at);
  }

  show(at) {
    const line = this.#lineAt(at);
    if (line) this.#scrollTo(line.element, "auto");
  }

  // Marks the words between two moments and brings them into view.
  mark(from, until) {
    for (const word of this.list.querySelectorAll(".marked")) word.classList.remove("marked");
    let first = null;
    for (const line of this.lines) {
      if (line.end < from || line.start > until) continue;
      this.#split(line.element);
      for (const word of line.element.querySelectorAll("span[data-at]")) {
        const at = Number(word.dataset.at);
        if (at >= from - 0.02 && at < until - 0.01) {
          word.classList.add("marked");
          first ??= line.element;
        }
      }
    }
    if (first) this.#scrollTo(first, "auto");
  }

  markDoubtful() {
    for (const line of this.list.querySelectorAll(".line[data-split]")) this.#doubt(line);
  }

  #lineAt(at) {
    let [low, high] = [0, this.lines.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.lines[middle].start <= at + 0.02) low = middle;
      else high = middle - 1;
    }
    return this.lines[low];
  }

  #seen(entries) {
    for (const entry of entries) if (entry.isIntersecting) this.#split(entry.target);
  }

  #split(line) {
    if (line.dataset.split || !line.dataset.w) return;
    const text = line.querySelector(".said-text");
    if (!text) return;
    const offsets = line.dataset.w.split(" ").map(Number);
    const start = Number(line.dataset.s);
    let spans = [...text.children];
    if (!spans.length) {
      const words = text.textContent.trim().split(/\s+/);
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

  #doubt(line) {
    if (!line.dataset.d) return;
    const spans = line.querySelectorAll(".said-text span");
    for (const i of line.dataset.d.split(" ")) spans[Number(i)]?.classList.add("doubtful");
  }

  #said(at) {
    const line = this.#lineAt(at);
    if (!line) return;
    if (line !== this.current) {
      this.current?.element.classList.remove("current");
      line.element.classList.add("current");
      this.current = line;
      this.#split(line.element);
      const name = line.element.querySelector(".name")?.textContent.trim() ?? "";
      const text = line.element.querySelector(".said-text")?.textContent.trim() ?? "";
      this.caption.textContent = name ? `${name}: ${text}` : text;
      if (this.following && !this.player.media.paused) this.#scrollTo(line.element, "smooth");
    }
    const words = line.element.querySelectorAll("span[data-at]");
    let now = null;
    for (const word of words) if (Number(word.dataset.at) <= at + 0.02) now = word;
    if (now !== this.now) {
      this.now?.classList.remove("now");
      now?.classList.add("now");
      this.now = now;
    }
  }

  #scrollTo(element, behavior) {
    const { pane } = this;
    if (pane.scrollHeight <= pane.clientHeight + 1) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = element.offsetTop - pane.clientHeight / 3;
    pane.scrollTo({ top, behavior: calm ? "auto" : behavior });
  }
}
