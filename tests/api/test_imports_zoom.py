"""The organiser's own recording at Zoom, in place of a bot that could not get in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from minutebook.accounts.model import User
from minutebook.api.app import create_app
from minutebook.bots.model import BotWish
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services
from minutebook.zoom.model import App
from support.browser import IssueToken
from support.calendars.provider import failing, file, too_slow, unreachable
from support.recording_files import write_recording
from support.records import Worker
from support.zoom import CLIENT, REDIRECT, FakeZoom, ZoomAccount, services_with
from support.zoom_recordings import RECORDING_SCOPES, ZoomMeeting

NUMBER = 81234567890
MEETING = f"https://us02web.zoom.us/j/{NUMBER}?pwd=x.1"
M4A = b"\0\0\0\x1cftypM4A " + bytes(4000)


@dataclass
class Stage:
    zoom: FakeZoom
    account: ZoomAccount
    services: Services
    http: httpx.AsyncClient
    owner: User
    bot_id: str

    @property
    def recordings(self) -> str:
        return f"/api/bots/{self.bot_id}/recordings"

    async def listed(self) -> dict[str, Any]:
        said = await self.http.get(self.recordings)
        assert said.status_code == 200, said.text
        body: dict[str, Any] = said.json()
        return body

    async def bring(self, key: str) -> httpx.Response:
        return await self.http.post(f"{self.recordings}/{key}/import")

    async def sessions(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.http.get("/api/sessions")).json()["items"]
        return items

    def kept(self) -> list[str]:
        folder = self.services.settings.data_dir
        return [each.name for each in folder.rglob("original.*")]


@pytest.fixture
def services(db: Database, settings: Settings, clock: VirtualClock, zoom: FakeZoom) -> Services:
    return services_with(zoom, settings, db, clock)


@pytest.fixture
def zoom(clock: VirtualClock) -> FakeZoom:
    return FakeZoom(clock.now)


@pytest.fixture
async def stage(
    services: Services, zoom: FakeZoom, clock: VirtualClock, user: User, user_token: IssueToken
) -> AsyncIterator[Stage]:
    account = zoom.account(scopes=RECORDING_SCOPES)
    await services.zoom.connect(user.id, App(*CLIENT), zoom.code(account), REDIRECT)
    async with services.db.transaction() as tx:
        bot = await services.bots.create(tx, user.id, BotWish(MEETING, "Scribe"), api_key=None)
    transport = httpx.ASGITransport(create_app(services))
    headers = {"Authorization": f"Bearer {await user_token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as http:
        yield Stage(zoom, account, services, http, user, bot.id)


def held(stage: Stage, days: float = 0.0, **members: Any) -> ZoomMeeting:
    """A meeting of the bot's room, so many days after the bot was sent."""
    start = stage.services.clock.now() + timedelta(days=days)
    number = members.pop("number", NUMBER)
    meeting = ZoomMeeting(number, f"/uuid//{number} {days}==", start, data=M4A, **members)
    stage.account.held.append(meeting)
    return meeting


async def test_a_recording_becomes_a_meeting_that_says_where_it_came_from(stage: Stage) -> None:
    people = [
        {"name": "Grace Hopper", "user_email": "grace@example.com"},
        {"name": "Grace Hopper", "user_email": "GRACE@example.com"},
        {"name": "A phone", "user_email": ""},
        {"name": "Odd\x07", "user_email": "not an address"},
        {"name": "", "user_email": "tom@example.com"},
    ]
    meeting = held(stage, topic="Weekly / plans", people=people)
    listed = await stage.listed()
    (one,) = listed["recordings"]
    assert (listed["provider"], listed["reason"]) == ("Zoom", None)
    assert (one["title"], one["duration_s"], one["size"], one["session_id"]) == (
        "Weekly / plans",
        1800.0,
        len(M4A),
        None,
    )
    said = await stage.bring(one["id"])
    assert said.status_code == 201, said.text
    session = (await stage.http.get(f"/api/sessions/{said.json()['session_id']}")).json()
    assert session["title"] == "Weekly / plans"
    assert [(each["email"], each["source"]) for each in session["attendees"]] == [
        (stage.owner.email, "manual"),
        ("grace@example.com", "zoom_participant"),
        ("tom@example.com", "zoom_participant"),
    ]
    assert session["description"] == "In the call: Grace Hopper, A phone, Odd."
    recording = session["recording"]
    when = f"{meeting.start:%Y-%m-%d %H:%M} UTC"
    assert recording["origin"] == f"Imported from Zoom: the organiser's own recording of {when}."
    assert (recording["filename"], recording["size"]) == ("Weekly - plans.m4a", len(M4A)), "the sound alone is enough"
    assert recording["status"] == "processing", "it is transcribed as an upload is"
    assert (await stage.listed())["recordings"][0]["session_id"] == session["id"]


async def test_the_transcript_and_its_exports_say_it_too(stage: Stage, tmp_path: Path) -> None:
    meeting = held(stage)
    meeting.data = write_recording(tmp_path / "sound.m4a", 2.0).read_bytes()
    said = await stage.bring((await stage.listed())["recordings"][0]["id"])
    await Worker(stage.services).drain()
    recording = (await stage.http.get(f"/api/sessions/{said.json()['session_id']}")).json()["recording"]
    base = f"/api/recordings/{recording['id']}"
    assert recording["origin"] in (await stage.http.get(f"{base}/transcript.json")).json()["notices"]
    for export in ("txt", "md"):
        assert "Imported from Zoom" in (await stage.http.get(f"{base}/transcript.{export}")).text


async def test_the_same_recording_twice_is_one_meeting(stage: Stage) -> None:
    held(stage)
    key = (await stage.listed())["recordings"][0]["id"]
    first = await stage.bring(key)
    asked = len(stage.zoom.requests)
    again = await stage.bring(key)
    assert (first.status_code, first.json()["already_imported"]) == (201, False)
    assert (again.status_code, again.json()["already_imported"]) == (200, True)
    assert again.json()["session_id"] == first.json()["session_id"]
    assert len(stage.zoom.requests) == asked, "Zoom is not asked for what is here"
    assert len(await stage.sessions()) == 1
    await stage.http.delete(f"/api/sessions/{first.json()['session_id']}")
    assert (await stage.bring(key)).status_code == 201, "what was deleted can be fetched again"


async def test_only_recordings_of_the_room_around_the_bots_time_through_all_pages(stage: Stage) -> None:
    for hours in range(5):
        held(stage, hours / 24)
    held(stage, 7.0)
    held(stage, 0.5 / 24, number=99999999999)
    held(stage, 0.7 / 24, files=[("CHAT", "completed"), ("MP4", "processing")])
    found = (await stage.listed())["recordings"]
    starts = [each["started_at"] for each in found]
    assert (len(found), starts) == (5, sorted(starts))
    pages = [each for each in stage.zoom.requests if each.url.path == "/v2/users/me/recordings"]
    assert len(pages) == 4
    assert (await stage.bring(found[-1]["id"])).status_code == 201, "on a later page than the first"


async def test_by_its_address_alone_it_is_the_latest(stage: Stage) -> None:
    held(stage, -300.0)
    latest = held(stage, -200.0)
    said = (await stage.http.get("/api/imports", params={"meeting_url": MEETING})).json()
    (one,) = said["recordings"]
    assert one["started_at"].startswith(f"{latest.start:%Y-%m-%dT%H:%M}")
    body = {"meeting_url": f"Join us: {MEETING} at ten", "recording_id": one["id"]}
    brought = await stage.http.post("/api/imports", json=body)
    assert brought.status_code == 201, brought.text
    near = {"meeting_url": MEETING, "near": f"{latest.start - timedelta(days=100):%Y-%m-%dT%H:%M:%SZ}"}
    (older,) = (await stage.http.get("/api/imports", params=near)).json()["recordings"]
    assert older["id"] != one["id"]


async def test_nothing_recorded_is_an_empty_list_with_zooms_reason(stage: Stage) -> None:
    assert (await stage.listed())[
        "reason"
    ] == "The connected Zoom account has no recording of this meeting at that time."
    held(stage, files=[("MP4", "processing"), ("TIMELINE", "completed")])
    listed = await stage.listed()
    assert (listed["recordings"], listed["reason"]) == (
        [],
        "Zoom is not done with the recording yet; ask again in a while.",
    )
    stage.account.held[0].files = []
    for url, reason in (
        (MEETING, "Zoom says: There is no recording for this meeting."),
        ("https://zoom.us/j/92222222222", "Zoom says: Meeting does not exist: 92222222222."),
        ("https://zoom.us/my/ada", "Zoom finds recordings by the number of a meeting, and this address has none."),
    ):
        said = (await stage.http.get("/api/imports", params={"meeting_url": url})).json()
        assert (said["recordings"], said["reason"]) == ([], reason)


@pytest.mark.parametrize("missing", ["list_user_recordings", "list_recording_files"])
async def test_a_missing_scope_is_named(stage: Stage, missing: str) -> None:
    held(stage)
    stage.account.scopes = RECORDING_SCOPES.replace(f"cloud_recording:read:{missing}", "")
    by_address = missing == "list_recording_files"
    path = "/api/imports" if by_address else stage.recordings
    said = await stage.http.get(path, params={"meeting_url": MEETING} if by_address else {})
    assert (said.status_code, said.json()["error"]["code"]) == (409, "scope_missing")
    assert f"`cloud_recording:read:{missing}`" in said.json()["error"]["message"]


async def test_who_was_there_is_no_condition(stage: Stage) -> None:
    held(stage, people=[{"name": "Grace", "user_email": "grace@example.com"}])
    stage.account.scopes = RECORDING_SCOPES.replace("meeting:read:list_past_participants", "")
    said = await stage.bring((await stage.listed())["recordings"][0]["id"])
    assert said.status_code == 201
    (session,) = await stage.sessions()
    assert (len(session["attendees"]), session["description"]) == (1, "")


async def test_a_token_that_ran_out_is_renewed(stage: Stage) -> None:
    held(stage)
    key = (await stage.listed())["recordings"][0]["id"]
    before = stage.zoom.refreshes
    stage.account.access.clear()
    assert (await stage.bring(key)).status_code == 201
    assert stage.zoom.refreshes == before + 1


async def test_a_token_that_runs_out_before_the_download_is_renewed(stage: Stage) -> None:
    held(stage)
    key = (await stage.listed())["recordings"][0]["id"]
    before = stage.zoom.refreshes

    async def forget_at_the_download(_authorization: str) -> None:
        if stage.zoom.requests[-1].url.host == stage.zoom.files_host and stage.zoom.refreshes == before:
            stage.account.access.clear()

    stage.zoom.before_api = forget_at_the_download
    assert (await stage.bring(key)).status_code == 201
    assert stage.zoom.refreshes == before + 1


async def test_a_grant_that_has_ended_says_what_to_do(stage: Stage) -> None:
    stage.account.revoked = True
    for _ in range(2):
        said = await stage.http.get(stage.recordings)
        assert (said.status_code, said.json()["error"]["code"]) == (400, "zoom_grant_refused")
        assert "authorise the app again" in said.json()["error"]["message"]


@pytest.mark.parametrize("fault", [failing(429, {}, retry_after="17"), failing(500), unreachable, too_slow])
async def test_a_zoom_that_is_away_is_asked_again_later(stage: Stage, fault: Any) -> None:
    stage.zoom.faults.append(fault)
    said = await stage.http.get(stage.recordings)
    assert said.status_code == 503, said.text
    assert said.json()["error"]["code"] == "zoom_unavailable"


@pytest.mark.parametrize(
    ("answered", "status", "code"),
    [
        (lambda _: file(M4A, cut=True), 503, "import_failed"),
        (lambda _: file(b"<html>Sign in to Zoom</html>" * 50), 503, "import_failed"),
        (failing(403), 409, "scope_missing"),
        (failing(404), 503, "import_failed"),
        (failing(429, retry_after="17"), 503, "import_failed"),
        (failing(500), 503, "import_failed"),
        (unreachable, 503, "import_failed"),
    ],
)
async def test_a_download_that_fails_leaves_nothing(stage: Stage, answered: Any, status: int, code: str) -> None:
    held(stage)
    key = (await stage.listed())["recordings"][0]["id"]
    failing_once = [True]

    original = stage.zoom.handle

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.host == stage.zoom.files_host and failing_once:
            failing_once.clear()
            response: httpx.Response = answered(request)
            return response
        return await original(request)

    stage.zoom.handle = handle  # type: ignore[method-assign]
    said = await stage.bring(key)
    assert said.status_code == status, said.text
    assert said.json()["error"]["code"] == code
    assert (stage.kept(), await stage.sessions()) == ([], [])
    assert (await stage.bring(key)).status_code == 201
    assert len(stage.kept()) == 1


async def test_the_token_goes_to_no_other_host(stage: Stage) -> None:
    meeting = held(stage)
    key = (await stage.listed())["recordings"][0]["id"]
    meeting.url = lambda kind: f"https://elsewhere.example.com/{kind}"  # type: ignore[method-assign]
    said = await stage.bring(key)
    assert (said.status_code, said.json()["error"]["code"]) == (503, "import_failed")
    assert "elsewhere.example.com" not in {each.url.host for each in stage.zoom.requests}


async def test_others_find_nothing(stage: Stage, other_user_token: IssueToken) -> None:
    held(stage)
    key = (await stage.listed())["recordings"][0]["id"]
    theirs = {"Authorization": f"Bearer {await other_user_token()}"}
    by_address = {"meeting_url": MEETING, "recording_id": key}
    assert (await stage.http.get(stage.recordings, headers=theirs)).status_code == 404
    assert (await stage.http.post(f"{stage.recordings}/{key}/import", headers=theirs)).status_code == 404
    for said in (
        await stage.http.get("/api/imports", params=by_address, headers=theirs),
        await stage.http.post("/api/imports", json=by_address, headers=theirs),
    ):
        assert (said.status_code, said.json()["error"]["code"]) == (409, "import_not_connected")
    assert (await stage.bring(key)).status_code == 201
    assert (await stage.http.post("/api/imports", json=by_address, headers=theirs)).status_code == 409
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer nonsense"}):
        assert (await stage.http.get("/api/imports", params=by_address, headers=headers)).status_code == 401
        assert (await stage.http.post("/api/imports", json=by_address, headers=headers)).status_code == 401


async def test_each_door_needs_its_scope(stage: Stage, user_token: IssueToken) -> None:
    looking = {"Authorization": f"Bearer {await user_token('session analysis')}"}
    bringing = {"Authorization": f"Bearer {await user_token('media analysis')}"}
    held(stage)
    key = (await stage.listed())["recordings"][0]["id"]
    body = {"meeting_url": MEETING, "recording_id": key}
    for method, path in (("GET", stage.recordings), ("GET", f"/api/imports?meeting_url={MEETING}")):
        assert (await stage.http.request(method, path, headers=bringing)).status_code == 403
        assert (await stage.http.request(method, path, headers=looking)).status_code == 200
    for path in (f"{stage.recordings}/{key}/import", "/api/imports"):
        assert (await stage.http.post(path, json=body, headers=looking)).status_code == 403
        assert (await stage.http.post(path, json=body, headers=bringing)).status_code in {200, 201}


async def test_bad_input_is_told(stage: Stage) -> None:
    held(stage)
    assert (await stage.bring("nobody")).status_code == 404
    assert (await stage.bring("a%00b")).status_code == 404
    for url in ("", "https://example.com/", "x" * 9000, "a\x00b"):
        said = await stage.http.get("/api/imports", params={"meeting_url": url})
        assert said.status_code == 400, said.text
    for near in ("yesterday", "0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "2026-02-03T10:00:00"):
        said = await stage.http.get("/api/imports", params={"meeting_url": MEETING, "near": near})
        assert said.status_code in {200, 400}, said.text
    nobody = f"/api/bots/{stage.bot_id[:-4]}0000/recordings"
    assert (await stage.http.get(nobody)).status_code == 404
