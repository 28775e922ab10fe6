// One look at the page for many probes at once, so that the answers are of one moment. Looks into frames of the same
// origin, too. Called with {asked, take}, the probes as JSON: `take` null → {url, title, document, found: [[{entry, text,
// value, enabled}]]}, one list per probe; `take` an index → the element that this probe means (an enabled one before
// others), or null.
({ asked, take }) => {
  const probes = JSON.parse(asked);
  const CONTROLS = "button, a, input[type=button], input[type=submit], [role=button], [role=menuitem], [role=switch]";
  const UNSEEN = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD"]);

  const normal = (text) => text.replace(/[\u2018\u2019\u02bc]/g, "'").replace(/\s+/g, " ").trim().toLowerCase();
  const shown = (element) =>
    element.getClientRects().length > 0 && element.checkVisibility({ visibilityProperty: true }) && !isParked(element);
  // Frames that wait for their turn are put far outside of the page.
  const isParked = (element) => {
    if (element.tagName !== "IFRAME") return false;
    const { right, bottom, width, height } = element.getBoundingClientRect();
    return width < 2 || height < 2 || right <= 0 || bottom <= 0;
  };

  /** @type {(page: Document) => Document[]} */
  function documentsIn(page) {
    /** @type {NodeListOf<HTMLIFrameElement>} */
    const frames = page.querySelectorAll("iframe, frame");
    const inner = [...frames].filter(shown).map((frame) => {
      try {
        return frame.contentDocument;
      } catch {
        return null;
      }
    });
    return [page, ...inner.filter((each) => each !== null).flatMap(documentsIn)];
  }

  /** @type {(node: any) => string} */
  function textOf(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    return UNSEEN.has(node.tagName) ? "" : [...node.childNodes].map(textOf).join("");
  }

  // Pages are long and texts are many: each element is read once a look.
  const read = new Map();
  function roughTextOf(element) {
    if (!read.has(element)) read.set(element, normal(element.textContent));
    return read.get(element);
  }

  // What a wanted text means: a sentence, `*` for anything. `piece` is part of every text that has it.
  const SENTENCES = /(?<=[.!?\u2026])\s+|(?<=[\u3002\uff01\uff1f])\s*/;
  const bare = (sentence) => sentence.replace(/[\s.!?\u2026\u3002\uff01\uff1f]+$/, "");
  const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|-]/g, "\\$&");
  function wantedOf(text) {
    const pieces = bare(normal(text)).split("*");
    const longest = pieces.reduce((a, b) => (b.length > a.length ? b : a));
    /** @type {RegExp | undefined} */
    let pattern;
    return {
      piece: longest.trim(),
      // Of hundreds of texts hardly one is in the page.
      /** @returns {RegExp} */
      get pattern() {
        pattern ??= new RegExp(`^${pieces.map(escaped).join(".*")}$`, "s");
        return pattern;
      },
    };
  }

  /** @type {(text: string, wanted: {pattern: RegExp}) => boolean} */
  const says = (text, { pattern }) => pattern.test(bare(text)) || text.split(SENTENCES).some((each) => pattern.test(bare(each)));

  // The innermost elements that say what is wanted. The rough text has that of scripts, too.
  /** @type {(element: Element, wanted: {piece: string, pattern: RegExp}) => Element[]} */
  function holders(element, wanted) {
    if (UNSEEN.has(element.tagName) || !roughTextOf(element).includes(wanted.piece)) return [];
    const inner = [...element.children].flatMap((child) => holders(child, wanted));
    if (inner.length) return inner;
    return says(normal(textOf(element)), wanted) ? [element] : [];
  }

  // Per document the controls by their captions.
  const captioned = new Map();
  function controlsIn(page, label) {
    if (!captioned.has(page)) captioned.set(page, byCaption(page));
    return captioned.get(page).get(normal(label)) ?? [];
  }

  function byCaption(page) {
    const found = new Map();
    for (const control of page.querySelectorAll(CONTROLS)) {
      const captions = [control.textContent, control.getAttribute("aria-label"), control.value];
      const named = captions.filter((caption) => typeof caption === "string").map(normal);
      for (const caption of new Set(named)) found.has(caption) ? found.get(caption).push(control) : found.set(caption, [control]);
    }
    return found;
  }

  /** @type {(probe: Probe, pages: Document[]) => Generator<[number, any[]]>} */
  function* entriesOf(probe, pages) {
    let entry = 0;
    const all = (search) => pages.flatMap((page) => [...search(page)]);
    for (const selector of probe.selectors) yield [entry++, all((page) => page.querySelectorAll(selector))];
    for (const text of probe.texts) yield [entry++, all((page) => (page.body ? holders(page.body, wantedOf(text)) : []))];
    for (const label of probe.labels) yield [entry++, all((page) => controlsIn(page, label))];
  }

  const enabled = (element) =>
    !element.disabled && element.getAttribute("aria-disabled") !== "true" && !element.classList.contains("disabled");

  /** @type {(probe: Probe, element: Element) => boolean} */
  function counts(probe, element) {
    return (
      (probe.hidden || shown(element)) &&
      (!probe.inside.length || probe.inside.some((ancestor) => element.closest(ancestor))) &&
      !probe.outside.some((ancestor) => element.closest(ancestor))
    );
  }

  /** @type {(probe: Probe, pages: Document[]) => Generator<[number, any]>} */
  function* matchesOf(probe, pages) {
    const taken = new Set();
    for (const [entry, elements] of entriesOf(probe, pages)) {
      const counted = elements.filter((element) => !taken.has(element) && counts(probe, element));
      const element = counted.find(enabled) ?? counted[0];
      if (!element) continue;
      taken.add(element);
      yield [entry, element];
    }
  }

  const pages = documentsIn(document);
  if (take !== null) {
    const elements = [...matchesOf(probes[take], pages)].map(([, element]) => element);
    return elements.find(enabled) ?? elements[0] ?? null;
  }
  const described = ([entry, element]) => ({
    entry,
    text: textOf(element).replace(/\s+/g, " ").trim().slice(0, 200),
    value: typeof element.value === "string" ? element.value : element.isContentEditable ? element.textContent : "",
    enabled: enabled(element),
  });
  return {
    url: location.href,
    title: document.title,
    document: performance.timeOrigin,
    found: probes.map((probe) => [...matchesOf(probe, pages)].map(described)),
  };
}
