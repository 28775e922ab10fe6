"""The journal over SQLite and Postgres: concurrent corrections and undos, order, deletion with the recording."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minutebook.analysis.edits.model import Edit, WordsChange
from minutebook.analysis.edits.requests import SegmentRequest
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.model import Incoming
from minutebook.storage import storage_of
from minutebook.wiring import Services, build_services
from support.records import Worker, wav

OWNER = new_id()
DRAFT = MeetingDraft(title="Weekly", attendees=(AttendeeDraft("ada@example.com", "Ada"),))


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Services:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    return build_services(settings, database, storage_of(settings), DurableJobs(), VirtualClock())


async def corrected(services: Services, recording: str, word: int, text: str) -> Edit:
    async with services.db.transaction() as tx:
        request = SegmentRequest(segment=0, word=word, text=text)
        [edit] = await services.corrections.correct_transcript(tx, OWNER, recording, [request])
        return edit


async def undone(services: Services, recording: str, edit: Edit) -> Edit:
    async with services.db.transaction() as tx:
        return await services.corrections.undo(tx, OWNER, recording, edit.id)


async def test_concurrent_corrections_and_undos(services: Services) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield wav()

    async with services.db.transaction() as tx:
        meeting = await services.meetings.create(tx, OWNER, DRAFT)
    recording = await services.recordings.add(OWNER, meeting.id, Incoming("a.wav", "audio/wav", chunks()))
    await Worker(services).drain()

    made = await asyncio.gather(*(corrected(services, recording.id, i % 5, f"word{i}") for i in range(20)))
    async with services.db.reading() as tx:
        journal = await services.corrections.edits(tx, OWNER, recording.id)
        transcript = await services.results.transcript(tx, OWNER, recording.id)
    assert {edit.id for edit in journal} == {edit.id for edit in made}
    changes = [edit.change for edit in journal if isinstance(edit.change, WordsChange)]
    assert len(changes) == len(journal)
    last = {change.first: change.text for change in changes}
    assert [word.word for word in transcript.segments[0].words[:5]] == [last[i] for i in range(5)]

    undos = await asyncio.gather(*(undone(services, recording.id, edit) for edit in made for _ in range(2)))
    assert all(edit.undone_at is not None for edit in undos)
    async with services.db.reading() as tx:
        assert len(await services.corrections.edits(tx, OWNER, recording.id)) == 20
        transcript = await services.results.transcript(tx, OWNER, recording.id)
    assert transcript.segments[0].text.startswith("Good morning everybody,")

    async with services.db.transaction() as tx:
        await services.meetings.delete(tx, OWNER, meeting.id)
    with pytest.raises(MinutebookError, match="no such recording"):
        await undone(services, recording.id, made[0])
