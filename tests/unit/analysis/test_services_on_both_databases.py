"""The services over SQLite and Postgres: the same walks, concurrent callers, crashes in the middle of the work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from minutebook.analysis.kinds import TRANSCRIBE_TASK
from minutebook.analysis.making import recording as run
from minutebook.analysis.model import ReportStatus
from minutebook.analysis.service import AnalysisRequest
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.jobs.fake import InlineSteps
from minutebook.jobs.ports import Json
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.meetings.model import AttendeeDraft, Meeting
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.model import Incoming, Recording
from minutebook.storage import storage_of
from minutebook.wiring import Services, build_services
from support.records import TALK, ScriptedPipeline, Worker, folder, stored_files, wav

OWNER = new_id()
DRAFT = MeetingDraft(title="Weekly", attendees=(AttendeeDraft("ada@example.com", "Ada"),))


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Services:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    settings.speech.chunk_s = 5.0
    return build_services(settings, database, storage_of(settings), DurableJobs(), VirtualClock())


@pytest.fixture
def worker(services: Services) -> Worker:
    return Worker(services)


async def created(services: Services, key: str | None = None, draft: MeetingDraft = DRAFT) -> Meeting:
    async with services.db.transaction() as tx:
        return await services.meetings.create(tx, OWNER, draft, idempotency_key=key)


async def uploaded(services: Services, meeting: Meeting, seconds: float = 15.0) -> Recording:
    async def chunks() -> AsyncIterator[bytes]:
        yield wav(seconds)

    return await services.recordings.add(OWNER, meeting.id, Incoming("a.wav", "audio/wav", chunks()))


async def requested(services: Services, meeting: Meeting, *types: str) -> list[str]:
    async with services.db.transaction() as tx:
        request = AnalysisRequest(meeting.id, types, instruction="All")
        return [report.id for report in await services.analysis.request(tx, OWNER, request)]


async def statuses(services: Services, recording: Recording) -> dict[str, tuple[ReportStatus, int]]:
    async with services.db.reading() as tx:
        reports = await services.analysis.progress(tx, OWNER, recording.id)
    return {report.type: (report.status, report.version) for report in reports}


async def test_the_walk(services: Services, worker: Worker) -> None:
    meeting = await created(services)
    recording = await uploaded(services, meeting)
    await worker.drain()
    done = (ReportStatus.COMPLETED, 1)
    assert await statuses(services, recording) == {"transcription": done, "meeting note": done}
    async with services.db.reading() as tx:
        transcript = await services.results.transcript(tx, OWNER, recording.id)
        page = await services.meetings.list(tx, OWNER, query="ADA weekly")
    assert [segment.text for segment in transcript.segments] == [text for *_, text in TALK]
    assert page.items == (meeting,)

    second = await uploaded(services, meeting)
    await worker.drain()
    assert (await statuses(services, second))["meeting note"] == done
    async with services.db.transaction() as tx:
        await services.meetings.delete(tx, OWNER, meeting.id)
    await worker.drain()
    assert stored_files(services) == []


async def test_concurrent_creations_under_one_key_make_one_meeting(services: Services) -> None:
    made = await asyncio.gather(*(created(services, "key") for _ in range(8)))
    assert len({meeting.id for meeting in made}) == 1
    other = [created(services, "other", replace(DRAFT, title=title)) for title in ("A", "B")]
    results = await asyncio.gather(*other, return_exceptions=True)
    refused = [result for result in results if isinstance(result, MinutebookError)]
    assert [error.code for error in refused] == ["idempotency_key_reused"]


async def test_concurrent_uploads_leave_one_recording(services: Services, worker: Worker) -> None:
    meeting = await created(services)
    await asyncio.gather(*(uploaded(services, meeting, 6.0) for _ in range(4)))
    await worker.drain()
    async with services.db.reading() as tx:
        recording = (await services.recordings.of_meetings(tx, [meeting.id]))[meeting.id]
    assert {path.split("/")[1] for path in stored_files(services)} == {recording.id}


async def test_concurrent_requests_make_each_report_once(services: Services, worker: Worker) -> None:
    meeting = await created(services)
    recording = await uploaded(services, meeting)
    made = await asyncio.gather(*(requested(services, meeting, "key_points", "sentiment") for _ in range(6)))
    assert len({tuple(ids) for ids in made}) == 1
    await worker.drain()
    assert set((await statuses(services, recording)).values()) == {(ReportStatus.COMPLETED, 1)}


async def test_a_request_at_the_moment_of_completion_is_not_overlooked(services: Services, worker: Worker) -> None:
    for _ in range(5):
        meeting = await created(services)
        recording = await uploaded(services, meeting, 6.0)
        asked = asyncio.create_task(_asked_meanwhile(services, meeting))
        await worker.drain()
        await asked
        await worker.drain()
        assert set((await statuses(services, recording)).values()) == {(ReportStatus.COMPLETED, 1)}


async def _asked_meanwhile(services: Services, meeting: Meeting) -> None:
    for kind in ("key_points", "sentiment"):
        await asyncio.sleep(0.05)
        await requested(services, meeting, kind)


class PowerCut(BaseException):
    """The process is gone: nothing catches this, nothing cleans up."""


class RememberedSteps(InlineSteps):
    """Steps that are remembered across runs, as the engine does it; after `left` of them the power goes, before or
    after the last one is remembered."""

    def __init__(self, left: int, remember_last: bool) -> None:
        self.results: dict[str, Json] = {}
        self.ran: list[str] = []
        self._left = left
        self._remember_last = remember_last

    async def run(self, name: str, step: Callable[[], Awaitable[Json]], *, attempts: int = 1) -> Json:
        if name in self.results:
            return self.results[name]
        result = await super().run(name, step, attempts=attempts)
        self.ran.append(name)
        self._left -= 1
        if self._left == 0 and not self._remember_last:
            raise PowerCut
        self.results[name] = result
        if self._left == 0:
            raise PowerCut
        return result


@pytest.mark.parametrize("remembered", [True, False])
async def test_work_goes_on_after_a_crash_at_any_step(
    services: Services, worker: Worker, remembered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "write_preview", lambda _original, to: to.write_bytes(b"preview"))
    meeting = await created(services)
    await uploaded(services, meeting)
    await worker.drain()
    reference = await _transcript(services, meeting)
    left = 0
    while True:
        left += 1
        recording = await uploaded(services, meeting)
        steps, crashed = RememberedSteps(left, remembered), False
        async with services.db.reading() as tx:
            report = (await services.analysis.progress(tx, OWNER, recording.id))[0]
        task = worker.jobs.tasks[TRANSCRIBE_TASK]
        args: dict[str, Json] = {"report_id": report.id, "attempt": 1}
        heard_before = len(worker.pipeline.recognised)
        try:
            await task(steps, args)
        except PowerCut:
            crashed = True
            # Another machine goes on: the local copies are not there.
            services.settings.data_dir.joinpath("scratch").rename(services.settings.data_dir / f"gone-{left}")
            await task(steps, args)
        await worker.drain()
        assert set((await statuses(services, recording)).values()) == {(ReportStatus.COMPLETED, 1)}
        assert await _transcript(services, meeting) == reference
        again = [name for name in steps.ran if steps.ran.count(name) > 1]
        assert again == ([] if remembered or not crashed else [steps.ran[left - 1]] * 2 if again else [])
        heard = len(worker.pipeline.recognised) - heard_before
        assert heard == 3 + any(name.startswith("words") for name in set(again))
        assert folder(services.settings.data_dir / "scratch") == []
        if not crashed:
            break
    assert left > 8


async def _transcript(services: Services, meeting: Meeting) -> object:
    async with services.db.reading() as tx:
        recording = (await services.recordings.of_meetings(tx, [meeting.id]))[meeting.id]
        return await services.results.transcript(tx, OWNER, recording.id)


async def test_removals_and_completions_do_not_wait_for_each_other(services: Services, worker: Worker) -> None:
    async def deleted(meeting: Meeting) -> None:
        async with services.db.transaction() as tx:
            await services.meetings.delete(tx, OWNER, meeting.id)

    meetings = [await created(services) for _ in range(6)]
    for meeting in meetings:
        await uploaded(services, meeting, 1.0)
    await asyncio.gather(
        worker.drain(),
        *(deleted(meeting) for meeting in meetings),
        *(requested(services, meeting, "key_points") for meeting in meetings),
        return_exceptions=True,
    )
    await worker.drain()
    assert stored_files(services) == []


async def test_what_a_dead_worker_left_on_this_machine_is_taken_away(services: Services, worker: Worker) -> None:
    stale = services.settings.data_dir / "scratch" / new_id()
    stale.mkdir(parents=True)
    (stale / "audio.pcm").write_bytes(b"x")
    await uploaded(services, await created(services))
    await worker.drain()
    assert not stale.exists()


async def test_a_recording_that_is_removed_during_the_work_stops_it(services: Services, worker: Worker) -> None:
    meeting = await created(services)
    await uploaded(services, meeting)
    loop = asyncio.get_running_loop()

    async def delete() -> None:
        async with services.db.transaction() as tx:
            await services.meetings.delete(tx, OWNER, meeting.id)

    pipeline: ScriptedPipeline = worker.pipeline
    pipeline.before_words = lambda _chunk: asyncio.run_coroutine_threadsafe(delete(), loop).result(20)
    await worker.drain()
    # The chunk in hand was finished; the next one was not begun.
    assert len(pipeline.recognised) == 1
    assert folder(services.settings.data_dir / "scratch") == []
