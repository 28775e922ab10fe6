// Finds every remote audio track of the page, through whatever connection and however late it comes.

/** @type {Set<RTCPeerConnection>} */
const connections = new Set();
/** @type {Map<string, Track>} */
const tracks = new Map();
let trackCount = 0;

/** @type {(track: MediaStreamTrack, connection: Track["connection"]) => void} */
function found(track, connection) {
  if (track.kind !== "audio" || track.readyState === "ended") return;
  for (const known of tracks.values()) if (known.track === track) return;
  const id = `${documentId}-${++trackCount}`;
  const entry = { id, track, connection, who: null, askedAt: -Infinity, element: new Audio() };
  tracks.set(id, entry);
  pull(entry);
  listen(id, track)
    .catch((error) => tell("fault", `track ${id}: ${error}`))
    .finally(() => {
      tracks.delete(id);
      entry.element.srcObject = null;
      tell("ended", { track: id });
    });
}

// Chromium decodes remote sound only while something plays it; a muted element makes sure that something does.
/** @param {Track} entry */
function pull(entry) {
  entry.element.muted = true;
  entry.element.srcObject = new MediaStream([entry.track]);
  entry.element.play().catch(() => {});
}

/** @param {Track} entry */
function isLive({ track, connection }) {
  return track.readyState === "live" && !["failed", "closed"].includes(connection.connectionState);
}

// Whether no connection lives any more; null where there is none.
function areDown() {
  const open = [...connections].filter(({ connectionState }) => connectionState !== "closed");
  return open.length ? open.every(({ connectionState }) => ["failed", "disconnected"].includes(connectionState)) : null;
}

// What arrived over all connections, by the browser's own count; null where nothing ever did.
async function arrived() {
  const reports = await Promise.all([...connections].map((connection) => connection.getStats()));
  const rows = reports.flatMap((report) => [...report.values()]).filter(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
  /** @type {(count: (row: any) => number) => number} */
  const sum = (count) => rows.reduce((total, row) => total + (count(row) || 0), 0);
  return rows.length
    ? {
        packets: sum((row) => row.packetsReceived),
        samples: sum((row) => row.totalSamplesReceived),
        madeUp: sum((row) => row.concealedSamples - row.silentConcealedSamples),
        energy: sum((row) => row.totalAudioEnergy),
      }
    : null;
}

function rescan() {
  for (const connection of connections) {
    if (connection.connectionState === "closed") connections.delete(connection);
    else for (const receiver of connection.getReceivers()) if (receiver.track) found(receiver.track, connection);
  }
}

/** @param {RTCPeerConnection} connection */
function watch(connection) {
  connections.add(connection);
  connection.addEventListener("track", (event) => found(event.track, connection));
}

const wrapped = standIn(window, "RTCPeerConnection", {
  construct(target, args, newTarget) {
    const connection = Reflect.construct(target, args, newTarget);
    watch(connection);
    return connection;
  },
});
if (wrapped) {
  const own = Object.getOwnPropertyDescriptor(wrapped.prototype, "constructor");
  Object.defineProperty(wrapped.prototype, "constructor", { ...own, value: wrapped });
  const legacy = Object.getOwnPropertyDescriptor(window, "webkitRTCPeerConnection");
  if (legacy) Object.defineProperty(window, "webkitRTCPeerConnection", { ...legacy, value: wrapped });
}
