"""Attendees' names reach the recogniser, and corrected words that of the same user's next recordings."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from minutebook.accounts.model import User
from minutebook.preferences import repository as preferences
from minutebook.preferences.model import Preferences
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker

ATTENDEES = ["Ada Lovelace", "Tom Kilburn"]


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
async def grace(client: httpx.AsyncClient, other_user_token: IssueToken) -> Paxs:
    return Paxs(client, await other_user_token())


@pytest.fixture
def worker(services: Services) -> Worker:
    return Worker(services)


@pytest.fixture
def told(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The hot words of each recognition."""
    heard: list[Sequence[str]] = []
    recognise = worker.pipeline.recognise

    def listening(pcm: Any, chunk: Any, turns: Any, language: str, hot_words: Sequence[str] = (), **rest: Any) -> Any:
        heard.append(list(hot_words))
        return recognise(pcm, chunk, turns, language, hot_words, **rest)

    monkeypatch.setattr(worker.pipeline, "recognise", listening)
    return heard


async def recorded(paxs: Paxs, worker: Worker) -> tuple[str, str]:
    session = (await paxs.create_session())["id"]
    recording = (await paxs.upload(session))["id"]
    await worker.drain()
    return session, recording


async def corrected(paxs: Paxs, recording: str, word: int, text: str, **fields: Any) -> dict[str, Any]:
    body = {"edits": [{"segment": 1, "word": word, "text": text}], **fields}
    answer = await paxs.call("PATCH", f"/api/recordings/{recording}/transcript", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["edits"][0]
    return found


async def test_they_reach_the_next_recordings_of_the_same_user(
    ada: Paxs, grace: Paxs, worker: Worker, told: list[Sequence[str]]
) -> None:
    session, recording = await recorded(ada, worker)
    assert told == [ATTENDEES]
    edit = await corrected(ada, recording, 4, "Kilburn")
    await corrected(ada, recording, 5, "Lovelace", remember=False)
    await recorded(ada, worker)
    assert told[-1] == [*ATTENDEES, "Kilburn"]
    await recorded(grace, worker)
    assert told[-1] == ATTENDEES
    # Undone, they are forgotten; with the meeting too.
    await ada.call("POST", f"/api/recordings/{recording}/edits/{edit['id']}/undo")
    await recorded(ada, worker)
    assert told[-1] == ATTENDEES
    await corrected(ada, recording, 4, "Kilburn")
    await ada.call("DELETE", f"/api/sessions/{session}")
    await recorded(ada, worker)
    assert told[-1] == ATTENDEES


async def test_words_that_the_owner_told_come_first(
    ada: Paxs, worker: Worker, told: list[Sequence[str]], services: Services, user: User
) -> None:
    _, recording = await recorded(ada, worker)
    await corrected(ada, recording, 0, "Zebulon")
    async with services.db.transaction() as tx:
        await preferences.save(tx, user.id, Preferences(("Priya Nair", "Kubernetes")))
    told.clear()
    await recorded(ada, worker)
    assert told[0] == ["Priya Nair", "Kubernetes", *ATTENDEES, "Zebulon"]
