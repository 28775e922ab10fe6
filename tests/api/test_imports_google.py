"""The organiser's own recording of a Google Meet call, by the grant of a connected calendar."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from sqlalchemy import update

from minutebook.accounts.model import User
from minutebook.api.app import create_app
from minutebook.bots.model import BotWish
from minutebook.bots.repository.bots import bots
from minutebook.calendars.model import ProviderName
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import VirtualClock
from minutebook.outgoing.client import OutgoingClient
from minutebook.storage import storage_of
from minutebook.wiring import Services, build_services
from support.browser import IssueToken
from support.calendars.google_meet import DRIVE, MEET, Conference, FakeGoogleMeet
from support.calendars.provider import Account, Fault, failing, file, too_slow, unreachable
from support.calendars.world import Truth
from support.people import person

MEETING = "https://meet.google.com/abc-defg-hij"
EMAIL = "ada@example.com"
MP4 = b"\0\0\0\x1cftypmp42" + bytes(4000)


@dataclass
class Stage:
    google: FakeGoogleMeet
    account: Account
    services: Services
    http: httpx.AsyncClient
    bot_id: str

    @property
    def recordings(self) -> str:
        return f"/api/bots/{self.bot_id}/recordings"

    async def listed(self) -> dict[str, Any]:
        said = await self.http.get(self.recordings)
        assert said.status_code == 200, said.text
        body: dict[str, Any] = said.json()
        return body

    async def bring(self) -> httpx.Response:
        key = (await self.listed())["recordings"][0]["id"]
        return await self.http.post(f"{self.recordings}/{key}/import")

    def held(self, days: float = 0.0, **members: Any) -> Conference:
        start = self.services.clock.now() + timedelta(days=days)
        number = len(self.google.held)
        files = members.pop("files", [f"file-{number}"])
        conference = Conference(f"conferenceRecords/c{number}", "abc-defg-hij", start, files, data=MP4, **members)
        self.google.held.append(conference)
        return conference


@pytest.fixture
def google(clock: VirtualClock) -> FakeGoogleMeet:
    return FakeGoogleMeet(clock.now)


@pytest.fixture
def services(db: Database, settings: Settings, clock: VirtualClock, google: FakeGoogleMeet) -> Services:
    def route(request: httpx.Request) -> httpx.Response:
        assert request.url.host in google.hosts, request.url
        return google.handle(request)

    class Wired(OutgoingClient):
        def _client(self, timeout_s: float) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=httpx.MockTransport(route), follow_redirects=True)

    with patch("minutebook.records.OutgoingClient", Wired):
        return build_services(settings, db, storage_of(settings), DurableJobs(), clock)


@pytest.fixture
async def stage(services: Services, google: FakeGoogleMeet, user: User, user_token: IssueToken) -> AsyncIterator[Stage]:
    account = google.account(EMAIL, **{EMAIL: Truth()})
    await services.calendars.connecting.connect(user.id, ProviderName.GOOGLE, google.secrets(account))
    async with services.db.transaction() as tx:
        bot = await services.bots.create(tx, user.id, BotWish(MEETING, "Scribe"), api_key=None)
    transport = httpx.ASGITransport(create_app(services))
    headers = {"Authorization": f"Bearer {await user_token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as http:
        yield Stage(google, account, services, http, bot.id)


async def test_a_recording_becomes_a_meeting_that_says_where_it_came_from(stage: Stage) -> None:
    people = [
        {"name": "p/1", "signedinUser": {"user": "users/1", "displayName": "Grace Hopper"}},
        {"name": "p/2", "anonymousUser": {"displayName": "Tom"}},
        {"name": "p/3", "phoneUser": {"displayName": "+49 30 ***"}},
    ]
    conference = stage.held(people=people)
    said = await stage.bring()
    assert said.status_code == 201, said.text
    session = (await stage.http.get(f"/api/sessions/{said.json()['session_id']}")).json()
    assert session["title"] == "Weekly file-0"
    assert session["description"] == "In the call: Grace Hopper, Tom, +49 30 ***."
    when = f"{conference.start:%Y-%m-%d %H:%M} UTC"
    assert session["recording"]["origin"] == f"Imported from Google Meet: the organiser's own recording of {when}."
    assert (session["recording"]["size"], session["recording"]["content_type"]) == (len(MP4), "video/mp4")
    again = await stage.bring()
    assert (again.status_code, again.json()["session_id"]) == (200, session["id"])


async def test_all_pages_around_the_bots_time(stage: Stage) -> None:
    for hours in range(4):
        stage.held(hours / 24, files=[f"{hours}-{part}" for part in range(3)])
    stage.held(3.0)
    stage.held(0.1).code = "xyz-defg-hij"
    found = (await stage.listed())["recordings"]
    assert (len(found), len({each["id"] for each in found})) == (12, 12)
    latest = (await stage.http.get("/api/imports", params={"meeting_url": MEETING})).json()["recordings"]
    assert [each["title"] for each in latest] == ["Weekly file-4"]


async def test_nothing_recorded_says_why(stage: Stage) -> None:
    assert "knows no such meeting" in (await stage.listed())["reason"]
    conference = stage.held(files=[])
    assert "was not recorded" in (await stage.listed())["reason"]
    conference.files, conference.state = ["file-0"], "ENDED"
    assert "not done with the recording" in (await stage.listed())["reason"]
    conference.state = "FILE_GENERATED"
    stage.google.gone.add("file-0")
    listed = await stage.listed()
    assert (listed["recordings"], "not in Google Drive any more" in listed["reason"]) == ([], True)
    said = await stage.http.get("/api/imports", params={"meeting_url": "https://meet.google.com/lookup/weekly"})
    assert "by a meeting's code" in said.json()["reason"]


@pytest.mark.parametrize("scope", [MEET, DRIVE])
async def test_a_missing_scope_is_named(stage: Stage, scope: str) -> None:
    stage.held()
    stage.google.scopes.discard(scope)
    said = await stage.http.get(stage.recordings)
    assert (said.status_code, said.json()["error"]["code"]) == (409, "scope_missing")
    assert f"`{scope}`" in said.json()["error"]["message"]


async def test_a_token_that_ran_out_is_renewed(stage: Stage) -> None:
    stage.held()
    before = len(stage.google.refreshed)
    stage.account.access.clear()
    assert (await stage.bring()).status_code == 201
    assert len(stage.google.refreshed) == before + 1
    stage.account.access.clear()
    stage.account.revoked = True
    said = await stage.http.get(stage.recordings)
    assert (said.status_code, said.json()["error"]["code"]) == (400, "grant_revoked")


@pytest.mark.parametrize(
    ("fault", "status"),
    [(failing(429, {}, retry_after="17"), 429), (failing(500), 503), (unreachable, 503), (too_slow, 503)],
)
async def test_a_google_that_is_away_is_asked_again_later(stage: Stage, fault: Fault, status: int) -> None:
    stage.google.faults.append(fault)
    assert (await stage.http.get(stage.recordings)).status_code == status


@pytest.mark.parametrize(
    ("answered", "status", "code"),
    [
        (lambda _: file(MP4, cut=True), 503, "import_failed"),
        (lambda _: file(b"<html>Sign in</html>" * 50), 503, "import_failed"),
        (failing(403), 409, "scope_missing"),
        (failing(404), 503, "import_failed"),
        (failing(429, retry_after="17"), 503, "import_failed"),
        (unreachable, 503, "import_failed"),
    ],
)
async def test_a_download_that_fails_leaves_nothing(stage: Stage, answered: Fault, status: int, code: str) -> None:
    stage.held()
    whole = stage.google.handle

    def handle(request: httpx.Request) -> httpx.Response:
        return answered(request) if request.url.params.get("alt") == "media" else whole(request)

    with patch.object(stage.google, "handle", handle):
        said = await stage.bring()
    assert (said.status_code, said.json()["error"]["code"]) == (status, code), said.text
    kept = list(stage.services.settings.data_dir.rglob("original.*"))
    assert (kept, (await stage.http.get("/api/sessions")).json()["items"]) == ([], [])
    assert (await stage.bring()).status_code == 201


async def test_others_find_nothing(stage: Stage, other_user_token: IssueToken) -> None:
    stage.held()
    theirs = {"Authorization": f"Bearer {await other_user_token()}"}
    assert (await stage.http.get(stage.recordings, headers=theirs)).status_code == 404
    said = await stage.http.get("/api/imports", params={"meeting_url": MEETING}, headers=theirs)
    assert (said.status_code, said.json()["error"]["code"]) == (409, "import_not_connected")


async def test_the_page_of_a_bot_brings_it_by_a_button(stage: Stage, user: User) -> None:
    app = create_app(stage.services)
    ada = await person(app, stage.services, user)
    page = f"/my/bots/{stage.bot_id}/recordings"
    assert page not in (await ada.open("/my/bots")).text
    assert "knows no such meeting" in (await ada.open(page)).text
    stage.held()
    (key,) = re.findall(r'name="recording" value="([^"]+)"', (await ada.open(page)).text)
    lost = await ada.send(page, {"recording": "x" * 32})
    assert (lost.status_code, "Bring it here" in lost.text) == (404, True)
    brought = await ada.send(page, {"recording": key})
    assert brought.status_code == 303
    meeting = await ada.open(brought.headers["location"])
    assert "Weekly file-0" in meeting.text
    assert brought.headers["location"] in (await ada.open(page)).text
    await ada.send(f"/my/bots/{stage.bot_id}/leave")
    async with stage.services.db.transaction() as tx:
        await tx.execute(update(bots).where(bots.c.id == stage.bot_id).values(state="failed", failure="cannot_join"))
    assert page in (await ada.open("/my/bots")).text
    async with stage.services.db.transaction() as tx:
        grace = await stage.services.accounts.create_user(tx, "grace@example.com", "correct horse battery", "Grace")
    other = await person(app, stage.services, grace)
    assert (await other.open(page)).status_code == 404
    assert (await other.send(page, {"recording": key})).status_code == 404


async def test_the_page_says_what_is_to_be_connected(stage: Stage, user: User) -> None:
    stage.held()
    stage.google.scopes.discard(DRIVE)
    ada = await person(create_app(stage.services), stage.services, user)
    said = await ada.open(f"/my/bots/{stage.bot_id}/recordings")
    assert said.status_code == 409
    assert 'href="/my/calendars"' in said.text
    assert DRIVE in said.text
