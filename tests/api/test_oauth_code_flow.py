"""The authorisation code flow, from the link to the tokens."""

import asyncio
import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from minutebook.config import Settings
from minutebook.kit.clock import VirtualClock
from support.browser import Browser

BASE = "http://minutebook.example"
CALLBACK = "http://localhost:3000/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
TOKEN = "/api/oauth/provider/token"
ALL = "session media analysis user:read"


def link(**more: str) -> dict[str, str]:
    return {"response_type": "code", "redirect_uri": CALLBACK, "state": "s t/a+t&e=%20é", **more}


def query(answer: httpx.Response) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def code_of(browser: Browser, **more: str) -> str:
    answer = await browser.decide("allow", **link(**more))
    assert answer.status_code == 302, answer.text
    return query(answer)["code"]


async def exchange(client: httpx.AsyncClient, code: str, **more: str) -> httpx.Response:
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **more}
    return await client.post(TOKEN, json=body)


async def me(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/api/users/me", headers={"Authorization": f"Bearer {token}"})).status_code


async def test_link_sign_in_consent_code_tokens(browser: Browser, client: httpx.AsyncClient) -> None:
    page = await browser.open("/api/oauth/provider/authorize", **link())
    assert page.url.path == "/sign-in"
    page = await browser.sign_in(page)
    assert "localhost:3000" in page.text
    assert "Upload and read your recordings" in page.text
    answer = await browser.send(page, decision="allow")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(CALLBACK + "?code=")
    assert query(answer)["state"] == link()["state"]

    tokens = await exchange(client, query(answer)["code"])
    assert tokens.status_code == 200
    assert tokens.headers["cache-control"] == "no-store"
    body = tokens.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, ALL)
    assert await me(client, body["access_token"]) == 200
    assert await me(client, body["refresh_token"]) == 401


async def test_second_link_in_the_same_browser_asks_for_consent_alone(browser: Browser) -> None:
    await browser.decide("allow", **link())
    page = await browser.open("/api/oauth/provider/authorize", **link())
    assert "<h1>Allow" in page.text


async def test_denied(browser: Browser) -> None:
    answer = await browser.decide("deny", **link())
    assert answer.status_code == 302
    assert query(answer)["error"] == "access_denied"
    assert query(answer)["state"] == link()["state"]
    assert "code" not in query(answer)


async def test_form_encoded_exchange(browser: Browser, client: httpx.AsyncClient) -> None:
    code = await code_of(browser)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert (await client.post(TOKEN, data=form)).status_code == 200


async def test_fewer_scopes(browser: Browser, client: httpx.AsyncClient) -> None:
    page = await browser.sign_in(await browser.open("/api/oauth/provider/authorize", **link(scope="media session")))
    assert "analyses" not in page.text
    answer = await browser.send(page, decision="allow")
    tokens = (await exchange(client, query(answer)["code"])).json()
    assert tokens["scope"] == "session media"
    assert await me(client, tokens["access_token"]) == 403


async def test_redirect_uri_keeps_its_own_query(browser: Browser) -> None:
    answer = await browser.decide("allow", **link(redirect_uri="http://127.0.0.1:9/cb?x=1"))
    assert answer.headers["location"].startswith("http://127.0.0.1:9/cb?x=1&code=")


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "session everything"}, "invalid_scope"),
        ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_wrong_requests_go_back_to_the_client(
    client: httpx.AsyncClient, parameters: dict[str, str], error: str
) -> None:
    answer = await client.get("/api/oauth/provider/authorize", params=link(**parameters))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(CALLBACK)
    assert query(answer)["error"] == error
    assert query(answer)["state"] == link()["state"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": ""},
        {"flow": "other"},
        {"state": "x" * 5000},
    ],
)
async def test_unsafe_requests_are_pages_and_never_redirected(
    client: httpx.AsyncClient, parameters: dict[str, str]
) -> None:
    answer = await client.get("/api/oauth/provider/authorize", params=link(**parameters))
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "This did not work" in answer.text


async def test_parameters_named_twice_are_refused(client: httpx.AsyncClient) -> None:
    pairs: list[tuple[str, str | int | float | bool | None]] = [
        *link().items(),
        ("redirect_uri", "https://evil.example"),
    ]
    assert (await client.get("/api/oauth/provider/authorize", params=pairs)).status_code == 400


async def test_decision_is_checked_like_the_link(browser: Browser) -> None:
    page = await browser.sign_in(await browser.open("/api/oauth/provider/authorize", **link()))
    answer = await browser.send(page, decision="allow", redirect_uri="https://evil.example/")
    assert answer.status_code == 400


async def test_configured_redirect_uri(browser: Browser, settings: Settings) -> None:
    settings.oauth.redirect_uris.append("https://app.example.com/cb")
    answer = await browser.decide("allow", **link(redirect_uri="https://app.example.com/cb"))
    assert answer.headers["location"].startswith("https://app.example.com/cb?code=")
    other = await browser.open("/api/oauth/provider/authorize", **link(redirect_uri="https://app.example.com/cb/"))
    assert other.status_code == 400


async def test_pkce(browser: Browser, client: httpx.AsyncClient) -> None:
    pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    code = await code_of(browser, **pkce)
    for wrong in ({}, {"code_verifier": "w" * 43}, {"code_verifier": CHALLENGE}, {"code_verifier": ""}):
        answer = await exchange(client, code, **wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await exchange(client, code, code_verifier=VERIFIER)).status_code == 200


async def test_verifier_without_challenge_is_refused(browser: Browser, client: httpx.AsyncClient) -> None:
    answer = await exchange(client, await code_of(browser), code_verifier=VERIFIER)
    assert answer.json()["error"] == "invalid_grant"


async def test_code_is_bound_to_its_redirect_uri(browser: Browser, client: httpx.AsyncClient) -> None:
    code = await code_of(browser)
    answer = await exchange(client, code, redirect_uri="http://localhost:3001/callback")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_code_expires(browser: Browser, client: httpx.AsyncClient, clock: VirtualClock) -> None:
    first, second = await code_of(browser), await code_of(browser)
    clock.advance(599)
    assert (await exchange(client, first)).status_code == 200
    clock.advance(1)
    assert (await exchange(client, second)).json()["error"] == "invalid_grant"


async def test_replayed_code_revokes_what_was_made_from_it(browser: Browser, client: httpx.AsyncClient) -> None:
    code, other = await code_of(browser), await code_of(browser)
    tokens = (await exchange(client, code)).json()
    untouched = (await exchange(client, other)).json()
    refreshed = await client.post(TOKEN, json={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    replay = await exchange(client, code)
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    for access in (tokens["access_token"], refreshed.json()["access_token"]):
        assert await me(client, access) == 401
    again = {"grant_type": "refresh_token", "refresh_token": refreshed.json()["refresh_token"]}
    assert (await client.post(TOKEN, json=again)).json()["error"] == "invalid_grant"
    assert await me(client, untouched["access_token"]) == 200


async def test_of_two_exchanges_at_once_one_succeeds(browser: Browser, client: httpx.AsyncClient) -> None:
    code = await code_of(browser)
    answers = await asyncio.gather(*(exchange(client, code) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


@pytest.mark.parametrize(
    "request_",
    [
        {"content": b""},
        {"content": b"{", "headers": {"content-type": "application/json"}},
        {"content": b"\xff\xfe", "headers": {"content-type": "application/json"}},
        {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}},
        {"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"%00=%ff&%=", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"json": []},
        {"json": "text"},
        {"json": None},
        {"json": {"grant_type": "password", "username": "a", "password": "b"}},
        {"json": {"grant_type": ["authorization_code"]}},
        {"json": {"grant_type": {"a": 1}}},
        {"json": {"grant_type": "authorization_code"}},
        {"json": {"grant_type": "authorization_code", "code": "x"}},
        {"json": {"grant_type": "authorization_code", "code": 7, "redirect_uri": CALLBACK}},
        {
            "content": rb'{"grant_type":"refresh_token","refresh_token":"\ud800"}',
            "headers": {"content-type": "application/json"},
        },
        {"json": {"grant_type": "authorization_code", "code": "\x00", "redirect_uri": "\x00"}},
        {"json": {"grant_type": "refresh_token"}},
        {"json": {"grant_type": "refresh_token", "refresh_token": "mbr_unknown"}},
        {"data": {"grant_type": ["refresh_token", "refresh_token"], "refresh_token": "x"}},
        {"files": {"grant_type": ("a.txt", b"refresh_token")}},
    ],
)
async def test_malformed_token_requests_are_400_with_an_oauth_body(
    client: httpx.AsyncClient, request_: dict[str, Any]
) -> None:
    answer = await client.post(TOKEN, **request_)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error"] in {"invalid_request", "invalid_grant", "unsupported_grant_type"}


async def test_metadata_names_the_addresses(client: httpx.AsyncClient) -> None:
    metadata = (await client.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["issuer"] == BASE
    assert metadata["token_endpoint"] == BASE + TOKEN
    assert metadata["authorization_endpoint"] == BASE + "/api/oauth/provider/authorize"
    assert metadata["revocation_endpoint"] == BASE + "/api/oauth/provider/revoke"
    assert metadata["code_challenge_methods_supported"] == ["S256"]
