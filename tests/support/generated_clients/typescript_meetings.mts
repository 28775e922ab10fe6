// Ten calls with the types that openapi-typescript makes of `/openapi.json?for=generators`:
// `… ADDRESS TOKEN RECORDING` prints their names.
import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./meetings.ts";

const [address, token, path] = process.argv.slice(2) as [string, string, string];
const api = createClient<paths>({ baseUrl: address, headers: { Authorization: `Bearer ${token}` } });
const passed = (operation: string): void => console.log(operation);

async function finished(recording: string, session: string): Promise<components["schemas"]["ReportOut"][]> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const { data } = await api.GET("/api/recordings/{recording_id}/analysis", {
      params: { path: { recording_id: recording }, query: { session_id: session } },
    });
    if (data?.every((report) => report.status === "completed" || report.status === "failed")) return data;
    await sleep(300);
  }
  throw new Error("not finished");
}

const me = await api.GET("/api/users/me");
assert.ok(me.data?.email);
passed("users.me");

const attendees = [{ email: "ada@example.com", displayName: "Ada Lovelace" }];
const { data: made } = await api.POST("/api/sessions", { body: { title: "Weekly", attendees } });
assert.ok(made);
assert.equal(made.attendees[0]?.displayName, "Ada Lovelace");
assert.equal(made.recording, null);
passed("sessions.create");

const session = { params: { path: { session_id: made.id } } };
const changed = await api.PATCH("/api/sessions/{session_id}", { ...session, body: { title: "Weekly, March" } });
assert.equal(changed.data?.title, "Weekly, March");
passed("sessions.change");

const bytes = await readFile(path);
const { data: recording } = await api.POST("/api/recordings", {
  body: { session_id: made.id, file: "", num_speakers: 4 },
  bodySerializer() {
    const form = new FormData();
    form.append("session_id", made.id);
    form.append("num_speakers", "4");
    form.append("file", new Blob([bytes], { type: "audio/flac" }), "launch.flac");
    return form;
  },
});
assert.ok(recording);
assert.equal(recording.size, bytes.length);
passed("recordings.upload");

const reports = await finished(recording.id, made.id);
assert.equal(reports.find((report) => report.analysis_type === "transcription")?.status, "completed");
passed("analysis.reports");

const known = { path: { recording_id: recording.id } };
const { data: transcript } = await api.GET("/api/recordings/{recording_id}/transcript.json", { params: known });
assert.ok((transcript?.segments[0]?.words[0]?.probability ?? 0) > 0);
passed("analysis.export_json");

const captions = await api.GET("/api/recordings/{recording_id}/transcript.{export_format}", {
  params: { path: { ...known.path, export_format: "vtt" } },
  parseAs: "text",
});
assert.ok(captions.data?.startsWith("WEBVTT"));
passed("analysis.export");

const media = await api.GET("/api/recordings/{recording_id}/media", { params: known, parseAs: "arrayBuffer" });
assert.ok(media.data);
assert.deepEqual(Buffer.from(media.data), bytes);
passed("recordings.media");

const page = await api.GET("/api/sessions", { params: { query: { q: "weekly" } } });
assert.equal(page.data?.items[0]?.recording?.id, recording.id);
passed("sessions.page");

const said = (transcript?.segments[0]?.words ?? []).map((each) => each.word.replace(/[ .,!?]/g, ""));
const longest = said.reduce((one, other) => (other.length > one.length ? other : one), "");
const found = await api.GET("/api/search", { params: { query: { q: longest } } });
assert.notEqual(found.data?.items[0]?.hits[0]?.start_s ?? null, null);
passed("search.search");

const template = await api.POST("/api/note-templates", {
  body: { name: `Actions ${made.id}`, sections: [{ kinds: ["action"], heading: "To do" }] },
});
assert.equal(template.data?.sections[0]?.heading, "To do");
passed("note_templates.create");

assert.equal((await api.DELETE("/api/sessions/{session_id}", session)).response.status, 204);
passed("sessions.delete");

const gone = await api.GET("/api/sessions/{session_id}", session);
assert.equal(gone.error?.error.code, "session_not_found");
passed("sessions.get");
