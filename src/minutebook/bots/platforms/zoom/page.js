// Zoom's web client. Frames of the picture say who speaks, and carry a name; a name has to be seen twice in a row, since
// the highlight flickers. Media comes through a data channel, and the client mixes the sound itself: no track is anybody's.
((facts) => {
  const NAME_FIELDS = '#input-for-name, #inputname, input[placeholder="Your Name"]';
  const OWN_NAME = "minutebook.own-name";
  const ACTIVE = [
    ".speaker-active-container__video-frame",
    ".speaker-bar-container__video-frame--active",
    ".gallery-video-container__video-frame--active",
  ].join(", ");
  const FOOTER = ".video-avatar__avatar-footer span";
  const ROSTER = "#participants-ul .participants-item__display-name";

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

  const all = (selector) => pages().flatMap((page) => [...page.querySelectorAll(selector)]);
  const names = (elements) => [...new Set(elements.map((each) => each?.textContent.trim()).filter(Boolean))];
  const guests = (found) => found.filter((name) => name !== sessionStorage.getItem(OWN_NAME));

  /** @type {string[]} */
  let before = [];

  window.minutebookPage = {
    mixesSound: true,
    participantOf: () => null,
    roster() {
      const listed = all(ROSTER);
      const shown = listed.length ? listed : all(FOOTER);
      return shown.length ? guests(names(shown)).map((name) => ({ id: name, name })) : null;
    },
    speaking() {
      const frames = all(ACTIVE);
      if (!frames.length) return null;
      const now = guests(names(frames.map((frame) => frame.querySelector(FOOTER))));
      const confirmed = now.filter((name) => before.includes(name));
      before = now;
      return confirmed;
    },
  };
});
