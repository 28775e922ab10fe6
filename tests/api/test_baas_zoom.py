"""Zoom connections over the v1 API, and the tokens that a runner gets."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from minutebook.api.app import create_app
from minutebook.bots.model import BotWish, ZoomAccess
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.wiring import Services
from support.calendars.provider import failing, unreachable
from support.zoom import CLIENT, FakeZoom, services_with

PATH = "/zoom_oauth_connections"
MEETING = "https://us02web.zoom.us/j/81234567890?pwd=x.1"


@dataclass
class Stage:
    zoom: FakeZoom
    services: Services
    http: httpx.AsyncClient
    key: str
    owner_id: str
    asked: list[httpx.Request] = field(default_factory=list)

    async def ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        return await self.http.request(method, path, headers={"x-meeting-baas-api-key": self.key}, **kwargs)

    async def connected(self) -> dict[str, Any]:
        made = await self.ask("POST", f"{PATH}/", json=self.zoom.body(self.zoom.accounts[0]))
        assert made.status_code == 201, made.text
        body: dict[str, Any] = made.json()
        return body

    async def orders(self, **access: str) -> dict[str, str]:
        """What the runner of a new bot with this access is told of Zoom."""
        async with self.services.db.transaction() as tx:
            wish = BotWish(MEETING, "Scribe", zoom=ZoomAccess(**access), deduplication_key=new_id(), extra={"a": "b c"})
            bot = await self.services.bots.create(tx, self.owner_id, wish, api_key=self.key)
        (claim,) = await self.services.bot_dispatch.claim("here", 100)
        path = f"/internal/bots/{bot.id}/attempts/1/orders"
        said = await self.http.get(path, headers={"Authorization": f"Bearer {claim.token}"})
        assert said.status_code == 200, said.text
        zoom: dict[str, str] = said.json()["zoom"]
        return zoom


@pytest.fixture
def sdk_url() -> str | None:
    return None


@pytest.fixture
async def stage(db: Database, settings: Settings, clock: VirtualClock, sdk_url: str | None) -> AsyncIterator[Stage]:
    settings = settings.model_copy(update={"zoom": settings.zoom.model_copy(update={"sdk_url": sdk_url})})
    zoom = FakeZoom(clock.now)
    zoom.account()
    asked: list[httpx.Request] = []

    def others(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path == "/down":
            raise httpx.ConnectError("no route", request=request)
        return httpx.Response(200, text="a page" if request.url.path == "/page" else "the-token\n")

    services = services_with(zoom, settings, db, clock, others)
    async with db.transaction() as tx:
        owner = await services.accounts.local_user(tx)
        key = (await services.accounts.management.create_api_key(tx, owner))[1]
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        yield Stage(zoom, services, http, key, owner.id, asked)


async def test_a_connection_from_making_to_removing(stage: Stage) -> None:
    made = await stage.connected()
    assert (made["state"], made["zoom_user_id"], made["scopes"]) == (
        "connected",
        "zoom-user-1",
        "user:read:user user:read:token",
    )
    for name in ("created_at", "updated_at"):
        assert datetime.fromisoformat(made[name]).tzinfo is None
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", made[name])
    assert (await stage.ask("GET", PATH)).json() == [made]
    assert (await stage.ask("GET", f"{PATH}/{made['uuid']}")).json() == made
    again = await stage.ask("POST", PATH, json=stage.zoom.body(stage.zoom.accounts[0]))
    assert (again.status_code, again.json()["uuid"]) == (201, made["uuid"])
    removed = await stage.ask("DELETE", f"{PATH}/{made['uuid'].upper()}")
    assert (removed.status_code, removed.content) == (204, b"")
    for method in ("GET", "DELETE"):
        assert (await stage.ask(method, f"{PATH}/{made['uuid']}")).status_code == 404
    assert (await stage.ask("GET", f"{PATH}/")).json() == []


@pytest.mark.parametrize("path", [PATH, f"{PATH}/", f"{PATH}/x", f"/meetingbaas{PATH}/"])
async def test_nothing_without_a_key(stage: Stage, path: str) -> None:
    said = await stage.http.get(path)
    assert said.status_code == 401
    assert {"error", "message"} <= said.json().keys()


@pytest.mark.parametrize("path", [f"{PATH}/x", f"{PATH}/x/y", f"{PATH}/x/y/z?a=b"])
async def test_what_does_not_exist_says_so_in_the_contracts_shape(stage: Stage, path: str) -> None:
    said = await stage.ask("GET", path)
    assert said.status_code == 404
    assert {"error", "message"} <= said.json().keys()


async def test_refusals_carry_zooms_words(stage: Stage) -> None:
    account = stage.zoom.accounts[0]
    used = stage.zoom.body(account)
    assert (await stage.ask("POST", PATH, json=used)).status_code == 201
    cases = [
        (used, "Invalid authorization code"),
        (stage.zoom.body(account, redirect_uri="https://app.example.com/other"), "Redirect URI mismatch"),
        (stage.zoom.body(account, zoom_client_secret="wrong"), "Invalid client_id or client_secret"),
    ]
    for body, words in cases:
        said = await stage.ask("POST", PATH, json=body)
        assert (said.status_code, words in said.json()["message"]) == (400, True), said.text
    refused: tuple[object, ...] = ({}, {**used, "authorization_code": ""}, {**used, "redirect_uri": 7}, [], None)
    for wrong in refused:
        said = await stage.ask("POST", PATH, json=wrong)
        assert (said.status_code, "error" in said.json()) == (400, True), said.text
    for fault, status in ((failing(500), 503), (failing(429, {}, retry_after="17"), 503), (unreachable, 503)):
        stage.zoom.faults.append(fault)
        said = await stage.ask("POST", PATH, json=stage.zoom.body(account))
        assert said.status_code == status, said.text


async def test_what_zoom_says_may_be_anything(stage: Stage) -> None:
    account = stage.zoom.accounts[0]
    bodies: tuple[object, ...] = (
        [],
        {"access_token": 7},
        {"error": {"a": ["\x00"]}},
        {"error": "\ud800"},
        {"error": "x" * 9000},
    )
    for body in bodies:
        stage.zoom.faults.append(failing(400, body))
        said = await stage.ask("POST", PATH, json=stage.zoom.body(account))
        assert said.status_code in {400, 503}
        assert len(said.json()["message"]) < 1000


async def test_a_runner_gets_a_fresh_token_each_time(stage: Stage) -> None:
    await stage.connected()
    first = await stage.orders(obf_token_user_id="zoom-user-1")
    second = await stage.orders(obf_token_user_id="zoom-user-1")
    assert first["obf_token"] != second["obf_token"]
    assert first.keys() == {"obf_token", "problem"}
    assert "`MINUTEBOOK_ZOOM__SDK_URL` does not say where to load it from" in first["problem"]


async def test_a_token_that_was_given_comes_first(stage: Stage) -> None:
    sealed = stage.services.sealing.seal("given")
    told = await stage.orders(sealed_obf_token=sealed, obf_token_url="https://a.example/", obf_token_user_id="nobody")
    assert told.pop("problem").startswith("The on-behalf-of token is not used")
    assert told == {"obf_token": "given"}
    assert stage.asked == []
    url = "https://tokens.example.com/obf?team=1"
    told = await stage.orders(obf_token_url=url, access_token_url=f"{url}#x", obf_token_user_id="nobody")
    assert told.pop("problem").startswith("The on-behalf-of token is not used")
    assert told == {"obf_token": "the-token", "zak": "the-token"}
    query = parse_qs(stage.asked[0].url.query.decode())
    assert (query["team"], query["extra"]) == (["1"], ['{"a": "b c"}'])
    assert len(query["bot_uuid"][0]) == 36


async def test_a_token_that_cannot_be_had_is_said_and_no_end_of_the_bot(stage: Stage) -> None:
    assert "no Zoom connection to the user 'nobody'" in (await stage.orders(obf_token_user_id="nobody"))["problem"]
    assert "its answer is no token" in (await stage.orders(obf_token_url="https://tokens.example.com/page"))["problem"]
    told = await stage.orders(access_token_url="https://tokens.example.com/down")
    assert told.keys() == {"problem"}
    assert [request.url.path for request in stage.asked] == ["/page", "/down", "/down"], "what may pass is tried again"
    made = await stage.connected()
    stage.zoom.accounts[0].revoked = True
    assert "Invalid Token!" in (await stage.orders(obf_token_user_id="zoom-user-1"))["problem"]
    shown = (await stage.ask("GET", f"{PATH}/{made['uuid']}")).json()
    assert shown["state"] == "disconnected"
    assert "Invalid Token!" in shown["error_message"]


with_sdk = pytest.mark.parametrize("sdk_url", ["https://source.example.com/6.2.0"])


def signed_by(token: str) -> str:
    """The app that signed."""
    claims: dict[str, str] = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims["appKey"]


@with_sdk
async def test_a_connected_users_bot_joins_with_the_sdk_of_their_app(stage: Stage) -> None:
    await stage.connected()
    told = await stage.orders(obf_token_user_id="zoom-user-1")
    assert told.keys() == {"obf_token", "sdk_url", "sdk_join"}
    join = json.loads(told["sdk_join"])
    assert (join["obfToken"], signed_by(join["signature"])) == (told["obf_token"], CLIENT[0])
    assert (join["meetingNumber"], join["passWord"], join["userName"]) == ("81234567890", "x.1", "Scribe")


@with_sdk
async def test_an_app_that_was_given_signs_and_its_secret_stays(stage: Stage) -> None:
    seal = stage.services.sealing.seal
    app = {"sealed_sdk_id": seal("own-app"), "sealed_sdk_pwd": seal("own-secret-of-the-app")}
    told = await stage.orders(**app, sealed_obf_token=seal("given"))
    assert signed_by(json.loads(told["sdk_join"])["signature"]) == "own-app"
    assert "own-secret-of-the-app" not in json.dumps(told)
    told = await stage.orders(**app)
    assert told.keys() == {"sdk_url", "sdk_join"}, "meetings of the app's own account want no token"
    told = await stage.orders(**app, access_token_url="https://tokens.example.com/zak")
    assert json.loads(told["sdk_join"])["zak"] == "the-token"


@with_sdk
async def test_an_app_without_a_secret_signs_nothing(stage: Stage) -> None:
    seal = stage.services.sealing.seal
    assert await stage.orders(sealed_sdk_id=seal("own-app"), sealed_sdk_pwd=seal("")) == {}


async def test_without_the_sdks_address_a_given_app_is_not_told(stage: Stage) -> None:
    seal = stage.services.sealing.seal
    told = await stage.orders(sealed_sdk_id=seal("own-app"), sealed_sdk_pwd=seal("own-secret-of-the-app"))
    assert told == {}


@with_sdk
async def test_a_token_that_the_sdk_cannot_use_is_said(stage: Stage) -> None:
    told = await stage.orders(sealed_obf_token=stage.services.sealing.seal("given"))
    assert "nothing says which app joins" in told["problem"]
    told = await stage.orders(access_token_url="https://tokens.example.com/zak")
    assert told == {"zak": "the-token"}, "the web client takes it"


async def test_no_answer_holds_a_secret(stage: Stage) -> None:
    made = await stage.connected()
    stage.zoom.accounts[0].revoked = True
    answers = [
        await stage.ask("GET", PATH),
        await stage.ask("GET", f"{PATH}/{made['uuid']}"),
        await stage.ask("POST", PATH, json=stage.zoom.body(stage.zoom.accounts[0], redirect_uri="https://other")),
    ]
    for said in answers:
        for secret in {*stage.zoom.secrets, CLIENT[1]}:
            assert secret not in said.text
