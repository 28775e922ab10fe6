// One look at the page for many probes at once, so that the answers are of one moment. Looks into frames of the same
// origin, too. Called with {asked, take}, the probes as JSON: `take` null → {url, title, document, found: [[{entry, text,
// value, enabled}]]}, one list per probe; `take` an index → the element that this probe means (an enabled one before
// others), or null.
(/** @type {{ asked: string, take: number | null }} */ { asked, take }) => {
  /** @type {Probe[]} */
  const probes = JSON.parse(asked);
  const CONTROLS = "button, a, input[type=button], input[type=submit], [role=button], [role=menuitem], [role=switch]";
  const UNSEEN = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD"]);

  /** @type {(text: string) => string} */
  const normal = (text) => text.replace(/[\u2018\u2019\u02bc\u2032\u00b4`]/g, "'").replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, "").replace(/\s+/g, " ").trim().toLowerCase();
  /** @type {(element: Element) => boolean} */
  const shown = (element) =>
    element.getClientRects().length > 0 && element.checkVisibility({ visibilityProperty: true }) && !isParked(element);
  // Frames that wait for their turn are put far outside of the page.
  /** @type {(element: Element) => boolean} */
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

  // Texts are many and pages are long: what a page says is read once a look, and each text is looked up in it.
  const LONGEST = 500;
  const SHORT = 200;
  const SENTENCES = /(?<=[.!?\u2026])\s+|(?<=[\u3002\uff01\uff1f])\s*/;
  const MARK = /[^\p{L}\p{N}*]/u;
  /** @param {string} sentence */
  function bare(sentence) {
    let [begin, end] = [0, sentence.length];
    while (begin < end && MARK.test(sentence[begin])) begin += 1;
    while (begin < end && MARK.test(sentence[end - 1])) end -= 1;
    return sentence.slice(begin, end);
  }

  /** @typedef {{element: Element, first: number, at: number}} Holder `first` to `at`: its own elements, inner ones first */
  /** @typedef {{by: Map<string, Holder[]>, all: string}} Sayings elements by what they say, and all of that, in lines */
  /** @type {Map<Document, Sayings>} */
  const heard = new Map();
  /** @type {(page: Document) => Sayings} */
  function sayingsIn(page) {
    const known = heard.get(page);
    if (known) return known;
    /** @type {Map<string, Holder[]>} */
    const by = new Map();
    let at = 0;
    /** @type {(text: string, holder: Holder) => void} */
    function say(text, holder) {
      const whole = bare(normal(text));
      for (const said of new Set([whole, ...whole.split(SENTENCES).map(bare)])) {
        const holders = by.get(said);
        if (!holders) by.set(said, [holder]);
        else if (holders[holders.length - 1] !== holder) holders.push(holder);
      }
    }
    /** @type {(element: any) => string} */
    function read(element) {
      if (UNSEEN.has(element.tagName)) return "";
      const first = at;
      let [text, inner] = ["", ""];
      for (let node = element.firstChild; node; node = node.nextSibling) {
        if (node.nodeType === Node.TEXT_NODE) text += node.data;
        else if (node.nodeType === Node.ELEMENT_NODE) text += inner = read(node);
      }
      const holder = { element, first, at: at++ };
      const label = element.getAttribute("aria-label");
      if (label) say(label, holder);
      if (text.length > LONGEST) {
        for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) say(node.data, holder);
      } else if (text !== inner) {
        say(text, holder);
      }
      return text;
    }
    if (page.body) read(page.body);
    by.delete("");
    const sayings = { by, all: [...by.keys()].join("\n") };
    heard.set(page, sayings);
    return sayings;
  }

  // The innermost elements that say one of these.
  /** @type {(sayings: Sayings, said: string[]) => Element[]} */
  function holders({ by }, said) {
    const found = said.flatMap((each) => by.get(each) ?? []).sort((a, b) => a.at - b.at);
    /** @type {Holder[]} */
    const innermost = [];
    for (const holder of found) if (holder.first > (innermost.at(-1)?.at ?? -1)) innermost.push(holder);
    return innermost.map(({ element }) => element);
  }

  // A wanted text is a whole sentence, `*` in it stands for anything.
  /** @type {(text: string) => string} */
  const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|-]/g, "\\$&");
  /** @type {(page: Document, text: string) => Element[]} */
  function sayersOf(page, text) {
    const sayings = sayingsIn(page);
    const wanted = bare(normal(text));
    if (!wanted.includes("*")) return holders(sayings, [wanted]);
    const pieces = wanted.split("*");
    const longest = pieces.reduce((a, b) => (b.length > a.length ? b : a)).trim();
    if (!sayings.all.includes(longest)) return [];
    const pattern = new RegExp(`^${pieces.map(escaped).join(".*")}$`);
    return holders(sayings, [...sayings.by.keys()].filter((said) => said.includes(longest) && pattern.test(said)));
  }

  // A pattern is of short sentences (longer ones are prose), and those of a long chat are not worth the search.
  const shorts = new Map();
  /** @type {(page: Document, outside: string) => {said: string[], all: string}} */
  function shortOnes(page, outside) {
    const key = `${pages.indexOf(page)} ${outside}`;
    if (!shorts.has(key)) {
      /** @type {(holder: Holder) => boolean} */
      const away = ({ element }) => !outside || !element.closest(outside);
      const said = [...sayingsIn(page).by].filter(([each, by]) => each.length <= SHORT && by.some(away)).map(([each]) => each);
      shorts.set(key, { said, all: said.join("\n") });
    }
    return shorts.get(key);
  }
  /** @type {(page: Document, pattern: string, outside: string) => Element[]} */
  function wordedLike(page, pattern, outside) {
    const wanted = new RegExp(pattern, "mu");
    const { said, all } = shortOnes(page, outside);
    return wanted.test(all) ? holders(sayingsIn(page), said.filter((each) => wanted.test(each))) : [];
  }

  // Per document the controls by their captions.
  const captioned = new Map();
  /** @type {(page: Document, label: string) => Element[]} */
  function controlsIn(page, label) {
    if (!captioned.has(page)) captioned.set(page, byCaption(page));
    return captioned.get(page).get(normal(label)) ?? [];
  }

  /** @param {Document} page */
  function byCaption(page) {
    const found = new Map();
    for (const control of /** @type {NodeListOf<HTMLInputElement>} */ (page.querySelectorAll(CONTROLS))) {
      const captions = [control.textContent, control.getAttribute("aria-label"), control.value];
      const named = captions.filter((caption) => typeof caption === "string").map(normal);
      for (const caption of new Set(named)) found.has(caption) ? found.get(caption).push(control) : found.set(caption, [control]);
    }
    return found;
  }

  /** @type {(probe: Probe, pages: Document[]) => Generator<[number, any[]]>} */
  function* entriesOf(probe, pages) {
    let entry = 0;
    /** @type {(search: (page: Document) => Iterable<Element>) => Element[]} */
    const all = (search) => pages.flatMap((page) => [...search(page)]);
    for (const selector of probe.selectors) yield [entry++, all((page) => page.querySelectorAll(selector))];
    for (const text of probe.texts) yield [entry++, all((page) => sayersOf(page, text))];
    for (const label of probe.labels) yield [entry++, all((page) => controlsIn(page, label))];
    const outside = probe.outside.join(", ");
    for (const pattern of probe.patterns) yield [entry++, all((page) => wordedLike(page, pattern, outside))];
  }

  /** @type {(element: any) => boolean} */
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
  /** @type {(match: [number, any]) => object} */
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
