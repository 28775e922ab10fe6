// Microsoft Teams in the browser. The outlines of the tiles show who speaks, about 1.5 s late; a tile is called after its
// participant. Sound comes through one mixed track, so a track belongs to nobody. Not read here, because it could only be
// proven against the real service: the roster of the websocket and the speakers of the data channel.
((facts) => {
  const NAME_FIELD = 'input[data-tid="prejoin-display-name-input"]';
  const OWN_NAME = "minutebook.own-name";
  const TILE = '[data-stream-type][data-tid]';
  const OUTLINE = '[data-tid="voice-level-stream-outline"]';

  // The bot's own tile is told from others' by the name that was typed, in whichever of the pages on the way.
  addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement && target.matches(NAME_FIELD)) sessionStorage.setItem(OWN_NAME, target.value);
  }, true);

  const nameOf = (tile) => tile.dataset.tid;
  const isGuest = (tile) => nameOf(tile) !== sessionStorage.getItem(OWN_NAME);
  const tiles = () => [...document.querySelectorAll(TILE)].filter(isGuest);
  const isLit = (outline) => outline.classList.contains("vdi-frame-occlusion") || outline.dataset.isSpeaking === "true";

  window.minutebookPage = {
    participantOf: () => null,
    roster: () => [...new Set(tiles().map(nameOf))].map((name) => ({ id: name, name })),
    speaking() {
      const outlines = [...document.querySelectorAll(OUTLINE)];
      if (!outlines.length) return null;
      const lit = outlines.filter(isLit).map((outline) => outline.closest(TILE) ?? outline.querySelector(TILE));
      return [...new Set(lit.filter((tile) => tile && isGuest(tile)).map(nameOf))];
    },
  };
});
