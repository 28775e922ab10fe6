// Follows the work on meetings: one stream of server-sent events for all of a page.

/**
 * @param {(string | undefined)[]} ids
 * @param {(standing: Standing) => void} onStanding
 */
export function follow(ids, onStanding) {
  if (!ids.length) return;
  const query = new URLSearchParams(ids.map((id) => ["meeting", String(id)]));
  const stream = new EventSource(`/events?${query}`);
  stream.addEventListener("meeting", (event) => onStanding(JSON.parse(event.data)));
  stream.addEventListener("end", () => stream.close());
  window.addEventListener("pagehide", () => stream.close());
}
