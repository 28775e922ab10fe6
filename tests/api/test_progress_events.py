"""The event stream of a recording's progress."""

import asyncio
import json
from typing import Any, NoReturn

import httpx
import pytest
from sqlalchemy import event

from minutebook.analysis.kinds import AUTOMATIC
from minutebook.analysis.model import Failure
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


def parsed(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream, by name and data; comments are left out."""
    events = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events


def away(*_: object) -> NoReturn:
    raise MinutebookError(Kind.UNAVAILABLE, "database_unavailable", "Away.", retryable=True)


async def test_a_stream_ends_when_all_reports_have(ada: Paxs, services: Services) -> None:
    recording = await ada.upload((await ada.create_session())["id"])
    await Worker(services).drain()
    answer = await ada.get(f"/api/recordings/{recording['id']}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = parsed(answer.text)
    assert [name for name, _ in events] == ["report", "report", "end"]
    assert events[0][1]["analysis_type"] == "transcription"
    assert "report_content" not in events[0][1]


async def test_a_stream_tells_each_change(
    ada: Paxs, services: Services, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await ada.upload((await ada.create_session())["id"])
    worker, naps = Worker(services), 0
    sleep = clock.sleep

    async def nap(seconds: float) -> None:
        nonlocal naps
        naps += 1
        if naps == 20:
            await worker.drain()
        await sleep(seconds)

    monkeypatch.setattr(clock, "sleep", nap)
    answer = await ada.get(f"/api/recordings/{recording['id']}/events")
    states = [(data["analysis_type"], data["status"]) for name, data in parsed(answer.text) if name == "report"]
    assert states == [
        ("transcription", "pending"),
        ("meeting note", "pending"),
        ("transcription", "completed"),
        ("meeting note", "completed"),
    ]
    assert answer.text.endswith("event: end\ndata: {}\n\n")
    assert ": still here" in answer.text


async def test_a_stream_outlives_an_outage(
    ada: Paxs, services: Services, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await ada.upload((await ada.create_session())["id"])
    worker, naps = Worker(services), 0
    sleep, reports = clock.sleep, services.watching.reports

    async def nap(seconds: float) -> None:
        nonlocal naps
        naps += 1
        monkeypatch.setattr(services.watching, "reports", away if naps < 5 else reports)
        if naps == 6:
            await worker.drain()
        await sleep(seconds)

    monkeypatch.setattr(clock, "sleep", nap)
    answer = await ada.get(f"/api/recordings/{recording['id']}/events")
    assert [name for name, _ in parsed(answer.text)][-1] == "end"
    assert naps >= 6


async def test_a_stream_ends_when_the_recording_goes(
    ada: Paxs, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await ada.create_session()
    recording = await ada.upload(session["id"])
    sleep = clock.sleep

    async def nap(seconds: float) -> None:
        await ada.call("DELETE", f"/api/sessions/{session['id']}")
        await sleep(seconds)

    monkeypatch.setattr(clock, "sleep", nap)
    answer = await ada.get(f"/api/recordings/{recording['id']}/events")
    assert parsed(answer.text)[-1] == ("end", {"reason": "removed"})


async def test_a_stream_does_not_last_for_ever(ada: Paxs) -> None:
    recording = await ada.upload((await ada.create_session())["id"])
    answer = await ada.get(f"/api/recordings/{recording['id']}/events")
    *reports, last = parsed(answer.text)
    assert [name for name, _ in reports] == ["report", "report"]
    assert last == ("end", {"reason": "revoked"}), "the token has ended before"


async def test_a_failure_is_told(ada: Paxs, services: Services) -> None:
    recording = await ada.upload((await ada.create_session())["id"])
    report = (await ada.reports(recording["id"]))["transcription"]
    async with services.db.transaction() as tx:
        failure = Failure("media_unreadable", "It cannot be read.", retryable=False)
        await services.scheduler.fail(tx, report["id"], 1, failure)
    events = parsed((await ada.get(f"/api/recordings/{recording['id']}/events")).text)
    assert [data["error"]["code"] for name, data in events if name == "report"] == [
        "media_unreadable",
        "transcription_failed",
    ]


async def test_all_who_watch_share_one_look(ada: Paxs, services: Services) -> None:
    ids = [(await ada.upload((await ada.create_session())["id"]))["id"] for _ in range(3)]
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(services.db.engine.sync_engine, "before_cursor_execute", count)
    watchers = [asyncio.create_task(services.watching.reports([ids[n % 3], "gone"])) for n in range(60)]
    await asyncio.sleep(0)
    watchers[0].cancel()
    seen = await asyncio.gather(*watchers[1:])
    assert [sorted(each) for each in seen] == [[ids[n % 3]] for n in range(1, 60)]
    assert {report.type for each in seen for reports in each.values() for report in reports} == set(AUTOMATIC)
    assert len([each for each in statements if each.startswith("SELECT")]) == 2, statements


async def test_each_who_watches_is_told_of_an_outage(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.db, "reading", away)
    told = await asyncio.gather(*(services.watching.reports(["r"]) for _ in range(3)), return_exceptions=True)
    assert [isinstance(each, MinutebookError) and each.code for each in told] == ["database_unavailable"] * 3
    monkeypatch.undo()
    assert await services.watching.reports(["r"]) == {}
