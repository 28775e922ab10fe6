// The script inside a meeting's file: unpacks the sound, plays a quote, a line or a word from its second, marks what is
// said. It stands in the file as it is here, with no module to load and nothing to ask for.
{
  const SLICE = 1 << 20; // characters of base64 that are unpacked at once; a multiple of four
  const media = /** @type {HTMLAudioElement | null} */ (document.getElementById("media"));
  const packed = document.getElementById("sound");
  const pane = document.getElementById("pane");
  const lines = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".line")]);
  /** @type {Element | null} */
  let current = null;
  let touched = 0;

  if (media && packed) {
    const text = packed.textContent ?? "";
    const parts = [];
    for (let at = 0; at < text.length; at += SLICE) {
      parts.push(Uint8Array.from(atob(text.slice(at, at + SLICE)), (character) => character.charCodeAt(0)));
    }
    media.src = URL.createObjectURL(new Blob(parts, { type: "audio/mp4" }));
    packed.remove();
  }

  /** @param {HTMLElement} line */
  const words = (line) => {
    const text = /** @type {HTMLElement | null} */ (line.querySelector(".said-text"));
    if (!text || !line.dataset.w) return [];
    const offsets = line.dataset.w.split(" ").map(Number);
    if (!text.children.length) {
      const said = (text.textContent ?? "").trim().split(/\s+/);
      if (said.length !== offsets.length) return [];
      text.replaceChildren(...said.flatMap((word, i) => {
        const span = document.createElement("span");
        span.textContent = word;
        return i ? [" ", span] : [span];
      }));
    }
    const spans = /** @type {HTMLElement[]} */ ([...text.children]);
    for (const [i, span] of spans.entries()) span.dataset.at = String(Number(line.dataset.s) + offsets[i] / 100);
    return spans;
  };

  /** @param {HTMLElement} line */
  const show = (line) => {
    if (pane && pane.scrollHeight > pane.clientHeight + 1) pane.scrollTop += line.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight / 3;
    else line.scrollIntoView({ block: "center" });
  };

  /**
   * @param {number} from
   * @param {number} until
   */
  const mark = (from, until) => {
    for (const word of document.querySelectorAll(".marked")) word.classList.remove("marked");
    const met = lines.filter((line) => Number(line.dataset.e) >= from && Number(line.dataset.s) <= until);
    for (const word of met.flatMap(words)) {
      const at = Number(word.dataset.at);
      if (at >= from - 0.02 && at < until - 0.01) word.classList.add("marked");
    }
    if (met.length) show(met[0]);
  };

  /** @param {number} at */
  const play = (at) => {
    if (!media) return;
    media.currentTime = at;
    media.play();
  };

  document.addEventListener("click", (event) => {
    const hit = event.target instanceof Element ? event.target : null;
    const quote = /** @type {HTMLElement | null | undefined} */ (hit?.closest(".quote"));
    const line = /** @type {HTMLElement | null | undefined} */ (hit?.closest(".said-text")?.closest(".line"));
    if (line) words(line);
    const place = /** @type {HTMLElement | null | undefined} */ (hit?.closest("[data-at]"));
    if (quote) {
      mark(Number(quote.dataset.at), Number(quote.dataset.until));
      for (const other of document.querySelectorAll(".quote.playing")) other.classList.remove("playing");
      quote.classList.add("playing");
      play(Number(quote.dataset.at));
    } else if (place) {
      play(Number(place.dataset.at));
    } else if (line && !window.getSelection()?.toString()) {
      play(Number(line.dataset.s));
    }
  });

  for (const kind of ["wheel", "touchmove", "keydown"]) {
    pane?.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  }
  media?.addEventListener("timeupdate", () => {
    const at = media.currentTime;
    const line = lines.findLast((each) => Number(each.dataset.s) <= at + 0.02) ?? null;
    if (line === current) return;
    current?.classList.remove("current");
    line?.classList.add("current");
    current = line;
    if (line && !media.paused && Date.now() - touched > 5000 && pane && pane.scrollHeight > pane.clientHeight + 1) show(line);
  });
}
