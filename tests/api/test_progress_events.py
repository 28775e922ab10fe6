"""The event stream of a recording's progress."""

import json
from typing import Any

import httpx
import pytest

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
    sleep, progress = clock.sleep, services.analysis.progress

    async def away(*_: object) -> object:
        raise MinutebookError(Kind.UNAVAILABLE, "database_unavailable", "Away.", retryable=True)

    async def nap(seconds: float) -> None:
        nonlocal naps
        naps += 1
        monkeypatch.setattr(services.analysis, "progress", away if naps < 5 else progress)
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
