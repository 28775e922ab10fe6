// Zoom's web client. Frames of the picture say who speaks, and carry a name; a name has to be seen twice in a row, since
// the highlight flickers. Media comes through a data channel, and the client mixes the sound itself: no track is anybody's.
// Where it shows one other person alone, nothing is highlighted: then all that is heard is theirs.
((/** @type {Facts} */ facts, /** @type {Naming} */ naming) => {
  const OWN_NAME = "minutebook.own-name";
  const GALLERY = "gallery-video-container";
  const PAGE = 9; // frames of a gallery; with as many there may be more
  const any = (/** @type {string[] | undefined} */ selectors) => (selectors ?? []).join(", ") || "not-a-thing";
  const [NAME_FIELDS, ACTIVE, FOOTER, ROSTER] = ["own_name", "active", "footer", "roster"].map((key) => any(facts[key]));

  addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement && target.matches(NAME_FIELDS)) sessionStorage.setItem(OWN_NAME, target.value);
  }, true);

  // The client may be in a frame of the page, which speaks for it.
  /** @type {(page?: Document) => Document[]} */
  function pages(page = document) {
    const inner = [...page.querySelectorAll("iframe")].flatMap((frame) => {
      try {
        return frame.contentDocument ? pages(frame.contentDocument) : [];
      } catch {
        return [];
      }
    });
    return [page, ...inner];
  }

  /** @type {(selector: string) => Element[]} */
  const all = (selector) => pages().flatMap((page) => [...page.querySelectorAll(selector)]);
  /** @type {(name: string) => string} */
  const plain = (name) => name.replace(/\s*\((?:me|host, me|me, host|you)\)\s*$/i, "").trim();
  /** @type {(elements: (Element | null)[]) => string[]} */
  const names = (elements) => elements.map((each) => each?.textContent?.trim() ?? "").filter(Boolean);
  /** @type {(name: string) => boolean} */
  const isOwn = (name) => plain(name) !== name || name === sessionStorage.getItem(OWN_NAME);

  // One of those who are called like the bot is the bot; the list puts it first.
  /** @param {Person[]} found */
  function withoutOwn(found) {
    const marked = found.findIndex(({ name }) => plain(name) !== name);
    const at = marked < 0 ? found.findIndex(({ name }) => isOwn(name)) : marked;
    return at < 0 ? found : found.toSpliced(at, 1);
  }

  /** @type {(footer: Element) => string} */
  const layoutOf = (footer) => /([\w-]+)__video-frame/.exec(footer.closest('[class*="__video-frame"]')?.className ?? "")?.[1] ?? "";

  // Those in the frames. One layout beside another repeats people, and does not show all of them.
  function framed() {
    const layouts = Map.groupBy(all(FOOTER), layoutOf);
    /** @type {Map<string, number>} */
    const most = new Map();
    for (const footers of layouts.values())
      for (const [name, own] of Map.groupBy(names(footers), (each) => each)) most.set(name, Math.max(most.get(name) ?? 0, own.length));
    const shown = [...most].flatMap(([name, count]) => Array(count).fill(name));
    return { shown, everybody: layouts.size === 1 && layouts.has(GALLERY) && shown.length < PAGE };
  }

  function roster() {
    const listed = names(all(ROSTER));
    const { shown, everybody } = listed.length ? { shown: listed, everybody: true } : framed();
    return shown.length ? withoutOwn(naming(shown, everybody)) : null;
  }

  /** @type {string[]} */
  let before = [];

  window.minutebookPage = {
    mixesSound: true,
    participantOf: () => null,
    roster,
    speaking() {
      const frames = all(ACTIVE);
      if (!frames.length) return null;
      const now = [...new Set(names(frames.map((frame) => frame.querySelector(FOOTER))))];
      const confirmed = now.filter((name) => before.includes(name));
      before = now;
      // A name that two people bear tells neither.
      const here = roster() ?? [];
      const bearers = confirmed.map((name) => here.filter((person) => person.name === name));
      return bearers.flatMap((found) => (found.length === 1 ? [found[0].id] : []));
    },
  };
});
