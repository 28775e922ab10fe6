"""Sign-in through Google and any OpenID provider, against a small one on this machine that signs with a real key."""

import asyncio
import base64
import hashlib
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from minutebook.accounts.model import User
from minutebook.api.app import create_app
from minutebook.config import OAuthSettings, Settings
from minutebook.kit.clock import VirtualClock
from minutebook.oauth.openid import providers_of
from minutebook.oauth.service import OAuth
from minutebook.wiring import Services

CLIENT, SECRET = "client-of-the-test", "secret-of-the-test"


@dataclass
class Provider:
    """A provider at which everybody is signed in already; `claims` change what its tokens say."""

    issuer: str
    name: str = "google"
    claimed_issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    broken: bool = False
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"}))
    signing_key: RSAKey | None = None
    sessions: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def callback(self) -> str:
        return f"http://minutebook.example/sign-in/{self.name}/callback"

    def settings(self, settings: Settings) -> Any:
        """With this provider as Google, or as the server's own."""
        own = {"openid_issuer": self.issuer, "openid_client_id": CLIENT, "openid_name": "Company"}
        google = {"google_client_id": CLIENT, "google_client_secret": SecretStr(SECRET)}
        wanted = google if self.name == "google" else own | {"openid_client_secret": SecretStr(SECRET)}
        return settings.oauth.model_copy(update=wanted)

    def approve(self, location: str) -> dict[str, str]:
        """The person says yes: what the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(self.issuer + "/authorize?")
        assert (asked["client_id"], asked["response_type"], asked["redirect_uri"]) == (CLIENT, "code", self.callback)
        assert {"openid", "email"} <= set(asked["scope"].split())
        code = secrets.token_urlsafe()
        self.sessions[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, code: str, verifier: str) -> dict[str, Any] | None:
        asked = self.sessions.pop(code, None)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != digest or asked["code_challenge_method"] != "S256":
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "1234567890",
            "iat": now,
            "exp": now + 3600,
            "nonce": asked["nonce"],
            "email": "Ada@example.com",
            "email_verified": True,
        }
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signing_key or self.key)
        return {"access_token": "at", "token_type": "Bearer", "expires_in": 3600, "id_token": signed}

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def metadata() -> dict[str, object]:
            return {
                "issuer": self.claimed_issuer or self.issuer,
                "authorization_endpoint": self.issuer + "/authorize",
                "token_endpoint": self.issuer + "/token",
                "jwks_uri": self.issuer + "/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }

        @app.get("/keys")
        async def keys() -> dict[str, object]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.post("/token")
        async def token(request: Request, code: Annotated[str, Form()], code_verifier: Annotated[str, Form()]) -> Any:
            basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            assert request.headers["authorization"] == basic
            if self.broken:
                return JSONResponse({}, 500)
            answer = self.token(code, code_verifier)
            return answer if answer else JSONResponse({"error": "invalid_grant"}, 400)

        return app


@asynccontextmanager
async def serving(app: FastAPI, listening: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await task


@pytest.fixture(params=["google", "openid"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    listening = socket.create_server(("127.0.0.1", 0))
    made = Provider(f"http://127.0.0.1:{listening.getsockname()[1]}", request.param)
    async with serving(made.app(), listening):
        yield made


@pytest.fixture
async def browser(
    services: Services, settings: Settings, provider: Provider, user: User
) -> AsyncIterator[httpx.AsyncClient]:
    configured = provider.settings(settings)
    metadata_url = provider.issuer + "/.well-known/openid-configuration"
    oauth = OAuth(configured, services.clock, services.accounts, metadata_url)
    transport = httpx.ASGITransport(create_app(replace(services, oauth=oauth)))
    async with httpx.AsyncClient(transport=transport, base_url="http://minutebook.example") as http:
        yield http


async def away(browser: httpx.AsyncClient, provider: Provider, **params: str) -> str:
    answer = await browser.get(f"/sign-in/{provider.name}", params=params)
    assert answer.status_code == 302
    return answer.headers["location"]


async def back(browser: httpx.AsyncClient, provider: Provider, answer: dict[str, str]) -> httpx.Response:
    return await browser.get(f"/sign-in/{provider.name}/callback", params=answer)


async def test_signs_in_who_has_an_account(browser: httpx.AsyncClient, provider: Provider) -> None:
    page = await browser.get("/sign-in", params={"next": "/api/oauth/provider/authorize?x=1"})
    assert f"/sign-in/{provider.name}?next=/api/oauth/provider/authorize%3Fx%3D1" in page.text
    done = await back(
        browser, provider, provider.approve(await away(browser, provider, next="/api/oauth/provider/authorize?x=1"))
    )
    assert (done.status_code, done.headers["location"]) == (303, "/api/oauth/provider/authorize?x=1")
    assert "Ada Lovelace" in (await browser.get("/settings")).text


async def test_a_known_subject_keeps_its_account_when_the_address_changes(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    await back(browser, provider, provider.approve(await away(browser, provider)))
    provider.claims = {"email": "ada@new.example"}
    assert (await back(browser, provider, provider.approve(await away(browser, provider)))).status_code == 303


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"email": "stranger@example.com"}, "account_unknown"),
        ({"email_verified": False}, "email_unverified"),
        ({"email_verified": None}, "email_unverified"),
        ({"email": None}, "email_unverified"),
        ({"aud": "another-client"}, "sign_in_refused"),
        ({"aud": "another-client", "azp": CLIENT}, "sign_in_refused"),
        ({"iss": "https://evil.example"}, "sign_in_refused"),
        ({"nonce": "replayed"}, "sign_in_refused"),
        ({"nonce": None}, "sign_in_refused"),
        ({"exp": 1}, "sign_in_refused"),
        ({"sub": None}, "sign_in_refused"),
    ],
)
async def test_tokens_that_vouch_for_nobody(
    browser: httpx.AsyncClient, provider: Provider, claims: dict[str, object], code: str
) -> None:
    provider.claims = claims
    answer = await back(browser, provider, provider.approve(await away(browser, provider)))
    assert answer.status_code == 403
    assert f"{provider.name}_{code}" in answer.text
    assert "minutebook_session" not in browser.cookies


async def test_a_token_signed_by_somebody_else(browser: httpx.AsyncClient, provider: Provider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "1"})
    answer = await back(browser, provider, provider.approve(await away(browser, provider)))
    assert f"{provider.name}_sign_in_refused" in answer.text


async def test_state_is_good_once_and_in_its_browser_only(
    browser: httpx.AsyncClient, provider: Provider, client: httpx.AsyncClient
) -> None:
    approved = provider.approve(await away(browser, provider))
    elsewhere = httpx.AsyncClient(transport=browser._transport, base_url="http://minutebook.example")
    assert f"{provider.name}_sign_in_expired" in (await back(elsewhere, provider, approved)).text
    assert f"{provider.name}_sign_in_expired" in (await back(browser, provider, approved)).text
    assert f"{provider.name}_sign_in_expired" in (await back(browser, provider, {})).text
    approved = provider.approve(await away(browser, provider))
    assert (await back(browser, provider, approved)).status_code == 303
    assert f"{provider.name}_sign_in_expired" in (await back(browser, provider, approved)).text


async def test_state_expires(browser: httpx.AsyncClient, provider: Provider, clock: VirtualClock) -> None:
    approved = provider.approve(await away(browser, provider))
    clock.advance(600)
    assert f"{provider.name}_sign_in_expired" in (await back(browser, provider, approved)).text


async def test_refused_at_google(browser: httpx.AsyncClient, provider: Provider) -> None:
    approved = provider.approve(await away(browser, provider))
    answer = await back(browser, provider, {"error": "access_denied", "state": approved["state"]})
    assert (answer.status_code, f"{provider.name}_sign_in_refused" in answer.text) == (403, True)


async def test_google_answers_with_an_error(browser: httpx.AsyncClient, provider: Provider) -> None:
    approved = provider.approve(await away(browser, provider))
    provider.broken = True
    answer = await back(browser, provider, approved)
    assert (answer.status_code, f"{provider.name}_unavailable" in answer.text) == (503, True)


async def test_answers_and_documents_of_another_issuer(browser: httpx.AsyncClient, provider: Provider) -> None:
    approved = provider.approve(await away(browser, provider))
    answer = await back(browser, provider, {**approved, "iss": "https://evil.example"})
    assert f"{provider.name}_sign_in_refused" in answer.text


@pytest.mark.parametrize("provider", ["openid"], indirect=True)
async def test_the_issuer_is_the_one_that_was_configured(browser: httpx.AsyncClient, provider: Provider) -> None:
    provider.claimed_issuer = "https://evil.example"
    answer = await browser.get("/sign-in/openid")
    assert (answer.status_code, "openid_sign_in_refused" in answer.text) == (403, True)
    assert (await browser.get("/sign-in/google")).status_code == 404


@pytest.mark.parametrize("address", ["http://id.example", "ftp://id.example", "id.example"])
def test_an_issuer_is_reached_over_https(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        OAuthSettings(openid_issuer=address)


async def test_two_issuers_have_subjects_of_their_own(settings: Settings) -> None:
    keys = {providers_of(Provider(f"https://{each}.example", "openid").settings(settings), "")[0].key for each in "ab"}
    assert len(keys) == 2


async def test_google_is_away(services: Services, settings: Settings, user: User) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    configured = Provider("").settings(settings)
    oauth = OAuth(configured, services.clock, services.accounts, nowhere)
    transport = httpx.ASGITransport(create_app(replace(services, oauth=oauth)))
    async with httpx.AsyncClient(transport=transport, base_url="http://minutebook.example") as http:
        answer = await http.get("/sign-in/google")
    assert (answer.status_code, "google_unavailable" in answer.text) == (503, True)
