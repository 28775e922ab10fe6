"""What opens other people's calendars and Zoom accounts is sealed: neither the database, nor files, nor the log, nor
any answer of the API holds it, whatever goes wrong."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from minutebook.api.app import create_app
from minutebook.db.database import Database, metadata
from support.calendars.dav import CALENDAR, FakeDav
from support.calendars.provider import Fault, failing, too_slow, unreachable
from support.calendars.rig import PUBLIC, Rig, build, busy_truth, rig_over
from support.zoom import CLIENT, FakeZoom

SECRET_PATH = "/private-3f9a1c/basic.ics"
FAULTS: tuple[Fault, ...] = (
    *(failing(500), failing(401), failing(404), failing(410), failing(429), unreachable, too_slow),
    failing(400, {"error": "invalid_request", "error_description": "Bad Request"}),
)


@dataclass
class Stage:
    rig: Rig
    dav: FakeDav
    zoom: FakeZoom
    answers: list[str]
    http: httpx.AsyncClient
    key: str

    async def ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """Ask as the owner; what is answered is kept."""
        async with self.rig.db.transaction() as tx:
            token = (await self.rig.services.oauth.issue_token(tx, self.rig.owner, "session")).access_token
        own = path.startswith("/api/")
        headers = {"Authorization": f"Bearer {token}"} if own else {"x-meeting-baas-api-key": self.key}
        said = await self.http.request(method, path, headers=headers, **kwargs)
        self.answers.append(f"{said.headers} {said.text}")
        return said

    def bodies(self) -> list[tuple[str, dict[str, Any]]]:
        """What connects an account of each kind."""
        oauth = [
            ("/calendars/", {f"oauth_{name}": each for name, each in fake.secrets(fake.accounts[0]).items()}, platform)
            for fake, platform in ((self.rig.google, "Google"), (self.rig.graph, "Microsoft"))
        ]
        login = {"username": self.dav.user, "password": self.dav.password}
        return [
            *((path, {**body, "platform": platform}) for path, body, platform in oauth),
            ("/api/calendars", {"provider": "ics", "url": f"https://{self.rig.published.host}{SECRET_PATH}"}),
            ("/api/calendars", {"provider": "caldav", "url": f"https://{self.dav.host}{CALENDAR}", **login}),
            ("/zoom_oauth_connections/", self.zoom.body(self.zoom.accounts[0])),
        ]

    def secrets(self) -> set[str]:
        """All that has to stay a secret."""
        fakes = (self.rig.google, self.rig.graph)
        tokens = {token for fake in fakes for each in fake.accounts for token in (*each.access, *each.refresh_tokens)}
        given = {value for fake in fakes for value in fake.secrets(fake.accounts[0]).values()} - {"the-client"}
        used = {token for fake in fakes for token in fake.refreshed}
        return {*tokens, *given, *used, *self.zoom.secrets, CLIENT[1], SECRET_PATH, self.dav.password}


@pytest.fixture
async def stage(db: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    rig = await rig_over(db, tmp_path, http={"base_url": PUBLIC})
    dav, zoom = FakeDav(rig.clock.now), FakeZoom(rig.clock.now)
    zoom.account()
    for fake in (rig.google, rig.graph):
        fake.account("ada@example.com", **{"ada@example.com": busy_truth()})
    rig.published.files[SECRET_PATH] = dav.truth = busy_truth()
    rig.services = build(rig.settings, db, rig.clock, (rig.google, rig.graph, rig.published, dav), zoom)
    async with db.transaction() as tx:
        key = (await rig.services.accounts.management.create_api_key(tx, rig.owner))[1]
    transport = httpx.ASGITransport(create_app(rig.services))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as http:
        yield Stage(rig, dav, zoom, [], http, key)


async def everything_is_asked(stage: Stage) -> None:
    """All readings of the API that have to do with accounts."""
    calendars = (await stage.ask("GET", "/calendars/")).json()
    for each in (await stage.ask("GET", "/api/calendars")).json():
        for method, path in (("GET", ""), ("POST", "/sync"), ("POST", "/rule/preview")):
            await stage.ask(method, f"/api/calendars/{each['id']}{path}", json={})
    for each in calendars:
        await stage.ask("GET", f"/calendars/{each['uuid']}")
        listed = await stage.ask("GET", f"/calendar_events/?calendar_id={each['uuid']}")
        await stage.ask("GET", f"/calendar_events/{listed.json()['data'][0]['uuid']}")
    for each in (await stage.ask("GET", "/zoom_oauth_connections/")).json():
        await stage.ask("GET", f"/zoom_oauth_connections/{each['uuid']}")
    await stage.ask("POST", "/calendars/resync_all")
    await stage.ask("GET", "/bots/bots_with_metadata")


async def test_no_secret_is_found_anywhere(stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # As the server has it: the library that sends requests is not let tell every address.
    caplog.set_level("WARNING")
    caplog.set_level("DEBUG", logger="minutebook")
    for path, body in stage.bodies():
        assert (await stage.ask("POST", path, json=body)).status_code in {200, 201}
    await everything_is_asked(stage)
    await stage.rig.later(3700)
    fakes = (stage.rig.google, stage.rig.graph, stage.rig.published, stage.dav)
    for fault in FAULTS:
        for fake in fakes:
            fake.faults.append(fault)
        stage.zoom.faults.append(fault)
        await stage.rig.later(3700)
        for path, body in stage.bodies():
            await stage.ask("POST", path, json=body)
    for fake in fakes:
        fake.faults.clear()
    stage.zoom.faults.clear()
    for account in (*stage.rig.google.accounts, *stage.rig.graph.accounts):
        account.revoked = True
    stage.rig.published.files.clear()
    stage.dav.password += "2"
    await stage.rig.later(7 * 3600)
    await everything_is_asked(stage)
    async with stage.rig.db.reading() as read:
        rows = [str(tuple(row)) for table in metadata.sorted_tables for row in await read.execute(select(table))]
    files = [
        each.read_bytes().decode("latin-1")
        for each in tmp_path.rglob("*")
        if each.is_file() and each.name != "secret.key"
    ]
    kept = {"database": rows, "files": files, "log": [caplog.text], "answers": stage.answers}
    for place in ("database", "files", "answers"):
        assert "ada@example.com" in "".join(kept[place]), "what is looked at is what there is"
    found = [
        (place, secret, text[max(text.index(secret) - 80, 0) : text.index(secret) + 80])
        for place, texts in kept.items()
        for secret in stage.secrets()
        for text in texts
        if secret in text
    ]
    assert found == []
