"""Every route of the application: nobody's data is another's, and nothing is told without a token."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from minutebook.accounts.model import User
from minutebook.api.app import ROUTERS
from minutebook.kit.ids import new_id
from minutebook.voices import repository as voices_repository
from minutebook.voices.model import Consent, Remembered
from minutebook.wiring import Services
from support.browser import PASSWORD, IssueToken
from support.records import ADA, Paxs, Worker, wav

OWN_RULES = ("/api/oauth/", "/api/admin/", "/api/calendars", "/api/bots/", "/api/imports")
"""Reached without a token, by the owner of the server alone, with calendars or recordings that a provider holds, or
with a bot in its call; tested apart."""
OPEN_TO_ALL = ("/api/oauth/", "/api/calendars/push/")
"""Reached without an access token; providers that tell of changes there show a secret of their own."""
OF_NOBODY = {
    ("GET", "/api/users/me"),
    ("GET", "/api/sessions"),
    ("GET", "/api/search"),
    ("POST", "/api/sessions"),
    ("GET", "/api/note-templates"),
    ("POST", "/api/note-templates"),
    ("GET", "/api/account/keys"),
    ("POST", "/api/account/keys"),
    ("GET", "/api/account/programs"),
    ("GET", "/api/account/sign-ins"),
    ("POST", "/api/account/password"),
    ("GET", "/api/account/voices"),
    ("PUT", "/api/account/voices"),
}
"""Speak of the caller alone: somebody else's token sees its own data there."""
TEMPLATE = {"name": "Actions", "sections": [{"kinds": ["action"]}]}


def routes(app: FastAPI, but: tuple[str, ...] = OWN_RULES) -> Iterator[tuple[str, str]]:
    """(method, path template) of every route of the API: the described ones, and those that are not."""
    for path, operations in app.openapi()["paths"].items():
        if path.startswith("/api/") and not path.startswith(but):
            yield from ((method.upper(), path) for method in operations)
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path.startswith("/api/") and not route.path.startswith(but):
                yield from ((method, route.path) for method in route.methods or ())


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
async def grace(client: httpx.AsyncClient, other_user_token: IssueToken) -> Paxs:
    return Paxs(client, await other_user_token())


@pytest.fixture
async def hers(ada: Paxs, services: Services, user: User, user_token: IssueToken) -> dict[str, str]:
    """Ada's data, with everything that can be there."""
    session = await ada.create_session()
    recording = await ada.upload(session["id"])
    await Worker(services).drain()
    edit = {"segment": 0, "word": 0, "text": "Fine"}
    path = f"/api/recordings/{recording['id']}/transcript"
    edited = (await ada.call("PATCH", path, json={"edits": [edit]})).json()["edits"][0]
    template = (await ada.call("POST", "/api/note-templates", json=TEMPLATE)).json()
    key = (await ada.call("POST", "/api/account/keys", json={"name": "Scheduler"})).json()
    await user_token("session")
    programs = (await ada.get("/api/account/programs")).json()
    program = next(each for each in programs if each["scopes"] == ["session"])
    async with services.db.transaction() as tx:
        await services.accounts.open_web_session(tx, user)
    sign_in = (await ada.get("/api/account/sign-ins")).json()[0]
    async with services.db.transaction() as tx:
        await services.remembering.switch(tx, user.id, on=True)
        consent = Consent(user.email, "Tom agreed.", services.clock.now())
        tom = Remembered(new_id(), user.id, "Tom", None, consent, 0, 0.0, consent.at, consent.at)
        await voices_repository.save(tx, tom)
    return {
        "session_id": session["id"],
        "recording_id": recording["id"],
        "export_format": "txt",
        "edit_id": edited["id"],
        "template_id": template["id"],
        "key_id": key["id"],
        "program_id": program["id"],
        "sign_in_id": sign_in["id"],
        "voice_id": tom.id,
        "calendar_id": "none",
        "bot_id": "none",
        "number": "1",
        "command_id": "none",
        "user_id": "none",
    }


def bodies(ids: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """A valid request for each route that wants a body."""
    request = {
        "session_id": ids["session_id"],
        "attachment_id": ids["recording_id"],
        "analysis_types": ["key_points"],
    }
    return {
        ("POST", "/api/sessions"): {"json": {"attendees": [ADA]}},
        ("PATCH", "/api/sessions/{session_id}"): {"json": {"title": "Mine now"}},
        ("POST", "/api/recordings"): {
            "data": {"session_id": ids["session_id"]},
            "files": {"file": ("a.wav", wav(1), "audio/wav")},
        },
        ("POST", "/api/analysis/request"): {"json": request},
        ("PATCH", "/api/recordings/{recording_id}/speakers"): {
            "json": {"speakers": [{"id": "speaker_1", "name": "Mallory"}]}
        },
        ("PATCH", "/api/recordings/{recording_id}/transcript"): {
            "json": {"edits": [{"segment": 0, "word": 1, "text": "evening"}]}
        },
        ("PATCH", "/api/recordings/{recording_id}/note"): {"json": {"edits": [{"item": 0, "text": "Mine"}]}},
        ("POST", "/api/account/keys"): {"json": {"name": "Another"}},
        ("PUT", "/api/account/voices"): {"json": {"remembering": True}},
        ("POST", "/api/account/voices"): {
            "json": {"recording_id": ids["recording_id"], "speaker_id": "speaker_1", "consent": "Ada agreed."}
        },
        ("POST", "/api/account/password"): {"json": {"current": PASSWORD, "new": "a longer one than before"}},
        ("POST", "/api/note-templates"): {"json": {**TEMPLATE, "name": "Decisions"}},
        ("PATCH", "/api/note-templates/{template_id}"): {"json": {"name": "Mine now"}},
    }


async def test_another_users_token_finds_nothing(app: FastAPI, ada: Paxs, grace: Paxs, hers: dict[str, str]) -> None:
    before = (await ada.get(f"/api/sessions/{hers['session_id']}")).json()
    tried = 0
    for method, path in set(routes(app)) - OF_NOBODY:
        answer = await grace.call(method, path.format(**hers), **bodies(hers).get((method, path), {}))
        assert answer.status_code == 404, (method, path, answer.text)
        tried += 1
    assert tried >= 16
    assert (await ada.get(f"/api/sessions/{hers['session_id']}")).json() == before
    assert (await grace.get("/api/sessions")).json()["items"] == []
    found = {"q": "launch"}
    assert (await grace.get("/api/search", params=found)).json()["items"] == []
    assert (await grace.get("/api/sessions", params=found)).json()["items"] == []
    assert len((await ada.get("/api/search", params=found)).json()["items"]) == 1
    assert (await grace.get("/api/note-templates")).json() == {"templates": []}
    assert [t["name"] for t in (await ada.get("/api/note-templates")).json()["templates"]] == ["Actions"]


async def test_the_owner_finds_everything(app: FastAPI, ada: Paxs, hers: dict[str, str]) -> None:
    """The test above proves nothing if its requests are wrong; here they are right."""
    last = [
        ("POST", "/api/recordings"),
        ("DELETE", "/api/note-templates/{template_id}"),
        ("DELETE", "/api/sessions/{session_id}"),
    ]
    for method, path in [*sorted(set(routes(app)) - set(last)), *last]:
        answer = await ada.call(method, path.format(**hers), **bodies(hers).get((method, path), {}))
        assert answer.status_code < 300, (method, path, answer.text)


async def test_without_a_token_nothing_is_told(app: FastAPI, client: httpx.AsyncClient, hers: dict[str, str]) -> None:
    for method, path in set(routes(app, OPEN_TO_ALL)):
        kwargs = bodies(hers).get((method, path), {})
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
            answer = await client.request(method, path.format(**hers), headers=headers, **kwargs)
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.headers["www-authenticate"] == "Bearer"


SCOPES = ("session", "media", "analysis", "user:read", "account")


async def test_each_route_needs_one_scope(
    app: FastAPI, client: httpx.AsyncClient, user_token: IssueToken, hers: dict[str, str]
) -> None:
    for method, path in set(routes(app)):
        kwargs = bodies(hers).get((method, path), {})
        refused = 0
        for scope in SCOPES:
            others = " ".join(each for each in SCOPES if each != scope)
            paxs = Paxs(client, await user_token(others))
            # An id that is nobody's: what passes the scope must not change anything.
            nobody = {**hers, "session_id": "x", "recording_id": "x", "template_id": "x"}
            refused += (await paxs.call(method, path.format(**nobody), **kwargs)).status_code == 403
            if refused:
                break
        assert refused == 1, (method, path)
