"""Ten calls with what openapi-python-client makes of `/openapi.json?for=generators`: `… ADDRESS TOKEN RECORDING` prints
their names."""

import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from meetings import AuthenticatedClient
from meetings.api.analysis import analysis_export, analysis_export_json, analysis_reports
from meetings.api.note_templates import note_templates_create
from meetings.api.recordings import recordings_media, recordings_upload
from meetings.api.search import search_search
from meetings.api.sessions import sessions_change, sessions_create, sessions_delete, sessions_get, sessions_page
from meetings.api.users import users_me
from meetings.models import (
    AttendeeIn,
    ErrorBody,
    NoteSectionIn,
    NoteTemplateIn,
    RecordingsUploadBody,
    SessionIn,
)
from meetings.types import File

address, token, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])


def passed(operation: str) -> None:
    print(operation)


def finished(client: Any, recording_id: str, session_id: str) -> dict[str, Any]:
    for _ in range(400):
        reports = analysis_reports.sync(recording_id, client=client, session_id=session_id)
        if all(report.status in {"completed", "failed"} for report in reports):
            return {report.analysis_type: report for report in reports}
        time.sleep(0.3)
    raise AssertionError("not finished")


with AuthenticatedClient(base_url=address, token=token, raise_on_unexpected_status=True) as client:
    assert users_me.sync(client=client).email
    passed("users.me")

    ada = AttendeeIn(email="ada@example.com", display_name="Ada Lovelace")
    made = sessions_create.sync(client=client, body=SessionIn(title="Weekly", attendees=[ada]))
    assert made.attendees[0].display_name == "Ada Lovelace"
    assert made.recording is None
    assert made.created_at.tzinfo is not None
    passed("sessions.create")

    changed = sessions_change.sync(made.id, client=client, body=SessionIn(title="Weekly, March"))
    assert changed.title == "Weekly, March"
    passed("sessions.change")

    sound = File(BytesIO(path.read_bytes()), path.name, "audio/flac")
    body = RecordingsUploadBody(file=sound, session_id=UUID(made.id), num_speakers=4)
    recording = recordings_upload.sync(client=client, body=body)
    assert recording.size == path.stat().st_size
    assert recording.num_speakers == 4
    passed("recordings.upload")

    reports = finished(client, recording.id, made.id)
    assert reports["transcription"].status == "completed"
    assert reports["transcription"].error is None
    passed("analysis.reports")

    transcript = analysis_export_json.sync(recording.id, client=client)
    assert transcript.segments[0].words[0].probability > 0
    assert {segment.speaker for segment in transcript.segments} <= {speaker.id for speaker in transcript.speakers}
    passed("analysis.export_json")

    assert analysis_export.sync(recording.id, "vtt", client=client).startswith("WEBVTT")
    passed("analysis.export")

    assert recordings_media.sync(recording.id, client=client).payload.read() == path.read_bytes()
    passed("recordings.media")

    page = sessions_page.sync(client=client, q="weekly")
    assert [each.recording.id for each in page.items] == [recording.id]
    passed("sessions.page")

    longest = max((word.word.strip(" .,!?") for word in transcript.segments[0].words), key=len)
    found = search_search.sync(client=client, q=longest)
    assert found.items[0].hits[0].start_s is not None
    passed("search.search")

    template = NoteTemplateIn(name=f"Actions {made.id}", sections=[NoteSectionIn(kinds=["action"], heading="To do")])
    assert note_templates_create.sync(client=client, body=template).sections[0].heading == "To do"
    passed("note_templates.create")

    assert sessions_delete.sync_detailed(made.id, client=client).status_code == 204
    passed("sessions.delete")

    gone = sessions_get.sync(made.id, client=client)
    assert isinstance(gone, ErrorBody)
    assert gone.error.code == "session_not_found"
    passed("sessions.get")
