"""Storage and database that are away, full, or fail while things are deleted; and the tables that only grow."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from minutebook.accounts.model import User
from minutebook.analysis.reports.contents import kept_transcript
from minutebook.api.app import create_app
from minutebook.db.database import Database
from minutebook.db.events import Event, outbox
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.apart import Process
from minutebook.kit.clock import VirtualClock
from minutebook.meetings import totals
from minutebook.meetings.model import AttendeeDraft, Meeting
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.model import Incoming, Recording, work_prefix
from minutebook.storage.ports import Storage
from minutebook.storage.room import Reserve
from minutebook.transcript.model import Transcript
from minutebook.wiring import Services

IssueToken = Callable[[], Awaitable[str]]

FLAC = Path(__file__).parents[2] / "samples" / "launch.flac"


async def meeting_of(services: Services, user: User) -> Meeting:
    async with services.db.transaction() as tx:
        return await services.meetings.create(
            tx, user.id, MeetingDraft(title="M", attendees=[AttendeeDraft("a@example.com", "A")])
        )


async def recorded(services: Services, user: User) -> Recording:
    async def chunks() -> AsyncIterator[bytes]:
        yield FLAC.read_bytes()

    meeting = await meeting_of(services, user)
    return await services.recordings.add(user.id, meeting.id, Incoming("a.flac", "audio/flac", chunks()))


async def upload(http: httpx.AsyncClient, token: str, session: str) -> httpx.Response:
    return await http.post(
        "/api/recordings",
        data={"session_id": session},
        files={"file": ("a.flac", FLAC.read_bytes(), "audio/flac")},
        headers={"Authorization": f"Bearer {token}"},
    )


class Fails:
    """A storage of which one method fails so many times."""

    def __init__(self, storage: Storage, method: str, error: MinutebookError, times: int = 10**9) -> None:
        self._storage, self._method, self._error, self._left = storage, method, error, times

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._method and self._left else getattr(self._storage, name)

    async def _fail(self, *_: object, **__: object) -> object:
        self._left -= 1
        raise self._error


AWAY = MinutebookError(Kind.UNAVAILABLE, "storage_unavailable", "The bucket is away.", retryable=True)


async def test_a_database_that_is_away_is_503(app: Any, services: Services, user_token: IssueToken) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    gone = create_app(replace(services, db=away))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gone), base_url="http://127.0.0.1:8000") as http:
        answer = await http.get("/api/sessions", headers={"Authorization": f"Bearer {await user_token()}"})
    await away.close()
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


async def test_an_upload_into_the_reserve_is_refused_early(
    services: Services, client: httpx.AsyncClient, user: User, user_token: IssueToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = await meeting_of(services, user)
    short = Reserve(services.settings.data_dir, at_least=1 << 62)
    monkeypatch.setattr(services.recordings, "_reserve", short)
    answer = await upload(client, await user_token(), meeting.id)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_full")
    assert int(answer.headers["Retry-After"]) > 0
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert "reserved" in ready.json()["checks"]["disk"]
    monkeypatch.undo()
    assert (await upload(client, await user_token(), meeting.id)).status_code == 201


async def test_a_commit_that_may_have_arrived_keeps_its_file(
    services: Services, client: httpx.AsyncClient, user: User, user_token: IssueToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to a commit is lost in an outage: what it says is in the storage stays there."""
    meeting = await meeting_of(services, user)
    attach = services.recordings.attach

    async def lost(tx: Any, *args: Any, **more: Any) -> object:
        await attach(tx, *args, **more)
        await tx.commit()
        raise MinutebookError(Kind.UNAVAILABLE, "database_unavailable", "Away.", retryable=True)

    monkeypatch.setattr(services.recordings, "attach", lost)
    assert (await upload(client, await user_token(), meeting.id)).status_code == 503
    async with services.db.reading() as tx:
        recording = (await services.recordings.of_meetings(tx, [meeting.id]))[meeting.id]
    assert await services.storage.head(recording.storage_key) is not None


async def test_work_objects_go_although_their_deletion_fails_at_first(
    services: Services, user: User, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planned in the transaction that ends the report, and tried until done; one that fails holds up no other."""
    storage = services.storage
    left = []
    for _ in range(2):
        recording = await recorded(services, user)
        async with services.db.reading() as tx:
            reports = await services.analysis.progress(tx, user.id, recording.id)
        report = next(each for each in reports if each.type == "transcription")
        left.append(work_prefix(recording.id, report.id, 1) + "turns.json")
        await storage.put_bytes(left[-1], b"[]")
        async with services.db.transaction() as tx:
            await services.scheduler.start(tx, report.id, 1)
            content = kept_transcript(Transcript("en", 1.0, (), ()))
            assert await services.scheduler.complete(tx, report, content)
    monkeypatch.setattr(services.recordings, "_storage", Fails(storage, "delete_prefix", AWAY, times=1))
    with pytest.raises(MinutebookError, match="away"):
        await services.recordings.sweep()
    assert [await storage.head(key) is not None for key in left].count(True) == 1
    clock.advance(360)
    await services.recordings.sweep()
    assert [await storage.head(key) for key in left] == [None, None]


async def test_events_are_forgotten_by_age(services: Services, user: User, clock: VirtualClock) -> None:
    async def count() -> int:
        async with services.db.reading() as tx:
            return int((await tx.execute(select(func.count()).select_from(outbox))).scalar_one())

    before = await count()
    async with services.db.transaction() as tx:
        for _ in range(3):
            await services.events.publish(tx, Event("test.old", user.id, "x"))
    clock.advance(2 * 24 * 3600)
    async with services.db.transaction() as tx:
        await services.events.publish(tx, Event("test.new", user.id, "x"))
    assert await services.events.forget(services.db, 1) == before + 3
    assert await count() == 1


async def test_the_number_of_a_long_list_is_counted_now_and_then(
    services: Services, user: User, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "EXACT", 3)
    for _ in range(5):
        await meeting_of(services, user)

    async def total() -> int:
        async with services.db.reading() as tx:
            return (await services.meetings.list(tx, user.id)).total

    assert await total() == 5
    await meeting_of(services, user)
    assert await total() == 5
    clock.advance(31)
    assert await total() == 6


async def test_a_long_transcript_is_rendered_in_another_process() -> None:
    apart = Process()
    try:
        ran_in = await apart(os.getpid)
        assert ran_in != os.getpid()
        with pytest.raises(ValueError, match="invalid literal"):
            await apart(int, "x")
        os.kill(ran_in, signal.SIGKILL)
        await asyncio.sleep(0.2)
        assert await apart(os.getpid) not in {ran_in, os.getpid()}
    finally:
        apart.close()
