"""Asking for analyses, and what happens when their making fails."""

import asyncio
from typing import Any

import httpx
import pytest

from minutebook.analysis.making import derivation
from minutebook.analysis.making.attempt import give_up
from minutebook.analysis.model import AnalysisType
from minutebook.analysis.reports.scheduler import job_key
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.fake import InlineSteps
from minutebook.kit.clock import VirtualClock
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.speech.pipeline import Chunk
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker, content_of, error_of, folder, stored_files, wav

UNKNOWN = "01935b1c-0000-7000-8000-000000000000"


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
def worker(services: Services) -> Worker:
    return Worker(services)


@pytest.fixture
async def uploaded(ada: Paxs) -> dict[str, str]:
    session = await ada.create_session()
    recording = await ada.upload(session["id"])
    return {"session_id": session["id"], "attachment_id": recording["id"]}


async def request(ada: Paxs, uploaded: dict[str, str], *types: str, **fields: object) -> list[dict[str, Any]]:
    body = {**uploaded, "analysis_types": types, **fields}
    answer = await ada.call("POST", "/api/analysis/request", json=body)
    assert answer.status_code == 202, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_every_type_is_made(ada: Paxs, worker: Worker, uploaded: dict[str, str]) -> None:
    await worker.drain()
    made = await request(ada, uploaded, "key_points", "sentiment")
    assert [(r["analysis_type"], r["status"], r["version"]) for r in made] == [
        ("key_points", "pending", 1),
        ("sentiment", "pending", 1),
    ]
    await worker.drain()
    reports = await ada.reports(uploaded["attachment_id"])
    assert list(reports) == ["transcription", "meeting note", "key_points", "sentiment"]
    points = content_of(reports["key_points"])["key_points"]
    assert points[0]["evidence"][0]["speaker"] in {"Speaker 1", "Speaker 2"}
    sentiment = content_of(reports["sentiment"])
    assert set(sentiment) >= {"overall", "by_speaker", "timeline"}
    assert {mood["speaker"] for mood in sentiment["by_speaker"]} <= {"Speaker 1", "Speaker 2"}
    only = await ada.reports(uploaded["attachment_id"], analysis_type="sentiment")
    assert list(only) == ["sentiment"]


async def test_asking_again_makes_a_new_version_and_keeps_the_old_until_then(
    ada: Paxs, worker: Worker, uploaded: dict[str, str]
) -> None:
    await worker.drain()
    first = (await ada.reports(uploaded["attachment_id"]))["meeting note"]
    made = await request(ada, uploaded, "meeting note", instruction="Only the actions", meeting_type="team")
    assert [(r["analysis_type"], r["version"], r["status"]) for r in made] == [("meeting note", 2, "pending")]
    again = await request(ada, uploaded, "meeting note", instruction="Something else")
    assert again[0]["id"] == made[0]["id"]
    await worker.drain()
    second = (await ada.reports(uploaded["attachment_id"]))["meeting note"]
    assert (second["id"], second["version"], second["status"]) == (made[0]["id"], 2, "completed")
    assert first["id"] != second["id"]
    assert content_of(second)["meeting_type"] == "team"


async def test_a_new_transcription_leaves_the_note_untouched(
    ada: Paxs, worker: Worker, uploaded: dict[str, str]
) -> None:
    await worker.drain()
    note = (await ada.reports(uploaded["attachment_id"]))["meeting note"]
    assert [r["version"] for r in await request(ada, uploaded, "transcription", language="fr")] == [2]
    # The earlier transcript can still be read while the new one is made.
    assert (await ada.get(f"/api/recordings/{uploaded['attachment_id']}/transcript.txt")).status_code == 200
    await worker.drain()
    reports = await ada.reports(uploaded["attachment_id"])
    assert reports["meeting note"] == note
    assert (reports["transcription"]["version"], worker.pipeline.recognised[-1]) == (2, (0, "fr"))


async def test_what_a_note_cites_keeps_the_names_of_its_own_transcript(
    ada: Paxs, worker: Worker, uploaded: dict[str, str]
) -> None:
    await worker.drain()
    path = f"/api/recordings/{uploaded['attachment_id']}/speakers"
    await ada.call("PATCH", path, json={"speakers": [{"id": "speaker_2", "name": "Grace"}]})
    # The new transcription hears the voices the other way round: names of the first must not stick to it.
    worker.pipeline.talk = tuple((f"speaker_{3 - int(s[-1])}", a, b, text) for s, a, b, text in worker.pipeline.talk)
    await request(ada, uploaded, "transcription")
    await worker.drain()
    reports = await ada.reports(uploaded["attachment_id"])
    assert "Grace" in content_of(reports["meeting note"])["markdown"]
    assert "Grace" not in reports["transcription"]["report_content"]


async def test_how_many_voices_there_are_at_most(ada: Paxs, worker: Worker) -> None:
    """Told with the upload it holds for every transcription of the recording; a request may say otherwise."""
    session = await ada.create_session()
    parts = {
        "file": ("weekly.wav", wav(1), "audio/wav"),
        "session_id": (None, session["id"]),
        "num_speakers": (None, "2"),
    }
    answer = await ada.call("POST", "/api/recordings", files=parts)
    assert (answer.status_code, answer.json()["num_speakers"]) == (201, 2)
    uploaded = {"session_id": session["id"], "attachment_id": answer.json()["id"]}
    await worker.drain()
    for told in ({}, {"num_speakers": 3}, {}):
        await request(ada, uploaded, "transcription", **told)
        await worker.drain()
    assert worker.pipeline.at_most == [2, 2, 3, 2]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"analysis_types": []}, 400, "analysis_types_required"),
        ({"analysis_types": ["poem"]}, 400, "analysis_type_unknown"),
        ({"analysis_types": ["meeting note"]}, 400, "instruction_required"),
        ({"analysis_types": ["meeting note"], "instruction": "  "}, 400, "instruction_required"),
        ({"analysis_types": ["meeting note"], "instruction": "x" * 8001}, 400, "text_too_long"),
        ({"analysis_types": ["sentiment"], "meeting_type": "party"}, 400, "meeting_type_unknown"),
        ({"analysis_types": ["transcription"], "language": "klingon"}, 400, "language_invalid"),
        ({"analysis_types": ["transcription"], "num_speakers": 0}, 400, "num_speakers_invalid"),
        ({"analysis_types": ["transcription"], "num_speakers": 101}, 400, "num_speakers_invalid"),
        ({"analysis_types": ["transcription"], "num_speakers": "two"}, 400, "num_speakers_invalid"),
        ({"analysis_types": ["transcription"], "attachment_id": UNKNOWN}, 404, "recording_not_found"),
        ({"analysis_types": ["transcription"], "session_id": UNKNOWN}, 404, "session_not_found"),
        ({"analysis_types": ["transcription"], "session_id": "nonsense\x00"}, 404, "session_not_found"),
        ({"analysis_types": "transcription"}, 400, "analysis_types_invalid"),
    ],
)
async def test_requests_that_are_refused(
    ada: Paxs, uploaded: dict[str, str], fields: dict[str, Any], status: int, code: str
) -> None:
    answer = await ada.call("POST", "/api/analysis/request", json={**uploaded, **fields})
    assert error_of(answer) == (status, code)


async def test_reading_is_checked_too(ada: Paxs, uploaded: dict[str, str]) -> None:
    path = f"/api/recordings/{uploaded['attachment_id']}/analysis"
    assert error_of(await ada.get(path, params={"session_id": UNKNOWN})) == (404, "recording_not_found")
    assert error_of(await ada.get(path, params={"analysis_type": "poem"})) == (400, "analysis_type_unknown")
    for wrong in ("nonsense", "%00", UNKNOWN):
        assert (await ada.get(f"/api/recordings/{wrong}/analysis")).status_code == 404


async def test_a_failed_transcription_takes_along_only_what_waits_for_it(
    ada: Paxs, worker: Worker, uploaded: dict[str, str], services: Services
) -> None:
    def broken(_chunk: object) -> None:
        raise MinutebookError(Kind.INVALID, "engine_refused", "The engine refused this recording.")

    worker.pipeline.before_words = broken
    await worker.drain()
    reports = await ada.reports(uploaded["attachment_id"])
    assert reports["transcription"]["error"] == {
        "code": "engine_refused",
        "message": "The engine refused this recording.",
        "retryable": False,
    }
    assert reports["meeting note"]["error"]["code"] == "transcription_failed"
    assert (await ada.get(f"/api/sessions/{uploaded['session_id']}")).json()["status"] == "failed"
    assert folder(services.settings.data_dir / "scratch") == []
    assert not any("/work/" in path for path in stored_files(services))

    # Asking for the note again repeats the transcription first, in the same reports.
    worker.pipeline.before_words = lambda _chunk: None
    made = await request(ada, uploaded, "meeting note", instruction="All")
    assert [(r["id"], r["status"], r["error"]) for r in made] == [
        (reports["transcription"]["id"], "pending", None),
        (reports["meeting note"]["id"], "pending", None),
    ]
    await worker.drain()
    assert {r["status"] for r in (await ada.reports(uploaded["attachment_id"])).values()} == {"completed"}


async def test_an_analysis_that_fails_alone_leaves_the_others_readable(
    ada: Paxs, worker: Worker, uploaded: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    makers, broken = derivation.MAKERS, {AnalysisType.MEETING_NOTE: lambda *_: 1 / 0}
    monkeypatch.setattr(derivation, "MAKERS", {**makers, **broken})
    await worker.drain()
    reports = await ada.reports(uploaded["attachment_id"])
    assert (reports["transcription"]["status"], reports["meeting note"]["status"]) == ("completed", "failed")
    assert reports["meeting note"]["error"]["code"] == "internal_error"
    assert reports["meeting note"]["error"]["retryable"] is True
    assert (await ada.get(f"/api/sessions/{uploaded['session_id']}")).json()["status"] == "partial"
    monkeypatch.setattr(derivation, "MAKERS", makers)
    await request(ada, uploaded, "meeting note", instruction="All")
    await worker.drain()
    assert (await ada.get(f"/api/sessions/{uploaded['session_id']}")).json()["status"] == "completed"


async def test_a_summary_that_fails_does_not_cost_the_transcript(
    ada: Paxs, worker: Worker, uploaded: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ExtractiveProducer, "summary", lambda *_: 1 / 0)
    await worker.drain()
    report = (await ada.reports(uploaded["attachment_id"]))["transcription"]
    transcription = content_of(report)["content"]["transcription"]
    assert (transcription["summary"], len(transcription["segments"])) == ("", 3)


async def test_unexpected_errors_are_tried_again_before_they_count(
    ada: Paxs, worker: Worker, uploaded: dict[str, str]
) -> None:
    left = [RuntimeError("weather"), RuntimeError("weather")]

    def weather(_chunk: object) -> None:
        if left:
            raise left.pop()

    worker.pipeline.before_words = weather
    await worker.drain()
    assert (await ada.reports(uploaded["attachment_id"]))["transcription"]["status"] == "completed"


async def test_results_for_a_replaced_recording_are_dropped(
    ada: Paxs, worker: Worker, uploaded: dict[str, str], services: Services, clock: VirtualClock
) -> None:
    def gone(_chunk: object) -> None:
        worker.pipeline.before_words = lambda _chunk: None
        asyncio.run_coroutine_threadsafe(ada.upload(uploaded["session_id"]), loop).result(20)

    loop = asyncio.get_running_loop()
    worker.pipeline.before_words = gone
    await worker.drain()
    assert (await ada.get(f"/api/recordings/{uploaded['attachment_id']}/analysis")).status_code == 404
    current = (await ada.get(f"/api/sessions/{uploaded['session_id']}")).json()["recording"]
    assert {r["status"] for r in (await ada.reports(current["id"])).values()} == {"completed"}
    clock.advance(3601)
    await services.recordings.sweep()
    assert all(current["id"] in path for path in stored_files(services))
    assert folder(services.settings.data_dir / "scratch") == []


async def test_work_that_took_its_workers_down_fails_with_a_sentence(
    ada: Paxs, uploaded: dict[str, str], services: Services
) -> None:
    report = (await ada.reports(uploaded["attachment_id"]))["transcription"]
    async with services.db.transaction() as tx:
        assert await services.scheduler.start(tx, report["id"], 1) is not None
    await give_up(services.db, services.scheduler, job_key(report["id"], 1))
    await give_up(services.db, services.scheduler, job_key(report["id"], 1))
    await give_up(services.db, services.scheduler, "sweep:whatever")
    reports = await ada.reports(uploaded["attachment_id"])
    assert reports["transcription"]["error"]["code"] == "worker_crashed"
    assert reports["meeting note"]["error"]["code"] == "transcription_failed"


async def test_a_long_recording_is_worked_on_in_chunks_with_progress(
    ada: Paxs, worker: Worker, services: Services
) -> None:
    services.settings.speech.chunk_s = 10.0
    session = await ada.create_session()
    recording = await ada.upload(session["id"], wav(40))
    seen: list[tuple[int, float, float]] = []

    def look(chunk: Chunk) -> None:
        report = asyncio.run_coroutine_threadsafe(ada.reports(recording["id"]), loop).result(20)["transcription"]
        detail = report["progress_detail"]
        seen.append((chunk.index, detail["done_s"], detail["total_s"]))
        assert report["status"] == "processing"
        assert report["report_content"] is None

    loop = asyncio.get_running_loop()
    worker.pipeline.before_words = look
    await worker.drain()
    assert seen == [(0, 0.0, 40.0), (1, 10.0, 40.0), (2, 20.0, 40.0), (3, 30.0, 40.0)]
    report = (await ada.reports(recording["id"]))["transcription"]
    assert (report["status"], report["progress"]) == ("completed", 1.0)


async def test_a_task_that_is_run_twice_makes_one_result(ada: Paxs, worker: Worker, uploaded: dict[str, str]) -> None:
    await worker.drain()
    before = await ada.reports(uploaded["attachment_id"])
    for report in before.values():
        task = "analysis.transcribe" if report["analysis_type"] == "transcription" else "analysis.derive"
        await worker.jobs.tasks[task](InlineSteps(), {"report_id": report["id"], "attempt": 1})
    assert await ada.reports(uploaded["attachment_id"]) == before
    assert len(worker.pipeline.recognised) == 1
