"""`/api/calendars` and where providers tell of changes."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from minutebook.api.app import create_app
from minutebook.calendars.model import ProviderName
from minutebook.db.database import Database
from support.calendars.rig import PUBLIC, Rig, busy_truth, meeting, rig_over
from support.calendars.world import Truth


@pytest.fixture
async def rig(db: Database, tmp_path: Path) -> Rig:
    return await rig_over(db, tmp_path, http={"base_url": PUBLIC})


@pytest.fixture
async def api(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    async with rig.db.transaction() as tx:
        token = (await rig.services.oauth.issue_token(tx, rig.owner, "session")).access_token
    transport = httpx.ASGITransport(create_app(rig.services))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers) as http:
        yield http


def published(rig: Rig, truth: Truth) -> dict[str, str]:
    rig.published.files["/me.ics"] = truth
    return {"provider": "ics", "url": "https://calendars.example.com/me.ics", "email": "ada@example.com"}


async def test_a_calendar_by_its_address_with_a_rule(rig: Rig, api: httpx.AsyncClient) -> None:
    truth = Truth()
    truth.put(meeting("Planning", 3))
    truth.put(meeting("Review", 6))
    truth.put(meeting("Declined planning", 9, declined=True))
    truth.put(meeting("No link planning", 12, url=""))
    truth.put(meeting("Planning in two weeks", 24 * 14))
    made = await api.post("/api/calendars", json=published(rig, truth))
    assert made.status_code == 201, made.text
    key = made.json()["id"]
    assert (made.json()["name"], made.json()["state"], made.json()["rule"]) == ("Published", "connected", None)
    rule = {"words": ["PLANNING"], "bot_name": "Scribe"}
    preview = await api.post(f"/api/calendars/{key}/rule/preview", json=rule)
    assert [each["title"] for each in preview.json()] == ["Planning"]
    assert await rig.bots() == []
    switched = await api.put(f"/api/calendars/{key}/rule", json=rule)
    assert switched.json()["rule"]["words"] == ["PLANNING"]
    assert [bot.wish["bot_name"] for bot in await rig.bots()] == ["Scribe"] * 2
    truth.change("Review", title="Re-planning")
    await rig.later(301)
    assert len(await rig.bots()) == 3
    await api.put(f"/api/calendars/{key}/rule", json={"words": ["review"]})
    assert await rig.bots() == []
    await api.put(f"/api/calendars/{key}/rule", json={})
    assert len(await rig.bots()) == 3
    assert (await api.delete(f"/api/calendars/{key}/rule")).json()["rule"] is None
    assert await rig.bots() == []
    assert (await api.post(f"/api/calendars/{key}/sync")).status_code == 200
    assert [each["id"] for each in (await api.get("/api/calendars")).json()] == [key]
    assert (await api.delete(f"/api/calendars/{key}")).status_code == 204
    assert (await api.get(f"/api/calendars/{key}")).status_code == 404


async def test_another_users_calendar_is_not_found(rig: Rig, api: httpx.AsyncClient) -> None:
    key = (await api.post("/api/calendars", json=published(rig, Truth()))).json()["id"]
    async with rig.db.transaction() as tx:
        # The first account takes over what the server's local user has: the calendar above is hers.
        await rig.services.accounts.create_user(tx, "ada@example.com", "correct horse battery", "Ada")
        grace = await rig.services.accounts.create_user(
            tx, "grace@example.com", "correct horse battery", "Grace Hopper"
        )
        token = (await rig.services.oauth.issue_token(tx, grace, "session")).access_token
    hers = {"Authorization": f"Bearer {token}"}
    assert (await api.get("/api/calendars", headers=hers)).json() == []
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/sync"),
        ("PUT", "/rule"),
        ("DELETE", "/rule"),
        ("POST", "/rule/preview"),
    ):
        answer = await api.request(method, f"/api/calendars/{key}{path}", headers=hers, json={})
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await api.get(f"/api/calendars/{key}")).status_code == 200


async def test_what_cannot_be_connected_says_why(rig: Rig, api: httpx.AsyncClient) -> None:
    for body, code in (
        ({"provider": "google", "url": "https://x.example.com"}, "provider_invalid"),
        ({"provider": "ics", "url": "https://calendars.example.com/nothing.ics"}, "grant_revoked"),
        ({"provider": "ics"}, "url_required"),
    ):
        answer = await api.post("/api/calendars", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    anonymous = await api.get("/api/calendars", headers={"Authorization": ""})
    assert anonymous.status_code == 401


async def test_google_tells_of_changes(rig: Rig, api: httpx.AsyncClient) -> None:
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.GOOGLE, truth)
    await rig.later(1)
    (channel,) = rig.google.channels.values()
    truth.put(meeting("new", 8))
    path, headers = channel.address.removeprefix(PUBLIC), rig.google.push(channel)
    for wrong in ({"x-goog-channel-token": "guessed"}, {"x-goog-channel-id": "other"}):
        assert (await api.post(path, headers={**headers, **wrong})).status_code == 404
    assert (await api.post(path)).status_code == 404
    assert await rig.later(1) == 0
    for _ in range(3):
        assert (await api.post(path, headers=headers)).status_code == 204
    assert await rig.later(1) == 1
    await rig.check_shows_truth(calendar.id)


async def test_microsoft_shakes_hands_and_tells_of_changes(rig: Rig, api: httpx.AsyncClient) -> None:
    truth = busy_truth()
    calendar = await rig.connected(ProviderName.MICROSOFT, truth)
    await rig.later(1)
    (channel,) = rig.graph.channels.values()
    path = channel.address.removeprefix(PUBLIC)
    shake = await api.post(path, params={"validationToken": "Validation: Testing <b>1</b>"})
    assert (shake.status_code, shake.text) == (200, "Validation: Testing <b>1</b>")
    assert shake.headers["content-type"].startswith("text/plain")
    truth.put(meeting("new", 8))
    forged = rig.graph.push(channel, clientState="guessed")
    for body in (forged, {"value": "no list"}, ["no object"]):
        assert (await api.post(path, json=body)).status_code == 202
    assert (await api.post(path, content=b"no json")).status_code == 202
    assert await rig.later(1) == 0
    assert (await api.post(path, json=rig.graph.push(channel))).status_code == 202
    assert await rig.later(1) == 1
    await rig.check_shows_truth(calendar.id)
    removed = rig.graph.push(channel, lifecycleEvent="subscriptionRemoved")
    del rig.graph.channels[channel.id]
    await api.post(path, json=removed)
    await rig.later(1)
    assert [each.id for each in rig.graph.channels.values()] != [channel.id]
    assert len(rig.graph.channels) == 1
