// Follows the work on meetings: one stream of server-sent events for all of a page.

export function follow(ids, onStanding) {
  if (!ids.length) return;
  const query = new URLSearchParams(ids.map((id) => ["meeting", id]));
  const stream = new EventSource(`/events?${query}`);
  stream.addEventListener("meeting", (event) => onStanding(JSON.parse(event.data)));
  stream.addEventListener("end", () => stream.close());
  window.addEventListener("pagehide", () => stream.close());
}
