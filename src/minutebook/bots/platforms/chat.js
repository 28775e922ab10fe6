// What a page shows of its chat, by the facts' selectors: lines, their text, and their author, who may stand once above
// several lines. Called with the selectors after the platform's own script; frames of the same origin are read too.
((/** @type {Facts} */ facts) => {
  const any = (/** @type {string} */ name) => (facts[name] ?? []).join(", ");
  const [LINE, TEXT, AUTHOR] = ["chat_line", "chat_text", "chat_author"].map(any);
  if (!LINE || !window.minutebookPage) return;
  const IDS = ["data-message-id", "data-mid", "id"];
  const wordsOf = (/** @type {Element | null} */ element) => element?.textContent?.replace(/\s+/g, " ").trim() ?? "";

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

  // In the order of the page: an author counts for all lines up to the next one.
  /** @param {Document} page */
  function linesIn(page) {
    let author = "";
    const found = [];
    for (const element of page.querySelectorAll(AUTHOR ? `${LINE}, ${AUTHOR}` : LINE)) {
      if (AUTHOR && element.matches(AUTHOR)) author = wordsOf(element);
      if (!element.matches(LINE) || element.parentElement?.closest(LINE)) continue;
      const own = AUTHOR ? element.querySelector(AUTHOR) : null;
      const text = wordsOf((TEXT && element.querySelector(TEXT)) || element);
      const name = own ? wordsOf(own) : author;
      const attribute = IDS.find((each) => element.hasAttribute(each));
      if (text) found.push({ author: name, text, id: attribute ? element.getAttribute(attribute) : "" });
    }
    return found;
  }

  window.minutebookPage.chat = () => {
    const found = pages().flatMap(linesIn);
    if (!found.length) return null;
    // Lines without an id are told apart by how often the same was written before.
    const times = new Map();
    return found.map((line) => {
      const same = `${line.author}\n${line.text}`;
      times.set(same, (times.get(same) ?? 0) + 1);
      return { ...line, id: line.id || `${same}\n${times.get(same)}` };
    });
  };
});
