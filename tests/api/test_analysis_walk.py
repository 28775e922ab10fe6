"""The main walk through the HTTP door: a meeting, an upload, a transcript, a note, names."""

import httpx
import pytest

from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker, content_of, error_of, folder, stored_files, wav


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
def worker(services: Services) -> Worker:
    return Worker(services)


async def test_an_upload_becomes_a_transcript_and_a_note(ada: Paxs, worker: Worker, services: Services) -> None:
    session = await ada.create_session()
    recording = await ada.upload(session["id"])
    assert (recording["status"], recording["duration_s"], recording["size"]) == ("processing", None, 480_044)

    before = await ada.reports(recording["id"], session_id=session["id"])
    assert {name: report["status"] for name, report in before.items()} == {
        "transcription": "pending",
        "meeting note": "pending",
    }
    await worker.drain()

    after = await ada.reports(recording["id"], session_id=session["id"])
    assert [(r["status"], r["version"], r["progress"], r["error"]) for r in after.values()] == [
        ("completed", 1, 1.0, None)
    ] * 2
    transcription = content_of(after["transcription"])["content"]["transcription"]
    assert [s["name"] for s in transcription["speakers"]] == ["Speaker 1", "Speaker 2"]
    assert transcription["segments"][1]["text"] == "I will send the figures to the board by Thursday."
    assert transcription["segments"][1]["speaker"] == "speaker_2"
    assert transcription["language"] == "en"
    note = content_of(after["meeting note"])
    assert "figures" in note["markdown"]
    actions = [item for item in note["items"] if item["kind"] == "action"]
    assert "Speaker 2" in {e["speaker"] for e in actions[0]["evidence"]}

    shown = (await ada.get(f"/api/sessions/{session['id']}")).json()
    assert (shown["status"], shown["recording"]["status"]) == ("completed", "completed")
    assert shown["recording"]["duration_s"] == pytest.approx(15.0, abs=0.01)
    assert folder(services.settings.data_dir / "scratch") == []
    assert [path.rsplit("/", 1)[-1] for path in stored_files(services)] == [
        "peaks.json",
        "preview.m4a",
        "original.wav",
    ]


async def test_names_follow_everywhere_without_a_new_transcription(ada: Paxs, worker: Worker) -> None:
    session = await ada.create_session()
    recording = await ada.upload(session["id"])
    path = f"/api/recordings/{recording['id']}"
    assert error_of(await ada.get(f"{path}/speakers")) == (409, "not_ready")
    await worker.drain()

    names = [{"id": "speaker_1", "name": "Grace"}, {"id": "speaker_2", "attendee": "TOM@example.com"}]
    answer = await ada.call("PATCH", f"{path}/speakers", json={"speakers": names})
    assert [(s["name"], s["attendee"]) for s in answer.json()["speakers"]] == [
        ("Grace", None),
        ("Tom Kilburn", "tom@example.com"),
    ]
    reports = await ada.reports(recording["id"])
    note = content_of(reports["meeting note"])
    assert "Tom Kilburn" in note["markdown"]
    assert "Speaker 2" not in note["markdown"]
    assert [s["name"] for s in content_of(reports["transcription"])["content"]["transcription"]["speakers"]] == [
        "Grace",
        "Tom Kilburn",
    ]
    assert "Tom Kilburn: I will send" in (await ada.get(f"{path}/transcript.txt")).text
    assert await worker.drain() == 0

    # An attendee's name follows the meeting; a name that is taken away leaves the number.
    attendees = [{"email": "tom@example.com", "displayName": "Tommy"}]
    await ada.call("PATCH", f"/api/sessions/{session['id']}", json={"attendees": attendees})
    answer = await ada.call("PATCH", f"{path}/speakers", json={"speakers": [{"id": "speaker_1", "name": None}]})
    assert [s["name"] for s in answer.json()["speakers"]] == ["Speaker 1", "Tommy"]


@pytest.mark.parametrize(
    ("speakers", "code"),
    [
        ([{"id": "speaker_9", "name": "Ada"}], "speaker_unknown"),
        ([{"id": "speaker_1", "attendee": "nobody@example.com"}], "attendee_unknown"),
        ([{"id": "speaker_1", "attendee": "ada@example.com", "name": "Ada"}], "speaker_ambiguous"),
        ([{"id": "speaker_1", "name": "  "}], "name_required"),
        ([{"id": "speaker_1", "name": "a\u0000b"}], "text_invalid"),
        ([], "speakers_required"),
    ],
)
async def test_names_that_are_refused(ada: Paxs, worker: Worker, speakers: list[object], code: str) -> None:
    session = await ada.create_session()
    recording = await ada.upload(session["id"])
    await worker.drain()
    path = f"/api/recordings/{recording['id']}/speakers"
    assert error_of(await ada.call("PATCH", path, json={"speakers": speakers})) == (400, code)


async def test_the_meeting_decides_the_spoken_language(ada: Paxs, worker: Worker) -> None:
    session = await ada.create_session()
    answer = await ada.send(session["id"], ("a.wav", b"", "audio/wav"), data={"language": "de"})
    assert error_of(answer) == (400, "file_empty")
    answer = await ada.send(session["id"], ("a.wav", wav(), "audio/wav"), data={"language": "de"})
    assert answer.json()["language"] == "de"
    await worker.drain()
    assert worker.pipeline.recognised == [(0, "de")]
