"""Calendars over the v1 API, with fakes of the providers behind the server."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from minutebook.api.app import create_app
from minutebook.calendars.model import ProviderName
from minutebook.db.database import Database
from support.calendars.google import FakeGoogle
from support.calendars.provider import failing
from support.calendars.rig import MEET, PUBLIC, Rig, busy_truth, meeting, rig_over
from support.calendars.world import Truth


@pytest.fixture
async def rig(db: Database, tmp_path: Path) -> Rig:
    return await rig_over(db, tmp_path, http={"base_url": PUBLIC})


@pytest.fixture
async def api(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    async with rig.db.transaction() as tx:
        key = (await rig.services.accounts.management.create_api_key(tx, rig.owner))[1]
    transport = httpx.ASGITransport(create_app(rig.services))
    headers = {"x-meeting-baas-api-key": key}
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers) as http:
        yield http


def credentials(fake: FakeGoogle, **members: str) -> dict[str, str]:
    given = fake.secrets(fake.accounts[0])
    return {
        "oauth_client_id": given["client_id"],
        "oauth_client_secret": given["client_secret"],
        "oauth_refresh_token": given["refresh_token"],
        "platform": "Google",
        **members,
    }


async def connected(rig: Rig, api: httpx.AsyncClient, truth: Truth | None = None) -> dict[str, Any]:
    account = rig.google.account("ada@example.com")
    account.calendars = {"ada@example.com": truth or busy_truth(), "team": Truth()}
    answer = await api.post("/calendars/", json=credentials(rig.google))
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()["calendar"]
    return made


async def events(api: httpx.AsyncClient, calendar: dict[str, Any], **params: str) -> list[dict[str, Any]]:
    answer = await api.get("/calendar_events/", params={"calendar_id": calendar["uuid"], **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


EVERYTHING = (
    ("POST", "/calendars/raw"),
    ("GET", "/calendars/"),
    ("GET", "/calendars"),
    ("POST", "/calendars"),
    ("POST", "/calendars/resync_all"),
    ("GET", "/calendars/x"),
    ("PATCH", "/calendars/x"),
    ("DELETE", "/calendars/x"),
    ("GET", "/calendar_events/?calendar_id=x"),
    ("GET", "/calendar_events/x"),
    ("POST", "/calendar_events/x/bot"),
    ("PATCH", "/calendar_events/x/bot"),
    ("DELETE", "/calendar_events/x/bot"),
)


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
async def test_nothing_without_a_key_and_errors_in_the_contracts_shape(
    api: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await api.request(method, path, headers={"x-meeting-baas-api-key": ""})
    assert answer.status_code == 401
    assert {"error", "message"} <= answer.json().keys()


@pytest.mark.parametrize("path", ["/calendars/x/y/z", "/calendar_events/x/nothing"])
async def test_what_does_not_exist_says_so_in_the_contracts_shape(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(path)
    assert answer.status_code == 404
    assert {"error", "message"} <= answer.json().keys()


async def test_raw_calendars_are_listed_and_nothing_is_kept(rig: Rig, api: httpx.AsyncClient) -> None:
    account = rig.google.account("ada@example.com")
    account.calendars = {"team": Truth(), "ada@example.com": Truth()}
    answer = await api.post("/calendars/raw", json=credentials(rig.google))
    found = [(each["id"], each["email"], each["is_primary"]) for each in answer.json()["calendars"]]
    assert found == [("ada@example.com", "ada@example.com", True), ("team", "ada@example.com", False)]
    assert (await api.get("/calendars/")).json() == []


async def test_a_calendar_from_connecting_to_removing(rig: Rig, api: httpx.AsyncClient) -> None:
    calendar = await connected(rig, api)
    assert calendar["google_id"] == calendar["email"] == "ada@example.com"
    assert [each["uuid"] for each in (await api.get("/calendars")).json()] == [calendar["uuid"]]
    again = await api.post("/calendars/", json=credentials(rig.google))
    assert again.json()["calendar"]["uuid"] == calendar["uuid"]
    team = await api.post("/calendars/", json=credentials(rig.google, raw_calendar_id="team"))
    assert team.json()["calendar"]["google_id"] == "team"
    event = (await events(api, calendar))[0]
    scheduled = await api.post(f"/calendar_events/{event['uuid']}/bot", json={"bot_name": "Scribe"})
    bot_id = scheduled.json()[0]["bot_uuid"]
    changed = await api.patch(f"/calendars/{calendar['uuid']}", json=credentials(rig.google))
    assert changed.json()["calendar"]["uuid"] == calendar["uuid"]
    shown = (await api.get(f"/calendar_events/{event['uuid']}")).json()
    assert (shown["bot_param"], shown["deleted"]) == (None, False)
    assert [bot.id for bot in await rig.bots()] == []
    await api.post(f"/calendar_events/{event['uuid']}/bot", json={"bot_name": "Scribe"})
    assert [bot.id for bot in await rig.bots()] != [bot_id]
    removed = await api.delete(f"/calendars/{calendar['uuid']}")
    assert (removed.status_code, removed.content) == (200, b"")
    assert (await api.get(f"/calendars/{calendar['uuid']}")).status_code == 404
    assert (await api.get(f"/calendar_events/{event['uuid']}")).status_code == 404
    assert await rig.bots() == []
    assert len(rig.google.channels) == 1, "the other calendar's subscription stays"


async def test_refusals_carry_the_providers_words(rig: Rig, api: httpx.AsyncClient) -> None:
    rig.google.account("ada@example.com", **{"ada@example.com": Truth()})
    revoked = await api.post("/calendars/", json=credentials(rig.google, oauth_refresh_token="nonsense"))
    assert (revoked.status_code, "expired or revoked" in revoked.json()["error"]) == (400, True)
    client = await api.post("/calendars/raw", json=credentials(rig.google, oauth_client_id="nobody"))
    assert (client.status_code, "OAuth client was not found" in client.json()["message"]) == (400, True)
    unknown = await api.post("/calendars/", json=credentials(rig.google, raw_calendar_id="nowhere"))
    assert unknown.status_code == 400
    rig.google.not_enabled = True
    disabled = await api.post("/calendars/", json=credentials(rig.google))
    assert (disabled.status_code, "has not been used" in disabled.json()["error"]) == (400, True)
    rig.google.not_enabled = False
    rig.google.faults.append(failing(429, None, retry_after="17"))
    limited = await api.post("/calendars/", json=credentials(rig.google))
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "17")
    rig.google.faults.append(failing(500))
    assert (await api.post("/calendars/", json=credentials(rig.google))).status_code == 503
    for body in ({}, credentials(rig.google, platform="google"), credentials(rig.google, oauth_client_id="")):
        assert (await api.post("/calendars/", json=body)).status_code == 400
    assert (await api.get("/calendars/")).json() == []


async def test_events_are_listed_filtered_and_paged(rig: Rig, api: httpx.AsyncClient) -> None:
    truth = Truth()
    for number in range(230):
        truth.put(meeting(f"e{number:03}", 1 + number / 2, minutes=25, mine=number % 2 == 0))
    truth.put(meeting("past", -3))
    calendar = await connected(rig, api, truth)
    seen, cursor = [], None
    for _ in range(3):
        params = {"calendar_id": calendar["uuid"], **({"cursor": cursor} if cursor else {})}
        page = (await api.get("/calendar_events", params=params)).json()
        seen += [each["name"] for each in page["data"]]
        cursor = page["next"]
    assert (seen, cursor) == ([f"e{number:03}" for number in range(230)], None)
    first = (await api.get("/calendar_events", params={"calendar_id": calendar["uuid"]})).json()
    address = f"{PUBLIC}/calendar_events/?calendar_id=x&cursor={first['next']}"
    assert next(each["name"] for each in await events(api, calendar, cursor=address)) == "e100"
    assert [each["name"] for each in await events(api, calendar, status="past")] == ["past"]
    assert next(each["name"] for each in await events(api, calendar, status="all")) == "past"
    assert len(await events(api, calendar, attendee_email="GRACE@example.com", limit="5")) == 100
    assert await events(api, calendar, attendee_email="race@example.com") == []
    mine = await events(api, calendar, organizer_email="Ada@Example.com")
    assert mine[0]["is_organizer"]
    boss = await events(api, calendar, organizer_email="boss@example.com")
    assert not boss[0]["is_organizer"]
    few = await events(api, calendar, start_date_gte="2026-03-02T11:00:00", start_date_lte="2026-03-02T12:00:00Z")
    assert [each["name"] for each in few] == ["e002", "e003", "e004"]
    rig.clock.advance(100)
    since = rig.clock.now().isoformat().replace("+00:00", "Z")
    truth.remove("e007")
    truth.change("e008", title="Renamed")
    assert (await api.post("/calendars/resync_all")).json() == {"synced_calendars": [calendar["uuid"]], "errors": []}
    changed = {each["name"]: each["deleted"] for each in await events(api, calendar, updated_at_gte=since)}
    assert changed == {"e007": True, "Renamed": False}
    for wrong in ({"status": "soon"}, {"cursor": "!"}, {"start_date_gte": "tomorrow"}):
        params = {"calendar_id": calendar["uuid"], **wrong}
        assert (await api.get("/calendar_events/", params=params)).status_code == 400
    assert (await api.get("/calendar_events/")).status_code == 400


async def test_a_calendar_that_fails_is_reported_and_the_others_are_read(rig: Rig, api: httpx.AsyncClient) -> None:
    calendar = await connected(rig, api)
    other = await rig.connected(ProviderName.MICROSOFT, busy_truth())
    rig.graph.faults.extend([failing(500)] * 5)
    answer = await api.post("/calendars/resync_all", params={"days": "60"})
    assert answer.status_code == 200
    assert answer.json()["synced_calendars"] == [calendar["uuid"]]
    ((failed, text),) = answer.json()["errors"]
    assert (failed, "cannot be asked" in text) == (other.id, True)
    for days in ("0", "-1", "x", "1.5"):
        assert (await api.post("/calendars/resync_all", params={"days": days})).status_code == 400


async def test_a_bot_is_scheduled_changed_and_taken_away(rig: Rig, api: httpx.AsyncClient) -> None:
    calendar = await connected(rig, api)
    event = next(each for each in await events(api, calendar) if each["name"] == "single1")
    path = f"/calendar_events/{event['uuid']}/bot"
    assert (await api.patch(path, json={"bot_name": "x"})).status_code == 404
    wish = {
        "bot_name": "Scribe",
        "enter_message": "Hello",
        "extra": {"deal": 7},
        "waiting_room_timeout": 300,
        "silence_timeout": 400,
        "speech_to_text": "Default",
        "streaming_output": "wss://example.org/x",
        "zoom_sdk_id": "sdk",
        "zoom_sdk_pwd": "sdk-secret",
        "webhook_url": "https://hooks.example.org/x",
    }
    (shown,) = (await api.post(path, json=wish)).json()
    expected = {**wish, "speech_to_text_provider": "Default", "zoom_sdk_id": None, "zoom_sdk_pwd": None}
    for ours in ("silence_timeout", "speech_to_text"):
        expected.pop(ours)
    assert expected.items() <= shown["bot_param"].items()
    (bot,) = await rig.bots()
    assert (bot.id, bot.wish["meeting_url"]) == (shown["bot_uuid"], MEET)
    assert bot.start_at.isoformat().replace("+00:00", "Z") == shown["start_time"].replace(".000", "")
    (patched,) = (await api.patch(path, json={"bot_name": "Other", "extra": None, "noone_joined_timeout": 500})).json()
    assert patched["bot_uuid"] == bot.id
    assert (patched["bot_param"]["bot_name"], patched["bot_param"]["extra"]) == ("Other", {"deal": 7})
    assert (patched["bot_param"]["waiting_room_timeout"], patched["bot_param"]["noone_joined_timeout"]) == (300, 500)
    (bot,) = await rig.bots()
    assert bot.wish["bot_name"] == "Other"
    for _ in range(2):
        (gone,) = (await api.delete(path)).json()
        assert (gone["bot_param"], gone["bot_uuid"]) == (None, None)
    assert await rig.bots() == []


async def test_a_series_has_bots_at_all_occurrences_also_at_those_to_come(rig: Rig, api: httpx.AsyncClient) -> None:
    calendar = await connected(rig, api)
    event = next(each for each in await events(api, calendar) if each["name"] == "daily")
    path = f"/calendar_events/{event['uuid']}/bot"
    found = (await api.post(path, params={"all_occurrences": "true"}, json={"bot_name": "Scribe"})).json()
    assert len(found) >= 30
    upcoming = [each for each in found if each["bot_param"]]
    assert len(await rig.bots()) == len({each["bot_uuid"] for each in upcoming}) == len(upcoming)
    before = len(await rig.bots())
    for _ in range(3):
        await rig.later(24 * 3600)
    assert len(await rig.bots()) == before + 3
    one = next(each for each in await events(api, calendar) if each["name"] == "daily")
    await api.delete(f"/calendar_events/{one['uuid']}/bot")
    assert len(await rig.bots()) == before + 2
    await api.patch(path, params={"all_occurrences": "true"}, json={"bot_name": "Renamed"})
    names = [bot.wish["bot_name"] for bot in await rig.bots() if bot.start_at > rig.clock.now()]
    assert set(names) == {"Renamed"}
    gone = await api.delete(path, params={"all_occurrences": "true"})
    assert {each["bot_param"] is None for each in gone.json()} == {True}
    await rig.later(24 * 3600)
    assert [bot for bot in await rig.bots() if bot.start_at > rig.clock.now()] == []


async def test_events_that_no_bot_can_join_are_refused(rig: Rig, api: httpx.AsyncClient) -> None:
    truth = Truth()
    truth.put(meeting("no link", 3, url=""))
    truth.put(meeting("over", -3))
    truth.put(meeting("deleted", 3))
    calendar = await connected(rig, api, truth)
    found = {each["name"]: each["uuid"] for each in await events(api, calendar, status="all")}
    truth.remove("deleted")
    await rig.later(1000)
    statuses = {
        name: (await api.post(f"/calendar_events/{key}/bot", json={"bot_name": "Scribe"})).status_code
        for name, key in found.items()
    }
    assert statuses == {"no link": 400, "over": 409, "deleted": 409}
    assert (await api.post(f"/calendar_events/{found['over']}/bot", json={})).status_code == 400
    wrong = await api.post(f"/calendar_events/{found['over']}/bot?all_occurrences=maybe", json={"bot_name": "x"})
    assert wrong.status_code == 400


async def test_nobody_finds_somebody_elses_calendars(rig: Rig, api: httpx.AsyncClient) -> None:
    calendar = await connected(rig, api)
    event = (await events(api, calendar))[0]
    async with rig.db.transaction() as tx:
        other = await rig.services.accounts.create_user(tx, "other@example.com", "correct horse battery", "Other")
        stranger = await rig.services.accounts.create_user(tx, "third@example.com", "correct horse battery", "Third")
        key = (await rig.services.accounts.management.create_api_key(tx, stranger))[1]
    assert other.id != stranger.id
    headers = {"x-meeting-baas-api-key": key}
    for method, path, body in (
        ("GET", f"/calendars/{calendar['uuid']}", None),
        ("DELETE", f"/calendars/{calendar['uuid']}", None),
        ("PATCH", f"/calendars/{calendar['uuid']}", credentials(rig.google)),
        ("GET", f"/calendar_events/?calendar_id={calendar['uuid']}", None),
        ("GET", f"/calendar_events/{event['uuid']}", None),
        ("POST", f"/calendar_events/{event['uuid']}/bot", {"bot_name": "x"}),
        ("PATCH", f"/calendar_events/{event['uuid']}/bot", {"bot_name": "x"}),
        ("DELETE", f"/calendar_events/{event['uuid']}/bot", None),
    ):
        answer = await api.request(method, path, json=body, headers=headers)
        assert answer.status_code == 404, (method, path)
    assert (await api.get("/calendars/", headers=headers)).json() == []


async def test_the_owner_is_told_of_every_change_once(rig: Rig, api: httpx.AsyncClient) -> None:
    await api.post("/accounts/webhook_url", json={"webhook_url": "https://hooks.example.org/mine"})
    truth = busy_truth()
    calendar = await connected(rig, api, truth)
    truth.change("single1", start=truth.singles["single1"].start + timedelta(hours=1))
    await rig.later(1000)
    await rig.later(1000)
    told = await rig.told()
    assert [len(payload["affected"]) for payload in told] == [len(await rig.events(calendar["uuid"], deleted=True)), 1]
    from minutebook.webhooks.model import MessageQuery

    async with rig.db.reading() as read:
        messages = await rig.services.webhooks.list(read, MessageQuery(owner_id=rig.owner.id))
    assert [each.event.kind for each in messages] == ["calendar.synced"] * 2
