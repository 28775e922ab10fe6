// Who is in the call, whose track is whose, and who speaks, as far as the platform's page script can tell.

const LOOK_MS = 250;
const ROSTER_EVERY = 4;
const TOLD_AGAIN_MS = 5000;
const COUNT_MS = 5000;

let looks = 0;
/** @type {Map<string, { text: string, at: number }>} */
const told = new Map();

// Told when it changed, and now and then although it did not: messages of a busy page may be late.
/** @type {(kind: string, content: unknown) => void} */
function tellState(kind, content) {
  const text = JSON.stringify(content);
  const last = told.get(kind);
  if (last && last.text === text && performance.now() - last.at < TOLD_AGAIN_MS) return;
  told.set(kind, { text, at: performance.now() });
  tell(kind, content);
}

/** @param {Person} told */
function person({ id, name }) {
  return { id: String(id), name: String(name ?? "") };
}

// An owner who is not known yet is asked for at each look; a known one now and then, because names change. Returns
// whether somebody new turned up.
/** @param {Track} entry */
function identify(entry) {
  if (entry.who && performance.now() - entry.askedAt < TOLD_AGAIN_MS) return false;
  entry.askedAt = performance.now();
  const before = entry.who?.id;
  const who = ask("participantOf", entry.track);
  if (who) entry.who = person(who);
  return entry.who?.id !== before;
}

/** @param {Track} entry */
function described(entry) {
  return { id: entry.id, live: isLive(entry), mixed: entry.connection === MIX, who: entry.who };
}

function look() {
  const hasSound = connections.size || tracks.size;
  if (window !== window.top && !hasSound) return;
  const due = looks++ % ROSTER_EVERY === 0;
  if (due) rescan();
  const newcomers = [...tracks.values()].filter(identify);
  // Before the tracks: a track must not be taken for somebody's second one because the roster is a second old.
  if (due || newcomers.length) {
    const roster = ask("roster");
    if (window === window.top || roster) tellState("roster", roster?.map(person) ?? null);
  }
  if (hasSound) tellState("tracks", [...tracks.values()].map(described));
  if (connections.size || told.has("cut off")) tellState("cut off", areDown());
  if (due) {
    const lines = ask("chat");
    if (lines) tellState("chat", lines);
  }
  const speaking = ask("speaking");
  const { speakingLagMs: lag = null, speakingByNetwork: network = false } = window.minutebookPage ?? {};
  if (speaking || told.has("speaking")) tellState("speaking", speaking ? { ids: speaking.map(String), lag, network } : null);
}

setInterval(look, LOOK_MS);

async function count() {
  const counted = connections.size ? await arrived() : null;
  if (counted) tell("arrived", counted);
}

setInterval(() => count().catch(() => {}), COUNT_MS);
