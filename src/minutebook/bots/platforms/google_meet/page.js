// Google Meet. The sound of all comes through a few shared tracks, so a track belongs to nobody; who speaks is told by
// the contributing sources of the receivers (RFC 3550 CSRC), whose numbers the tiles carry. Not read here, because it
// could only be proven against the real service: the data channels with roster and captions.
((facts) => {
  const LOUD = 0.02; // linear, 0 to 1; silence is below 0.01, speech above 0.05
  const FRESH_MS = 500;

  /** @type {Set<RTCPeerConnection>} */
  const connections = new Set();
  const Native = window.RTCPeerConnection;
  if (Native) {
    window.RTCPeerConnection = class RTCPeerConnection extends Native {
      constructor(...args) {
        super(...args);
        connections.add(this);
      }
    };
  }

  /** @param {HTMLElement} tile */
  const isOwn = (tile) => tile.matches("[data-self-name]") || tile.querySelector("[data-self-name]") !== null;
  /** @type {(node: ParentNode, selector: string) => HTMLElement[]} */
  const all = (node, selector) => [.../** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll(selector))];
  const tiles = () => all(document, "[data-participant-id]").filter((tile) => !isOwn(tile));
  const idOf = (tile) => tile.dataset.participantId ?? "";
  /** @param {HTMLElement} tile */
  const nameIn = (tile) => tile.querySelector("span.notranslate, .zWGUib")?.textContent.trim() ?? "";

  function guests() {
    const found = new Map();
    for (const tile of tiles()) {
      const id = idOf(tile);
      if (!found.get(id)?.name) found.set(id, { id, name: nameIn(tile) });
    }
    return [...found.values()];
  }

  /** @returns {Map<number, string>} */
  function speakersBySource() {
    const found = new Map();
    for (const tile of tiles())
      for (const { dataset } of [tile, ...all(tile, "[data-ssrc]")])
        if (dataset.ssrc) found.set(Number(dataset.ssrc), idOf(tile));
    return found;
  }

  function* receivers() {
    for (const connection of connections) {
      if (connection.connectionState === "closed") connections.delete(connection);
      else yield* connection.getReceivers().filter(({ track }) => track.kind === "audio");
    }
  }

  function speaking() {
    const speakers = speakersBySource();
    const now = performance.timeOrigin + performance.now();
    const isFresh = ({ timestamp }) => now - (timestamp < performance.timeOrigin ? timestamp + performance.timeOrigin : timestamp) < FRESH_MS;
    const sources = [...receivers()].flatMap((receiver) => receiver.getContributingSources());
    if (!sources.length || !speakers.size) return null;
    const loud = sources.filter((source) => (source.audioLevel ?? 0) >= LOUD && isFresh(source) && speakers.has(source.source));
    return [...new Set(loud.map(({ source }) => speakers.get(source) ?? ""))];
  }

  window.minutebookPage = { participantOf: () => null, roster: guests, speaking };
});
