"""What anybody may have the server do and keep without signing in: little, and not for long."""

import secrets

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, select

from minutebook.kit.clock import VirtualClock
from minutebook.oauth.repository import agent_requests
from minutebook.oauth.service import NEW_STATES
from minutebook.wiring import Services
from support.browser import Browser

AUTHORIZE = "/api/oauth/provider/authorize"
POLL = "/api/oauth/provider/poll"
WEAK = "aaaaaaaaaaaaaaaaaaaaaaabcdefgh"


def link(state: str, **more: str) -> dict[str, str]:
    return {"response_type": "code", "flow": "agent", "state": state, **more}


async def rows(services: Services) -> int:
    async with services.db.reading() as read:
        return int((await read.execute(select(func.count()).select_from(agent_requests))).scalar_one())


def calling(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://minutebook.example")


async def test_opening_links_stores_nothing(client: httpx.AsyncClient, services: Services) -> None:
    for _ in range(20):
        assert (await client.get(AUTHORIZE, params=link(secrets.token_urlsafe(24)))).status_code == 303
    assert await rows(services) == 0


async def test_polled_states_are_limited_and_expire(app: FastAPI, services: Services, clock: VirtualClock) -> None:
    async with calling(app, "203.0.113.5") as http:
        statuses = [
            (await http.get(POLL, params={"state": secrets.token_urlsafe(24)})).status_code
            for _ in range(NEW_STATES.limit + 5)
        ]
    assert statuses == [200] * NEW_STATES.limit + [429] * 5
    assert await rows(services) == NEW_STATES.limit
    async with calling(app, "203.0.113.6") as http:
        assert (await http.get(POLL, params={"state": secrets.token_urlsafe(24)})).status_code == 200
    clock.advance(2 * 24 * 3600)
    async with services.db.transaction() as tx:
        await services.oauth.forget_expired(tx)
    assert await rows(services) == 0


async def test_readiness_writes_nothing_and_is_kept(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    look = services.storage.look

    async def counting() -> None:
        asked.append("storage")
        await look()

    async def forbidden(*_: object) -> None:
        raise AssertionError("readiness writes")

    monkeypatch.setattr(services.storage, "look", counting)
    for name in ("put_bytes", "put_stream", "delete"):
        monkeypatch.setattr(services.storage, name, forbidden)
    answers = [(await client.get("/readyz")).json() for _ in range(50)]
    assert all(answer["status"] == "ok" for answer in answers)
    assert len(asked) == 1


async def test_metrics_are_for_this_machine_or_with_a_token(app: FastAPI, services: Services) -> None:
    async with calling(app, "127.0.0.1") as here, calling(app, "203.0.113.5") as there:
        assert (await here.get("/metrics")).status_code == 200
        assert (await here.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 403
        assert (await there.get("/metrics")).status_code == 403
        services.settings.http.metrics_token = SecretStr("scrape me")
        assert (await there.get("/metrics")).status_code == 403
        assert (await there.get("/metrics", headers={"Authorization": "Bearer scrape you"})).status_code == 403
        assert (await there.get("/metrics", headers={"Authorization": "Bearer scrape me"})).status_code == 200


async def test_a_guessable_state_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get(AUTHORIZE, params=link(WEAK))).status_code == 400
    assert (await client.get(POLL, params={"state": WEAK})).json()["error"]["code"] == "state_too_weak"


async def test_program_and_page_show_the_same_code(browser: Browser, client: httpx.AsyncClient) -> None:
    state = secrets.token_urlsafe(32)
    told = (await client.get(POLL, params={"state": state})).json()
    assert len(told["user_code"]) == 9
    page = await browser.sign_in(await browser.open(AUTHORIZE, **link(state)))
    assert f">{told['user_code']}</strong>" in page.text
    other = await browser.open(AUTHORIZE, **link(secrets.token_urlsafe(32)))
    assert told["user_code"] not in other.text


async def exchanged(client: httpx.AsyncClient, state: str) -> str:
    code = (await client.get(POLL, params={"state": state})).json()["code"]
    callback = "http://minutebook.example/api/oauth/provider/agent-callback"
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
    return str((await client.post("/api/oauth/provider/token", json=body)).json()["scope"])


async def test_an_agent_gets_what_it_asked_for_and_what_was_left_ticked(
    browser: Browser, client: httpx.AsyncClient
) -> None:
    state = secrets.token_urlsafe(32)
    await browser.decide("allow", **link(state, scope="analysis"))
    assert await exchanged(client, state) == "analysis"
    state = secrets.token_urlsafe(32)
    page = await browser.open(AUTHORIZE, **link(state))
    unticked = page.text.replace('name="allow_media"', 'name="left_out"').replace('name="allow_session"', 'name="out"')
    await browser.send(httpx.Response(200, text=unticked), decision="allow")
    assert await exchanged(client, state) == "analysis user:read"


async def test_a_form_cannot_widen_what_the_link_asked_for(browser: Browser, client: httpx.AsyncClient) -> None:
    state = secrets.token_urlsafe(32)
    page = await browser.sign_in(await browser.open(AUTHORIZE, **link(state, scope="analysis")))
    await browser.send(page, decision="allow", allow_media="yes")
    assert await exchanged(client, state) == "analysis"
