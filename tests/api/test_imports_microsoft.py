"""The organiser's own recording of a Teams meeting, by a connected calendar's grant, where that is switched on."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from minutebook.accounts.model import User
from minutebook.api.app import create_app
from minutebook.bots.model import BotWish
from minutebook.calendars.model import ProviderName
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.imports.providers.microsoft import filter_of
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import VirtualClock
from minutebook.outgoing.client import OutgoingClient
from minutebook.storage import storage_of
from minutebook.wiring import Services, build_services
from support.browser import IssueToken
from support.calendars.graph_meetings import MEETINGS, PEOPLE, RECORDINGS, FakeGraphMeetings, TeamsMeeting
from support.calendars.provider import Account, Fault, failing, file, too_slow, unreachable
from support.calendars.world import Truth

EMAIL = "ada@example.com"
MEETING = (
    "https://teams.microsoft.com/l/meetup-join/19%3ameeting_MjM0OTEw%40thread.v2/0"
    "?context=%7b%22Tid%22%3a%22t-1%22%2c%22Oid%22%3a%22o-1%22%7d"
)
SHORT = "https://teams.microsoft.com/meet/23456789012345?p=Abc123"
MP4 = b"\0\0\0\x1cftypmp42" + bytes(4000)
PEOPLE_THERE: list[dict[str, Any]] = [
    {"id": "1", "emailAddress": "grace@example.com", "identity": {"displayName": "Grace Hopper"}, "role": "Presenter"},
    {"id": "2", "emailAddress": None, "identity": {"displayName": "Tom"}, "role": "Attendee"},
    {"id": "3", "emailAddress": "", "identity": None, "totalAttendanceInSeconds": 12},
]


@dataclass
class Stage:
    graph: FakeGraphMeetings
    account: Account
    services: Services
    http: httpx.AsyncClient
    bot_id: str

    @property
    def recordings(self) -> str:
        return f"/api/bots/{self.bot_id}/recordings"

    async def listed(self, **params: str) -> dict[str, Any]:
        asked = "/api/imports" if params else self.recordings
        said = await self.http.get(asked, params=params)
        assert said.status_code == 200, said.text
        body: dict[str, Any] = said.json()
        return body

    async def bring(self) -> httpx.Response:
        key = (await self.listed())["recordings"][0]["id"]
        return await self.http.post(f"{self.recordings}/{key}/import")

    def held(self, *days: float) -> TeamsMeeting:
        now = self.services.clock.now()
        began = [now + timedelta(days=each) for each in days]
        meeting = TeamsMeeting("MSo1N2Y5/*x", MEETING, "23456789012345", began, PEOPLE_THERE, MP4)
        self.graph.meetings.append(meeting)
        return meeting


@pytest.fixture
def graph(clock: VirtualClock) -> FakeGraphMeetings:
    return FakeGraphMeetings(clock.now)


@pytest.fixture
def switched_on() -> bool:
    return True


@pytest.fixture
def services(
    db: Database, settings: Settings, clock: VirtualClock, graph: FakeGraphMeetings, switched_on: bool
) -> Services:
    def route(request: httpx.Request) -> httpx.Response:
        assert request.url.host in {graph.host, graph.token_host}, request.url
        return graph.handle(request)

    class Wired(OutgoingClient):
        def _client(self, timeout_s: float) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=httpx.MockTransport(route), follow_redirects=True)

    microsoft = settings.microsoft.model_copy(update={"recordings": switched_on})
    with patch("minutebook.records.OutgoingClient", Wired):
        told = settings.model_copy(update={"microsoft": microsoft})
        return build_services(told, db, storage_of(settings), DurableJobs(), clock)


@pytest.fixture
async def stage(
    services: Services, graph: FakeGraphMeetings, user: User, user_token: IssueToken
) -> AsyncIterator[Stage]:
    account = graph.account(EMAIL, **{EMAIL: Truth()})
    await services.calendars.connecting.connect(user.id, ProviderName.MICROSOFT, graph.secrets(account))
    async with services.db.transaction() as tx:
        bot = await services.bots.create(tx, user.id, BotWish(MEETING, "Scribe"), api_key=None)
    transport = httpx.ASGITransport(create_app(services))
    headers = {"Authorization": f"Bearer {await user_token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as http:
        yield Stage(graph, account, services, http, bot.id)


async def test_a_recording_becomes_a_meeting_that_says_where_it_came_from(stage: Stage) -> None:
    meeting = stage.held(0.0)
    said = await stage.bring()
    assert said.status_code == 201, said.text
    session = (await stage.http.get(f"/api/sessions/{said.json()['session_id']}")).json()
    assert session["title"] == "Weekly"
    assert session["description"] == "In the call: Grace Hopper, Tom."
    assert "grace@example.com" in {each["email"] for each in session["attendees"]}
    when = f"{meeting.recordings[0]:%Y-%m-%d %H:%M} UTC"
    assert session["recording"]["origin"] == f"Imported from Microsoft Teams: the organiser's own recording of {when}."
    assert (session["recording"]["size"], session["recording"]["content_type"]) == (len(MP4), "video/mp4")
    again = await stage.bring()
    assert (again.status_code, again.json()["session_id"]) == (200, session["id"])


async def test_all_pages_around_the_bots_time(stage: Stage) -> None:
    stage.held(-3.0, 0.0, 0.02, 0.04, 0.06, 2.5)
    found = (await stage.listed())["recordings"]
    assert (len(found), len({each["id"] for each in found})) == (4, 4)
    latest = await stage.listed(meeting_url=SHORT)
    assert len(latest["recordings"]) == 1, "a link with a number is the same meeting's"


async def test_nothing_recorded_says_why(stage: Stage) -> None:
    assert "knows no such meeting" in (await stage.listed())["reason"]
    stage.held()
    assert "has no recording" in (await stage.listed())["reason"]
    stage.graph.meetings.clear()
    stage.held(5.0)
    assert "around that time" in (await stage.listed())["reason"]
    said = await stage.listed(meeting_url="https://teams.microsoft.com/light-meetings/launch?coords=x")
    assert "join link" in said["reason"]


@pytest.mark.parametrize(("scope", "named"), [(MEETINGS, MEETINGS), (RECORDINGS, MEETINGS)])
async def test_who_consented_to_the_calendar_alone_keeps_it(stage: Stage, scope: str, named: str) -> None:
    """Without one of the scopes Microsoft gives no token for more, so that the first question names what is missing."""
    stage.held(0.0)
    stage.graph.consented.discard(scope)
    stage.account.access.clear()
    said = await stage.http.get(stage.recordings)
    assert (said.status_code, said.json()["error"]["code"]) == (409, "scope_missing")
    assert f"`{named}`" in said.json()["error"]["message"]
    assert stage.account.access, "the calendar has its token"


async def test_a_recording_that_this_account_may_not_read_names_the_scope(stage: Stage) -> None:
    stage.held(0.0)
    await stage.listed()
    for token in stage.graph.granted:
        stage.graph.granted[token].discard(RECORDINGS)
    said = await stage.http.get(stage.recordings)
    assert (said.status_code, f"`{RECORDINGS}`" in said.json()["error"]["message"]) == (409, True)


async def test_who_was_there_may_be_unknown(stage: Stage) -> None:
    stage.held(0.0)
    await stage.listed()
    for token in stage.graph.granted:
        stage.graph.granted[token].discard(PEOPLE)
    said = await stage.bring()
    assert said.status_code == 201, said.text
    session = (await stage.http.get(f"/api/sessions/{said.json()['session_id']}")).json()
    assert not session["description"]


async def test_a_token_that_ran_out_is_renewed(stage: Stage) -> None:
    stage.held(0.0)
    stage.account.access.clear()
    assert (await stage.bring()).status_code == 201
    stage.account.access.clear()
    stage.account.revoked = True
    said = await stage.http.get(stage.recordings)
    assert (said.status_code, said.json()["error"]["code"]) == (400, "grant_revoked")


@pytest.mark.parametrize(
    ("fault", "status"),
    [(failing(429, {}, retry_after="17"), 429), (failing(500), 503), (unreachable, 503), (too_slow, 503)],
)
async def test_a_microsoft_that_is_away_is_asked_again_later(stage: Stage, fault: Fault, status: int) -> None:
    stage.graph.faults.append(fault)
    assert (await stage.http.get(stage.recordings)).status_code == status


@pytest.mark.parametrize(
    ("answered", "status", "code"),
    [
        (lambda _: file(MP4, cut=True), 503, "import_failed"),
        (failing(403), 409, "scope_missing"),
        (failing(404), 503, "import_failed"),
        (unreachable, 503, "import_failed"),
    ],
)
async def test_a_download_that_fails_leaves_nothing(stage: Stage, answered: Fault, status: int, code: str) -> None:
    stage.held(0.0)
    whole = stage.graph.handle

    def handle(request: httpx.Request) -> httpx.Response:
        return answered(request) if request.url.path.endswith("/content") else whole(request)

    with patch.object(stage.graph, "handle", handle):
        said = await stage.bring()
    assert (said.status_code, said.json()["error"]["code"]) == (status, code), said.text
    assert (await stage.http.get("/api/sessions")).json()["items"] == []
    assert (await stage.bring()).status_code == 201


async def test_a_next_page_elsewhere_is_not_followed(stage: Stage) -> None:
    stage.held(0.0)
    elsewhere = {"value": [], "@odata.nextLink": "https://evil.example/v1.0/me/onlineMeetings"}
    stage.graph.faults.append(failing(200, elsewhere))
    assert (await stage.http.get(stage.recordings)).status_code == 503


@pytest.mark.parametrize("switched_on", [False])
async def test_switched_off_nothing_more_is_asked_for(stage: Stage) -> None:
    stage.held(0.0)
    said = await stage.http.get(stage.recordings)
    assert (said.status_code, said.json()["error"]["code"]) == (409, "import_unsupported")
    assert {frozenset(each) for each in stage.graph.granted.values()} == {
        frozenset({"offline_access", "Calendars.Read"})
    }


def test_a_link_is_compared_in_microsofts_own_spelling() -> None:
    spelt = MEETING.replace("%3a", "%3A").replace("%7b", "%7B").replace("%2c", "%2C")
    assert filter_of(spelt) == filter_of(MEETING) == f"JoinWebUrl eq '{MEETING}'"
    quoted = MEETING.replace("t-1", "t'1")
    assert filter_of(quoted) == f"JoinWebUrl eq '{MEETING.replace('t-1', 't%271')}'"
    assert filter_of(SHORT) == "joinMeetingIdSettings/joinMeetingId eq '23456789012345'"
