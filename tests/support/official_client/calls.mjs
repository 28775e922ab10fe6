// Calls operations of the v1 API through the official client and checks each answer against the contract's schema.
// Reads {base_url, api_key, contract, credentials, zoom} as JSON from standard input; prints a JSON list of what came:
// {operation, valid, errors} of each call that succeeded, {operation, status, body} of each that was refused.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

// The packages are installed elsewhere: where this process runs.
const require = createRequire(`${process.cwd()}/calls.mjs`);
const { createBaasClient } = require("@meeting-baas/sdk");
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const given = JSON.parse(readFileSync(0, "utf-8"));
const contract = JSON.parse(readFileSync(given.contract, "utf-8"));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
for (const name of ["uint", "uint8", "uint16", "uint32", "uint64", "int32", "int64", "double", "float"]) {
  ajv.addFormat(name, true);
}
ajv.addSchema({ $id: "contract", ...contract });

const answered = [];

function schemaOf(operation) {
  const [method, path] = operation.split(" ");
  const [status, answer] = Object.entries(contract.paths[path][method].responses).findLast(([code]) =>
    code.startsWith("2"),
  );
  if (!answer.content) return null;
  const at = [path, method, "responses", status, "content", "application/json", "schema"];
  const pointer = at.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")));
  return { $ref: `contract#/paths/${pointer.join("/")}` };
}

async function call(operation, asking) {
  const answer = await asking;
  if (!answer.success) {
    const { status, data } = answer.error.response ?? {};
    answered.push({ operation, status: status ?? null, body: data ?? String(answer.error) });
    return undefined;
  }
  const schema = schemaOf(operation);
  const valid = schema === null ? !answer.data : ajv.validate(schema, answer.data);
  answered.push({ operation, valid, errors: valid ? null : (ajv.errorsText() ?? answer.data) });
  return answer.data;
}

const client = createBaasClient({ api_key: given.api_key, base_url: given.base_url });
const stranger = createBaasClient({ api_key: "nobody's key", base_url: given.base_url });
const nobody = "00000000-0000-4000-8000-000000000000";
const bot = { bot_name: "Scribe", extra: { deal: 7 } };

await call("post /calendars/raw", client.listRawCalendars(given.credentials));
const { calendar } = await call("post /calendars/", client.createCalendar(given.credentials));
await call("get /calendars/", client.listCalendars());
await call("get /calendars/{uuid}", client.getCalendar({ uuid: calendar.uuid }));
await call("patch /calendars/{uuid}", client.updateCalendar({ uuid: calendar.uuid, body: given.credentials }));
await call("post /calendars/resync_all", client.resyncAllCalendars({ days: 40 }));
const events = await call("get /calendar_events/", client.listCalendarEvents({ calendar_id: calendar.uuid, status: "upcoming" }));
const single = events.data.find((event) => !event.is_recurring && event.meeting_url);
const series = events.data.find((event) => event.is_recurring && event.meeting_url);
await call("get /calendar_events/{uuid}", client.getCalendarEvent({ uuid: single.uuid }));
await call("post /calendar_events/{uuid}/bot", client.scheduleCalendarRecordEvent({ uuid: single.uuid, body: bot }));
await call("get /calendar_events/{uuid}", client.getCalendarEvent({ uuid: single.uuid }));
await call("patch /calendar_events/{uuid}/bot", client.patchBot({ uuid: single.uuid, body: { bot_name: "Other" } }));
await call("delete /calendar_events/{uuid}/bot", client.unscheduleCalendarRecordEvent({ uuid: single.uuid }));
const every = { all_occurrences: true };
await call("post /calendar_events/{uuid}/bot", client.scheduleCalendarRecordEvent({ uuid: series.uuid, body: bot, query: every }));
await call("patch /calendar_events/{uuid}/bot", client.patchBot({ uuid: series.uuid, body: { bot_name: "Other" }, query: every }));
await call("delete /calendar_events/{uuid}/bot", client.unscheduleCalendarRecordEvent({ uuid: series.uuid, query: every }));

const connection = await call("post /zoom_oauth_connections/", client.createZoomOauthConnection(given.zoom));
await call("get /zoom_oauth_connections/", client.listZoomOauthConnections());
await call("get /zoom_oauth_connections/{uuid}", client.getZoomOauthConnection({ uuid: connection.uuid }));
await call("delete /zoom_oauth_connections/{uuid}", client.deleteZoomOauthConnection({ uuid: connection.uuid }));
await call("delete /calendars/{uuid}", client.deleteCalendar({ uuid: calendar.uuid }));

await call("get /calendars/", stranger.listCalendars());
await call("get /zoom_oauth_connections/", stranger.listZoomOauthConnections());
await call("get /calendars/{uuid}", client.getCalendar({ uuid: calendar.uuid }));
await call("get /calendar_events/{uuid}", client.getCalendarEvent({ uuid: single.uuid }));
await call("get /zoom_oauth_connections/{uuid}", client.getZoomOauthConnection({ uuid: nobody }));
await call("post /calendars/", client.createCalendar({ ...given.credentials, oauth_refresh_token: "no longer good" }));
await call("post /zoom_oauth_connections/", client.createZoomOauthConnection(given.zoom));

process.stdout.write(JSON.stringify(answered));
