// The page as HTML that says where the bot is and not who else is there: no scripts, no words or names of people, no
// addresses with what may be a secret. Called with {words, kept}: selectors of where people's words stand, and values of
// attributes that are the page's own. What is not to be seen is marked as such, since styles do not come along.
(/** @type {{ words: string[], kept: string[] }} */ { words, kept }) => {
  const GONE = "script, noscript, template, link, meta, base, object, embed, source, track";
  const PLAIN = new Set(["class", "role", "jsname", "type", "hidden", "disabled", "checked", "aria-hidden", "data-stream-type", "style"]);
  const IDS = new Set(["data-participant-id", "data-tile-media-id"]);
  const own = new Set(kept);
  const inWords = words.length ? words.join(", ") : "not-a-thing";
  const people = (window.minutebookPage?.roster?.() ?? []).map(({ name }) => name).filter((name) => name.length > 1);
  const names = people.sort((a, b) => b.length - a.length);
  /** @type {(text: string) => string} */
  const without = (text) => names.reduce((left, name) => left.replaceAll(name, "Somebody"), text);
  /** @type {(address: string) => string} */
  const bare = (address) => (address.includes("recaptcha") ? address : address.replace(/[?#].*$/s, ""));

  /** @type {(element: Element, name: string, value: string, isWords: boolean) => string | null} */
  function attributeOf(element, name, value, isWords) {
    if (name.startsWith("on")) return null;
    if (["srcset", "poster", "action", "ping", "srcdoc"].includes(name)) return null;
    if (name === "src" || name === "href") return element.tagName === "IFRAME" ? bare(value) : "";
    if (name === "value") return value ? "x" : "";
    if (isWords && !PLAIN.has(name) && !IDS.has(name) && !own.has(value)) return "";
    return IDS.has(name) ? value : without(value);
  }

  /** @type {(page: Document) => string} */
  function scrubbed(page) {
    const copy = /** @type {HTMLElement} */ (page.documentElement.cloneNode(true));
    const originals = [page.documentElement, ...page.documentElement.querySelectorAll("*")];
    const copies = [copy, ...copy.querySelectorAll("*")];
    const inner = new Map();
    copies.forEach((element, at) => {
      const original = /** @type {any} */ (originals[at]);
      const isWords = original.closest(inWords) !== null;
      const isField = ["INPUT", "TEXTAREA"].includes(original.tagName);
      for (const { name, value } of [...element.attributes]) {
        const kept = attributeOf(original, name, value, isWords);
        if (kept === null) element.removeAttribute(name);
        else element.setAttribute(name, kept);
      }
      if (isField && original.value) element.setAttribute("value", "x");
      if (isField && original.checked) element.setAttribute("checked", "");
      if (original.checkVisibility && !original.checkVisibility({ visibilityProperty: true })) element.setAttribute("hidden", "");
      for (const node of [...element.childNodes])
        if (node.nodeType === Node.TEXT_NODE) node.nodeValue = isWords && node.nodeValue?.trim() ? "…" : without(node.nodeValue ?? "");
        else if (node.nodeType === Node.COMMENT_NODE) node.remove();
      if (original.tagName === "TITLE" || original.tagName === "TEXTAREA") element.textContent = "";
      if (original.tagName === "IFRAME") inner.set(element, innerOf(original));
    });
    for (const [frame, html] of inner) if (html) frame.setAttribute("srcdoc", html);
    for (const element of copy.querySelectorAll(GONE)) element.remove();
    return `<!doctype html>${copy.outerHTML}`;
  }

  /** @type {(frame: HTMLIFrameElement) => string | null} */
  function innerOf(frame) {
    try {
      return frame.contentDocument?.body?.childElementCount ? scrubbed(frame.contentDocument) : null;
    } catch {
      return null;
    }
  }

  return { html: scrubbed(document), names };
}
