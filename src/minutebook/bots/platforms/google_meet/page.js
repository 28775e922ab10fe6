// Google Meet. The sound of all comes through a few shared tracks, so a track belongs to nobody. Who speaks is told by the
// contributing sources of the receivers (RFC 3550 CSRC): by the number that a tile carries, else by the meter of a tile
// that moves while the source is loud; and by the meters alone where there are no sources. Not read here, because it
// could only be proven against the real service: the data channels with roster and captions.
((/** @type {Facts} */ facts) => {
  const LOUD = 0.02; // linear, 0 to 1; silence is below 0.01, speech above 0.05
  const FRESH_MS = 500;
  const MOVED_MS = 700; // a meter switches its classes several times a second while somebody speaks
  const FADES = 0.995; // per look, of what was seen together: numbers are given to others in a long call
  const ENOUGH = 3; // looks together before a source is somebody's
  const SHARE = 0.6; // of the looks at a source; below that it is nobody's

  /** @type {Set<RTCPeerConnection>} */
  const connections = new Set();
  const Native = window.RTCPeerConnection;
  if (Native) {
    window.RTCPeerConnection = class RTCPeerConnection extends Native {
      /** @param {ConstructorParameters<typeof Native>} args */
      constructor(...args) {
        super(...args);
        connections.add(this);
      }
    };
  }

  const any = (/** @type {string[] | undefined} */ selectors) => (selectors ?? []).join(", ") || "not-a-thing";
  const [TILE, NAME, OWN, METER, LIT, IDLE] = ["tile", "name", "own", "meter", "lit", "idle"].map((key) => any(facts[key]));
  /** @type {(node: ParentNode, selector: string) => HTMLElement[]} */
  const all = (node, selector) => [.../** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll(selector))];
  /** @type {(node: Element, selector: string) => boolean} */
  const has = (node, selector) => node.matches(selector) || node.querySelector(selector) !== null;
  /** @type {(tile: HTMLElement) => string} */
  const idOf = (tile) => tile.dataset.participantId ?? "";
  /** @type {(tile: HTMLElement) => boolean} */
  const isShare = ({ dataset }) => Boolean(dataset.tileMediaId) && dataset.tileMediaId !== dataset.participantId;
  /** @type {(tile: Element) => string} */
  const nameIn = (tile) => tile.querySelector(NAME)?.textContent.trim() ?? "";
  /** @type {(tile: Element) => boolean} */
  const isPresentation = (tile) => /\(presentation\)$/i.test(nameIn(tile));

  // A tile of the bot's own tells whose the others of that id are.
  function tiles() {
    const found = all(document, TILE);
    const own = new Set(found.filter((tile) => has(tile, OWN)).map(idOf));
    return { some: found.length > 0, others: found.filter((tile) => !own.has(idOf(tile)) && !isShare(tile) && !isPresentation(tile)) };
  }

  function roster() {
    const { some, others } = tiles();
    const found = new Map();
    for (const tile of others) {
      const id = idOf(tile);
      if (!found.get(id)?.name) found.set(id, { id, name: nameIn(tile) });
    }
    return some ? [...found.values()] : null;
  }

  /** @type {WeakMap<Element, {look: string, at: number}>} */
  const meters = new WeakMap();

  /** @param {HTMLElement} meter */
  function isMoving(meter) {
    const now = performance.now();
    const before = meters.get(meter);
    if (before && before.look === meter.className) return now - before.at < MOVED_MS;
    meters.set(meter, { look: meter.className, at: before ? now : -Infinity });
    return before !== undefined;
  }

  // Those whose meter is lit, or moves; null where there is no meter.
  /** @param {HTMLElement[]} others */
  function metered(others) {
    const speaking = new Set();
    let some = false;
    for (const tile of others)
      for (const meter of all(tile, METER)) {
        some = true;
        const moving = isMoving(meter);
        if ((has(meter, LIT) && !meter.matches(IDLE)) || moving) speaking.add(idOf(tile));
      }
    return some ? speaking : null;
  }

  function* receivers() {
    for (const connection of connections) {
      if (connection.connectionState === "closed") connections.delete(connection);
      else yield* connection.getReceivers().filter(({ track }) => track.kind === "audio");
    }
  }

  // The numbers of the sources that are loud now; null where there are none.
  function loudSources() {
    const now = performance.timeOrigin + performance.now();
    /** @type {(source: RTCRtpContributingSource) => number} */
    const since = ({ timestamp }) => now - (timestamp < performance.timeOrigin ? timestamp + performance.timeOrigin : timestamp);
    const sources = [...receivers()].flatMap((receiver) => receiver.getContributingSources());
    const loud = sources.filter((source) => (source.audioLevel ?? 0) >= LOUD && since(source) < FRESH_MS);
    return sources.length ? [...new Set(loud.map(({ source }) => source))] : null;
  }

  /** @type {(others: HTMLElement[]) => Map<number, string>} */
  function numbered(others) {
    const found = new Map();
    for (const tile of others)
      for (const { dataset } of [tile, ...all(tile, "[data-ssrc]")])
        if (dataset.ssrc) found.set(Number(dataset.ssrc), idOf(tile));
    return found;
  }

  /** @type {Map<number, {looks: number, with: Map<string, number>}>} */
  const together = new Map();

  /** @type {(loud: number[], moving: Set<string>) => void} */
  function learn(loud, moving) {
    if (!moving.size) return;
    for (const source of loud) {
      const seen = together.get(source) ?? { looks: 0, with: new Map() };
      together.set(source, seen);
      seen.looks = seen.looks * FADES + 1;
      for (const id of seen.with.keys()) seen.with.set(id, (seen.with.get(id) ?? 0) * FADES);
      // Who moves while several are loud counts for each of them, and less.
      for (const id of moving) seen.with.set(id, (seen.with.get(id) ?? 0) + 1 / Math.max(loud.length, moving.size));
    }
  }

  /** @param {number} source */
  function learnt(source) {
    const seen = together.get(source);
    if (!seen) return null;
    const [best, second] = [...seen.with].sort((a, b) => b[1] - a[1]);
    const clear = best && best[1] >= ENOUGH && best[1] >= SHARE * seen.looks && best[1] >= 2 * (second?.[1] ?? 0);
    return clear ? best[0] : null;
  }

  function speaking() {
    const { others } = tiles();
    const moving = metered(others);
    const loud = loudSources();
    page.speakingByNetwork = false;
    if (loud === null) return moving === null ? null : [...moving];
    if (moving !== null) learn(loud, moving);
    const numbers = numbered(others);
    const owners = loud.map((source) => numbers.get(source) ?? learnt(source));
    const here = new Set(others.map(idOf));
    const known = new Set(owners.filter((id) => id && here.has(id)));
    // A source that is nobody's yet is that of a meter which moves beside those that are known.
    page.speakingByNetwork = owners.every(Boolean);
    if (moving !== null && !page.speakingByNetwork) for (const id of moving) known.add(id);
    return numbers.size || together.size || moving !== null ? [...known] : null;
  }

  const page = { participantOf: () => null, roster, speaking, speakingByNetwork: false };
  window.minutebookPage = page;
});
