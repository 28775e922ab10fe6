"""The flow of a program without a browser: it shows a link and polls."""

import asyncio
import base64
import hashlib
import secrets
from dataclasses import replace

import httpx
import pytest

from minutebook.kit.clock import VirtualClock
from minutebook.oauth import service
from support.browser import Browser

POLL = "/api/oauth/provider/poll"
AUTHORIZE = "/api/oauth/provider/authorize"
CALLBACK = "http://minutebook.example/api/oauth/provider/agent-callback"


@pytest.fixture
def state() -> str:
    return secrets.token_urlsafe(24)


def link(state: str, **more: str) -> dict[str, str]:
    return {"response_type": "code", "flow": "agent", "state": state, **more}


async def poll(client: httpx.AsyncClient, state: str) -> httpx.Response:
    return await client.get(POLL, params={"state": state})


async def exchange(client: httpx.AsyncClient, code: str, **more: str) -> httpx.Response:
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **more}
    return await client.post("/api/oauth/provider/token", json=body)


async def test_pending_complete_once_tokens(browser: Browser, client: httpx.AsyncClient, state: str) -> None:
    assert (await poll(client, state)).json()["status"] == "pending"
    page = await browser.sign_in(await browser.open(AUTHORIZE, **link(state)))
    assert "Only allow this if you asked for it yourself" in page.text
    assert (await poll(client, state)).json()["status"] == "pending"
    decided = await browser.send(page, decision="allow")
    assert decided.status_code == 200
    assert "You may close this page" in decided.text
    answer = await poll(client, state)
    assert answer.json()["status"] == "complete"
    assert (await poll(client, state)).status_code == 404
    tokens = (await exchange(client, answer.json()["code"])).json()
    me = await client.get("/api/users/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert me.json()["email"] == "ada@example.com"


async def test_code_is_bound_to_the_agents_callback(browser: Browser, client: httpx.AsyncClient, state: str) -> None:
    await browser.decide("allow", **link(state))
    code = (await poll(client, state)).json()["code"]
    assert (await exchange(client, code, redirect_uri="http://localhost:3000/callback")).status_code == 400
    assert (await exchange(client, code)).status_code == 200


async def test_pkce_binds_the_code(browser: Browser, client: httpx.AsyncClient, state: str) -> None:
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    await browser.decide("allow", **link(state, code_challenge=challenge, code_challenge_method="S256"))
    code = (await poll(client, state)).json()["code"]
    assert (await exchange(client, code)).status_code == 400
    assert (await exchange(client, code, code_verifier=verifier)).status_code == 200


async def test_denied(browser: Browser, client: httpx.AsyncClient, state: str) -> None:
    decided = await browser.decide("deny", **link(state))
    assert "Access denied" in decided.text
    assert (await poll(client, state)).json() == {"status": "denied"}
    assert (await poll(client, state)).json() == {"status": "denied"}
    assert (await browser.open(AUTHORIZE, **link(state))).status_code == 409


@pytest.mark.parametrize("weak", ["", "abc", "a" * 64, "0123456789" * 3, "78f56af5311dcd101b3c635f655473", "x" * 5000])
async def test_weak_states_are_refused(client: httpx.AsyncClient, weak: str) -> None:
    page = await client.get(AUTHORIZE, params=link(weak))
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("text/html")
    answer = await poll(client, weak)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "state"


async def test_without_a_state(client: httpx.AsyncClient) -> None:
    assert (await client.get(POLL)).json()["error"]["code"] == "state_required"


async def test_a_redirect_uri_does_not_go_with_it(client: httpx.AsyncClient, state: str) -> None:
    answer = await client.get(AUTHORIZE, params=link(state, redirect_uri="http://localhost:3000/callback"))
    assert answer.status_code == 400


async def test_gone_after_ten_minutes(
    browser: Browser, client: httpx.AsyncClient, clock: VirtualClock, state: str
) -> None:
    assert (await poll(client, state)).status_code == 200
    page = await browser.sign_in(await browser.open(AUTHORIZE, **link(state)))
    clock.advance(600)
    assert (await poll(client, state)).status_code == 404
    assert (await browser.send(page, decision="allow")).status_code == 409
    assert (await poll(client, state)).status_code == 404
    assert (await browser.open(AUTHORIZE, **link(state))).status_code == 409


async def test_approved_too_late_to_fetch(
    browser: Browser, client: httpx.AsyncClient, clock: VirtualClock, state: str
) -> None:
    await browser.decide("allow", **link(state))
    clock.advance(601)
    assert (await poll(client, state)).status_code == 404


async def test_a_link_is_decided_once(browser: Browser, client: httpx.AsyncClient, state: str) -> None:
    page = await browser.sign_in(await browser.open(AUTHORIZE, **link(state)))
    assert (await browser.send(page, decision="allow")).status_code == 200
    assert (await browser.send(page, decision="deny")).status_code == 409
    assert (await poll(client, state)).json()["status"] == "complete"


async def test_of_many_polls_at_once_one_gets_the_code(browser: Browser, client: httpx.AsyncClient, state: str) -> None:
    await browser.decide("allow", **link(state))
    answers = await asyncio.gather(*(poll(client, state) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404, 404]


async def test_polling_is_limited(client: httpx.AsyncClient, clock: VirtualClock, state: str) -> None:
    statuses = [(await poll(client, state)).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    answer = await poll(client, state)
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["error"]["code"] == "rate_limited"
    clock.advance(int(answer.headers["retry-after"]))
    assert (await poll(client, state)).status_code == 200
    for _ in range(30):
        clock.advance(3)
        assert (await poll(client, state)).status_code == 200


async def test_polling_many_states_from_one_address_is_limited(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "POLLS_PER_ADDRESS", replace(service.POLLS_PER_ADDRESS, limit=5))
    statuses = [(await poll(client, secrets.token_urlsafe(24))).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
