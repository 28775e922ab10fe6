// Microsoft Teams in the browser. Sound comes through one mixed track, so a track belongs to nobody. Who is there is told by
// the network (frames of the websocket), else by tiles; who speaks by the contributing sources of the network, else by
// outlines of tiles that are lit or move, about 1.5 s late, else by captions.
((/** @type {Facts} */ facts, /** @type {Naming} */ naming) => {
  const OWN_NAME = "minutebook.own-name";
  const LOUD = 0.02; // linear, 0 to 1
  const FRESH_MS = 500;
  const MOVED_MS = 700;
  const SAID_MS = 1500; // a caption grows while its author speaks
  const DOMINANT_MS = 2000;
  const NETWORK_LAG_MS = 200;
  const STAGE = 9; // people at once; with as many there may be more

  const any = (/** @type {string[] | undefined} */ selectors) => (selectors ?? []).join(", ") || "not-a-thing";
  const keys = ["own_name", "tile", "outline", "lit", "row", "caption", "author"];
  const [NAME_FIELD, TILE, OUTLINE, LIT, ROW, CAPTION, AUTHOR] = keys.map((key) => any(facts[key]));
  /** @type {(node: ParentNode, selector: string) => HTMLElement[]} */
  const all = (node, selector) => [.../** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll(selector))];

  // The bot is told from others by the name that was typed, in whichever of the pages on the way.
  addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement && target.matches(NAME_FIELD)) sessionStorage.setItem(OWN_NAME, target.value);
  }, true);

  /** @type {(name: string) => string} */
  const plain = (name) => name.replace(/\s*\((?:you|guest|unverified|external)\)\s*$/i, "").trim();
  // One of those who are called like the bot is the bot: whoever came last.
  /** @param {Person[]} people */
  function withoutOwn(people) {
    const at = people.findLastIndex(({ name }) => plain(name) === sessionStorage.getItem(OWN_NAME));
    return at < 0 ? people : people.toSpliced(at, 1);
  }

  // --- the network ---

  /** @type {Map<string, {id: string, name: string}>} */
  const people = new Map();
  /** @typedef {{ state: string, details?: { id?: string, displayName?: string }, endpoints?: Record<string, { call?: { mediaStreams?: { sourceId: number | string }[] } }> }} Heard */
  /** @type {Map<number, string>} */
  const sources = new Map();
  let dominant = { source: 0, at: -Infinity };

  /** @param {string} text */
  async function inflated(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  }

  /** @param {Heard} told */
  function heardOf({ state, details, endpoints }) {
    if (!details?.id || !details.displayName) return;
    for (const [source, id] of sources) if (id === details.id) sources.delete(source);
    if (state === "inactive") return people.delete(details.id);
    people.set(details.id, { id: details.id, name: details.displayName });
    for (const { call } of Object.values(endpoints ?? {}))
      for (const { sourceId } of call?.mediaStreams ?? []) sources.set(Number(sourceId), details.id);
  }

  /** @param {MessageEvent} event */
  async function frame({ data }) {
    if (typeof data !== "string" || !data.startsWith("3:::")) return;
    try {
      const { url, body } = JSON.parse(data.slice(4));
      if (!/rosterUpdate\/?$/.test(url)) return;
      Object.values((await inflated(body)).participants ?? {}).forEach(heardOf);
    } catch {
      // Another kind of frame.
    }
  }

  // A message is JSON behind some bytes of a header.
  /** @param {MessageEvent} event */
  function channelMessage({ data }) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data);
    for (let at = bytes.indexOf(91); at >= 0; at = bytes.indexOf(91, at + 1)) {
      try {
        const rows = JSON.parse(new TextDecoder().decode(bytes.subarray(at)));
        for (const { type, history } of rows)
          if (type === "dsh" && history?.length) dominant = { source: Number(history[0]), at: performance.now() };
        return;
      } catch {
        // A byte of the header that looks like a bracket.
      }
    }
  }

  /** @param {RTCDataChannel} channel */
  function listen(channel) {
    if (channel.label === "main-channel") channel.addEventListener("message", channelMessage);
  }

  /** @type {Set<RTCPeerConnection>} */
  const connections = new Set();
  const [Socket, Connection] = [window.WebSocket, window.RTCPeerConnection];
  window.WebSocket = class WebSocket extends Socket {
    /** @param {ConstructorParameters<typeof Socket>} args */
    constructor(...args) {
      super(...args);
      this.addEventListener("message", frame);
    }
  };
  if (Connection) {
    window.RTCPeerConnection = class RTCPeerConnection extends Connection {
      /** @param {ConstructorParameters<typeof Connection>} args */
      constructor(...args) {
        super(...args);
        connections.add(this);
        this.addEventListener("datachannel", ({ channel }) => listen(channel));
      }
      /**
       * @param {string} label
       * @param {RTCDataChannelInit} [options]
       */
      createDataChannel(label, options) {
        const channel = super.createDataChannel(label, options);
        listen(channel);
        return channel;
      }
    };
  }

  // Those whose sources are loud; null where the network tells nobody.
  function heard() {
    const now = performance.timeOrigin + performance.now();
    /** @type {(source: RTCRtpContributingSource) => number} */
    const since = ({ timestamp }) => now - (timestamp < performance.timeOrigin ? timestamp + performance.timeOrigin : timestamp);
    const receivers = [...connections].flatMap((connection) => connection.getReceivers()).filter(({ track }) => track.kind === "audio");
    const known = receivers.flatMap((receiver) => receiver.getContributingSources()).filter(({ source }) => sources.has(source));
    if (known.length) return known.filter((each) => (each.audioLevel ?? 0) >= LOUD && since(each) < FRESH_MS).map(({ source }) => sources.get(source) ?? "");
    if (!sources.has(dominant.source)) return null;
    return performance.now() - dominant.at < DOMINANT_MS ? [sources.get(dominant.source) ?? ""] : null;
  }

  // --- the page ---

  /** @type {(tile: HTMLElement) => boolean} */
  const isShare = ({ dataset }) => /screen/i.test(dataset.streamType ?? "");

  function roster() {
    if (people.size) return withoutOwn([...people.values()]);
    const tiles = all(document, TILE).filter((tile) => !isShare(tile)).map((tile) => tile.dataset.tid ?? "");
    const rows = all(document, ROW).map((row) => row.getAttribute("aria-label")?.split(",")[0] ?? row.textContent?.trim() ?? "");
    const names = rows.length > tiles.length ? rows : tiles;
    return names.length ? withoutOwn(naming(names.filter(Boolean), names === rows || names.length < STAGE)) : null;
  }

  /** @type {WeakMap<Element, {look: string, at: number}>} */
  const looks = new WeakMap();
  /** @type {(element: Element, look: string, within: number) => boolean} */
  function changed(element, look, within) {
    const before = looks.get(element);
    if (before && before.look === look) return performance.now() - before.at < within;
    looks.set(element, { look, at: before ? performance.now() : -Infinity });
    return before !== undefined;
  }

  function outlined() {
    const outlines = all(document, OUTLINE);
    if (!outlines.length) return null;
    /** @type {(outline: Element) => boolean} */
    const isLit = (outline) => outline.matches(LIT);
    // Both are asked each time: what moves is only known from look to look.
    const speaks = outlines.filter((outline) => [changed(outline, outline.getAttribute("style") ?? "", MOVED_MS), isLit(outline)].some(Boolean));
    const tiles = speaks.map((outline) => /** @type {HTMLElement | null} */ (outline.closest(TILE) ?? outline.querySelector(TILE)));
    const names = tiles.map((tile) => tile?.dataset.tid ?? "");
    return [...new Set(names)];
  }

  function captioned() {
    const lines = all(document, CAPTION).flatMap((caption) => {
      const line = caption.parentElement?.closest(any(facts.line)) ?? caption.parentElement;
      return line ? [{ line, caption }] : [];
    });
    if (!lines.length) return null;
    const growing = lines.filter(({ line, caption }) => changed(caption, caption.textContent ?? "", SAID_MS) && line.querySelector(AUTHOR));
    return growing.map(({ line }) => line.querySelector(AUTHOR)?.textContent?.trim() ?? "");
  }

  // A name that two people bear tells neither.
  /** @param {string[]} names */
  function bearers(names) {
    const here = roster() ?? [];
    /** @type {(name: string) => Person[]} */
    const of = (name) => here.filter((person) => person.name === name);
    return names.map(of).flatMap((found) => (found.length === 1 ? [found[0].id] : []));
  }

  window.minutebookPage = {
    participantOf: () => null,
    roster,
    speaking() {
      const own = new Set((roster() ?? []).map(({ id }) => id));
      const told = heard();
      this.speakingLagMs = told ? NETWORK_LAG_MS : null;
      this.speakingByNetwork = told !== null;
      if (told) return [...new Set(told)].filter((id) => own.has(id));
      const [shown, said] = [outlined(), captioned()];
      if (shown === null && said === null) return null;
      return [...new Set(bearers(shown?.length ? shown : (said ?? [])))];
    },
  };
});
