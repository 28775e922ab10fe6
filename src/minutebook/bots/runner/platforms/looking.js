// One look at the page for many probes at once, so that the answers are of one moment. Looks into frames of the same
// origin, too. Called with {probes, take}: `take` null → {url, title, found: [[{entry, text, value, enabled}]]}, one
// list per probe; `take` an index → the element that this probe means (an enabled one before others), or null.
({ probes, take }) => {
  const CONTROLS = "button, a, input[type=button], input[type=submit], [role=button], [role=menuitem], [role=switch]";
  const UNSEEN = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD"]);

  const normal = (text) => text.replace(/[\u2018\u2019\u02bc]/g, "'").replace(/\s+/g, " ").trim().toLowerCase();
  const shown = (element) =>
    element.getClientRects().length > 0 && element.checkVisibility({ visibilityProperty: true });

  function documentsIn(page) {
    const inner = [...page.querySelectorAll("iframe, frame")].filter(shown).map((frame) => {
      try {
        return frame.contentDocument;
      } catch {
        return null;
      }
    });
    return [page, ...inner.filter(Boolean).flatMap(documentsIn)];
  }

  // The innermost elements whose text holds the wanted one.
  function holders(element, wanted) {
    if (UNSEEN.has(element.tagName) || !normal(element.textContent).includes(wanted)) return [];
    const inner = [...element.children].flatMap((child) => holders(child, wanted));
    return inner.length ? inner : [element];
  }

  const captions = (control) =>
    [control.textContent, control.getAttribute("aria-label"), control.value].filter((text) => typeof text === "string");

  function* entriesOf(probe, pages) {
    let entry = 0;
    const all = (search) => pages.flatMap((page) => [...search(page)]);
    for (const selector of probe.selectors) yield [entry++, all((page) => page.querySelectorAll(selector))];
    for (const text of probe.texts) yield [entry++, all((page) => (page.body ? holders(page.body, normal(text)) : []))];
    for (const label of probe.labels) {
      const named = (control) => captions(control).some((caption) => normal(caption) === normal(label));
      yield [entry++, all((page) => [...page.querySelectorAll(CONTROLS)].filter(named))];
    }
  }

  const enabled = (element) =>
    !element.disabled && element.getAttribute("aria-disabled") !== "true" && !element.classList.contains("disabled");

  function counts(probe, element) {
    return (
      (probe.hidden || shown(element)) &&
      (!probe.inside.length || probe.inside.some((ancestor) => element.closest(ancestor))) &&
      !probe.outside.some((ancestor) => element.closest(ancestor))
    );
  }

  function* matchesOf(probe, pages) {
    for (const [entry, elements] of entriesOf(probe, pages)) {
      const counted = elements.filter((element) => counts(probe, element));
      const element = counted.find(enabled) ?? counted[0];
      if (element) yield [entry, element];
    }
  }

  const pages = documentsIn(document);
  if (take !== null) {
    const elements = [...matchesOf(probes[take], pages)].map(([, element]) => element);
    return elements.find(enabled) ?? elements[0] ?? null;
  }
  const described = ([entry, element]) => ({
    entry,
    text: (element.textContent || "").replace(/\s+/g, " ").trim().slice(0, 200),
    value: typeof element.value === "string" ? element.value : element.isContentEditable ? element.textContent : "",
    enabled: enabled(element),
  });
  return {
    url: location.href,
    title: document.title,
    found: probes.map((probe) => [...matchesOf(probe, pages)].map(described)),
  };
}
