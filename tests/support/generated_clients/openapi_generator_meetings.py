"""Ten calls with what openapi-generator (python) makes of `/openapi.json?for=generators`: `… ADDRESS TOKEN RECORDING`
prints their names."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from meetings import (
    AnalysisApi,
    ApiClient,
    AttendeeIn,
    Configuration,
    NoteSectionIn,
    NoteTemplateIn,
    NoteTemplatesApi,
    RecordingsApi,
    SearchApi,
    SessionIn,
    SessionsApi,
    UsersApi,
)
from meetings.exceptions import NotFoundException

address, token, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])


def passed(operation: str) -> None:
    print(operation)


def refusal(call: Callable[..., object], *arguments: object) -> NotFoundException:
    try:
        call(*arguments)
    except NotFoundException as refused:
        return refused
    raise AssertionError("not refused")


def finished(analysis: Any, recording_id: str, session_id: str) -> dict[str, Any]:
    for _ in range(400):
        reports = analysis.analysis_reports(recording_id, session_id)
        if all(report.status in {"completed", "failed"} for report in reports):
            return {report.analysis_type: report for report in reports}
        time.sleep(0.3)
    raise AssertionError("not finished")


with ApiClient(Configuration(host=address, access_token=token)) as client:
    sessions, recordings, analysis = SessionsApi(client), RecordingsApi(client), AnalysisApi(client)

    assert UsersApi(client).users_me().email
    passed("users.me")

    ada = AttendeeIn(email="ada@example.com", display_name="Ada Lovelace")
    made = sessions.sessions_create(SessionIn(title="Weekly", attendees=[ada]))
    assert made.attendees[0].display_name == "Ada Lovelace"
    assert made.recording is None
    assert made.created_at.tzinfo is not None
    passed("sessions.create")

    assert sessions.sessions_change(made.id, SessionIn(title="Weekly, March")).title == "Weekly, March"
    passed("sessions.change")

    recording = recordings.recordings_upload((path.name, path.read_bytes()), UUID(made.id), num_speakers=4)
    assert recording.size == path.stat().st_size
    assert recording.num_speakers == 4
    passed("recordings.upload")

    reports = finished(analysis, recording.id, made.id)
    assert reports["transcription"].status == "completed"
    assert reports["transcription"].error is None
    passed("analysis.reports")

    transcript = analysis.analysis_export_json(recording.id)
    assert transcript.segments[0].words[0].probability > 0
    assert {segment.speaker for segment in transcript.segments} <= {speaker.id for speaker in transcript.speakers}
    passed("analysis.export_json")

    assert analysis.analysis_export(recording.id, "vtt").startswith("WEBVTT")
    passed("analysis.export")

    assert bytes(recordings.recordings_media(recording.id)) == path.read_bytes()
    passed("recordings.media")

    page = sessions.sessions_page(q="weekly")
    assert [each.recording.id for each in page.items] == [recording.id]
    passed("sessions.page")

    longest = max((word.word.strip(" .,!?") for word in transcript.segments[0].words), key=len)
    assert SearchApi(client).search_search(q=longest).items[0].hits[0].start_s is not None
    passed("search.search")

    template = NoteTemplateIn(name=f"Actions {made.id}", sections=[NoteSectionIn(kinds=["action"], heading="To do")])
    assert NoteTemplatesApi(client).note_templates_create(template).sections[0].heading == "To do"
    passed("note_templates.create")

    sessions.sessions_delete(made.id)
    passed("sessions.delete")

    assert refusal(sessions.sessions_get, made.id).data.error.code == "session_not_found"
    passed("sessions.get")
