"""Every opening of a recording, and of what was made of it, is on record: whichever door it was."""

import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from minutebook.api.app import ROUTERS
from minutebook.api.baas import PREFIX
from minutebook.api.openings import OPENINGS
from minutebook.api.web import PAGES
from minutebook.wiring import Services
from support.browser import IssueToken
from support.people import Held, Person
from support.records import Paxs

NO_OPENING: Final = {
    "/internal/bots/": "a runner delivers",
    "GET /api/recordings/{recording_id}": "its name and size",
    "GET /api/recordings/{recording_id}/access": "the log itself",
    "GET /api/recordings/{recording_id}/peaks": "how loud it is",
    "GET /api/recordings/{recording_id}/events": "how far work is",
    "GET /meetings/{meeting_id}/peaks": "how loud it is",
    "GET /meetings/{meeting_id}/entry": "a line of the list of meetings",
    "GET /meetings/{meeting_id}/share": "with whom it is shared",
    "POST /meetings/{meeting_id}/share": "noted as shared",
    "POST /meetings/{meeting_id}/leave": "opens nothing",
    "POST /meetings/{meeting_id}/details": "title and attendees",
    "POST /meetings/{meeting_id}/hold": "waits with the work",
    "POST /meetings/{meeting_id}/ask": "has something made",
    "DELETE /bots/{bot_id}": "takes a bot out of a call",
    "POST /bots/{bot_id}/delete_data": "nothing is left to look at",
    "POST /api/bots/{bot_id}/": "a bot is told something in its call",
    "GET /api/bots/{bot_id}/commands": "what a bot was told",
    "GET /api/bots/{bot_id}/recordings": "what could be brought from the platform; nothing of it is here yet",
    "/my/bots": "bots, not what they recorded",
    "/calendar_events/": "a bot that is to come",
    "HEAD ": "no bytes",
}
"""Beginnings of routes that name a recording and open nothing, and why."""
NAMES = re.compile(r"\{(recording_id|meeting_id|bot_id|secret)[}:]|meeting_data")


def all_routes(router: APIRouter) -> Iterator[Any]:
    """The routes of a router and of those that it includes (FastAPI keeps these as they are)."""
    for route in router.routes:
        included = getattr(route, "original_router", None)
        yield from all_routes(included) if included is not None else (route,)


def routes() -> set[tuple[str, str]]:
    every = (route for router in (*ROUTERS, *PAGES) for route in all_routes(router))
    return {
        (method, path.removeprefix(PREFIX).rstrip("/"))
        for route in every
        for path in (getattr(route, "path", ""),)
        for method in getattr(route, "methods", None) or ()
        if NAMES.search(path)
    }


def test_every_route_that_names_a_recording_is_an_opening_or_has_a_reason_not_to_be() -> None:
    unclear = {
        f"{method} {path}"
        for method, path in routes() - OPENINGS.keys()
        if not any(path.startswith(each) or f"{method} {path}".startswith(each) for each in NO_OPENING)
    }
    assert unclear == set()
    assert OPENINGS.keys() <= routes(), "the table names what is there"


async def noted(services: Services, owner_id: str, recording_id: str) -> set[tuple[str, str, str]]:
    async with services.db.reading() as read:
        log = await services.access_log.of_recording(read, owner_id, recording_id)
    return {(line.via, line.action, line.detail) for line in log}


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("", ("read", "page")),
        ("/record", ("read", "page")),
        ("/history", ("read", "page")),
        ("/audio", ("played", "preview")),
        ("/recording", ("played", "media")),
        ("/download/srt", ("exported", "transcript.srt")),
        ("/download/docx", ("exported", "record.docx")),
        ("/download/html", ("exported", "record.html")),
        ("/audio?bot_id=019c8a3e-6a0e-7c51-9a53-0d5a4b8e7f10", ("played", "preview")),
    ],
)
async def test_pages_note_what_they_show(
    ada: Person, held: Held, services: Services, address: str, line: tuple[str, str]
) -> None:
    before = await noted(services, ada.user.id, held.recording_id)
    answer = await ada.http.get(f"/meetings/{held.meeting_id}{address}")
    assert answer.status_code == 200, answer.text
    assert await noted(services, ada.user.id, held.recording_id) - before == {("web", *line)}


async def test_the_api_notes_reading_and_correcting(
    ada: Person, held: Held, services: Services, client: httpx.AsyncClient, user_token: IssueToken
) -> None:
    paxs, path = Paxs(client, await user_token()), f"/api/recordings/{held.recording_id}"
    for part in ("speakers", "edits", "transcript.md", "preview"):
        assert (await paxs.get(f"{path}/{part}")).status_code == 200
    named = {"speakers": [{"id": "speaker_1", "name": "Ada"}]}
    assert (await paxs.call("PATCH", f"{path}/speakers", json=named)).status_code == 200
    said = {"edits": [{"segment": 0, "word": 0, "text": "Otherwise"}]}
    changed = await paxs.call("PATCH", f"{path}/transcript", json=said)
    assert changed.status_code == 200, changed.text
    (edit,) = (await paxs.get(f"{path}/edits")).json()["edits"]
    assert (await paxs.call("POST", f"{path}/edits/{edit['id']}/undo")).status_code == 200
    assert await noted(services, ada.user.id, held.recording_id) >= {
        ("program", "read", "speakers"),
        ("program", "read", "edits"),
        ("program", "exported", "transcript.md"),
        ("program", "played", "preview"),
        ("program", "changed", "speakers"),
        ("program", "changed", "transcript"),
        ("program", "changed", "undo"),
    }


async def test_what_was_refused_is_not_noted(ada: Person, grace: Person, held: Held, services: Services) -> None:
    before = await noted(services, ada.user.id, held.recording_id)
    for part in ("", "/audio", "/download/srt"):
        assert (await grace.http.get(f"/meetings/{held.meeting_id}{part}")).status_code == 404
    assert await noted(services, ada.user.id, held.recording_id) == before


async def test_sound_for_a_page_ends_with_the_sign_in(
    ada: Person, held: Held, services: Services, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    media, sent = services.storage.stream, 0

    async def slow(key: str, start: int = 0, end: int | None = None):  # type: ignore[no-untyped-def]
        nonlocal sent
        async for chunk in media(key, start, end):
            for at in range(0, len(chunk), 1000):
                if sent == 10:
                    async with services.db.transaction() as tx:
                        for each in await services.accounts.management.sessions(tx, ada.user.id):
                            await services.accounts.management.end_session(tx, ada.user.id, each.id)
                sent += 1
                services.clock.advance(1)  # type: ignore[attr-defined]
                yield chunk[at : at + 1000]

    monkeypatch.setattr(services.storage, "stream", slow)
    with pytest.raises(AssertionError):  # the transport of the tests wants answers that end
        await ada.http.get(f"/meetings/{held.meeting_id}/recording")
    assert 10 < sent <= 10 + 15 + 1
