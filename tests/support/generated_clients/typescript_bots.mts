// Ten calls with the types that openapi-typescript makes of `/meetingbaas/openapi.json?for=generators`: `… ADDRESS KEY`
// prints their names.
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { paths } from "./bots.ts";

const [address, key] = process.argv.slice(2) as [string, string];
const api = createClient<paths>({ baseUrl: address, headers: { "x-meeting-baas-api-key": key } });
const passed = (operation: string): void => console.log(operation);
const LINK = "https://meet.google.com/abc-defg-hij";

const hooks = { webhook_url: "https://hooks.example/minutebook" };
const set = await api.POST("/accounts/webhook_url", { body: hooks });
assert.equal(set.data?.webhook_url, hooks.webhook_url);
passed("post_webhook_url");

const kept = await api.GET("/accounts/webhook_url");
assert.equal(kept.data?.webhook_url, hooks.webhook_url);
passed("get_webhook_url");

const { data: joined } = await api.POST("/bots/", {
  body: {
    bot_name: "Notes",
    meeting_url: LINK,
    recording_mode: "audio_only",
    speech_to_text: { provider: "Default" },
    automatic_leave: { noone_joined_timeout: 300 },
    extra: { customer: "42" },
  },
});
assert.ok(joined);
passed("join");

const { data: plain } = await api.POST("/bots/", {
  body: { bot_name: "Plain", meeting_url: LINK, deduplication_key: "2" },
});
assert.ok(plain);

const asked = () => api.GET("/bots/meeting_data", { params: { query: { bot_id: joined.bot_id } } });
let { data: told } = await asked();
for (let attempt = 0; attempt < 600 && !told?.bot_data.bot.bot_joined_at; attempt++) {
  await sleep(200);
  ({ data: told } = await asked());
}
const uuid = { params: { path: { uuid: joined.bot_id } } };
assert.equal((await api.DELETE("/bots/{uuid}", uuid)).data?.ok, true);
passed("leave");

for (let attempt = 0; attempt < 600 && !told?.bot_data.bot.ended_at; attempt++) {
  await sleep(200);
  ({ data: told } = await asked());
}
assert.ok(told?.bot_data.bot.ended_at);
assert.equal(told?.bot_data.bot.extra?.customer, "42");
passed("get_meeting_data");

const listed = await api.GET("/bots/bots_with_metadata");
assert.deepEqual(new Set(listed.data?.bots.map((each) => each.uuid)), new Set([joined.bot_id, plain.bot_id]));
passed("bots_with_metadata");

const everything = await api.GET("/bots/all", { params: { query: { offset: 0, limit: 10 } } });
assert.deepEqual(everything.data?.bots.map((each) => each.params.bot_name).sort(), ["Notes", "Plain"]);
passed("get_all_bots");

const pictures = await api.GET("/bots/{uuid}/screenshots", uuid);
assert.ok(Array.isArray(pictures.data));
passed("get_screenshots");

assert.ok((await api.GET("/bots/webhooks")).data);
passed("webhook_documentation");

assert.deepEqual((await api.GET("/calendars/")).data, []);
passed("list_calendars");

assert.deepEqual((await api.GET("/zoom_oauth_connections/")).data, []);
passed("list_zoom_oauth_connections");

const unknown = await api.GET("/zoom_oauth_connections/{uuid}", {
  params: { path: { uuid: "0192f3a1-7c2e-7b6d-9a51-6a3f5f1f0c21" } },
});
assert.ok(unknown.error?.code);
passed("get_zoom_oauth_connection");

// While its recording is being put together, a bot's data stays (409); five tries a minute are allowed.
let deleted = await api.POST("/bots/{uuid}/delete_data", uuid);
for (let attempt = 0; attempt < 4 && !deleted.data; attempt++) {
  await sleep(5000);
  deleted = await api.POST("/bots/{uuid}/delete_data", uuid);
}
assert.equal(deleted.data?.status, "deleted");
passed("delete_data");
