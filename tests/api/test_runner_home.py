"""`/internal/bots`: a runner's walk over HTTP, and what others get there."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from minutebook.accounts.model import User
from minutebook.bots.home.reception import PIECE_MAX_BYTES
from minutebook.bots.hosting.launchers.fake import silence
from minutebook.bots.model import Bot, BotWish
from minutebook.bots.protocol import Orders, ReportKind, RunnerReport, Ticket, to_json
from minutebook.bots.runner.delivery.home import Home, HomeUnwantedError
from minutebook.bots.states import BotState
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.wiring import Services


@dataclass
class Visitor:
    """A runner's connection to its home."""

    http: httpx.AsyncClient
    bot: Bot
    token: str

    def path(self, rest: str, attempt: object = 1) -> str:
        return f"/internal/bots/{self.bot.id}/attempts/{attempt}/{rest}"

    async def ask(self, method: str, rest: str, *, attempt: object = 1, **how: Any) -> httpx.Response:
        headers = how.pop("headers", {"Authorization": f"Bearer {self.token}"})
        return await self.http.request(method, self.path(rest, attempt), headers=headers, **how)


@pytest.fixture
async def runner(services: Services, client: httpx.AsyncClient, user: User) -> Visitor:
    async with services.db.transaction() as tx:
        wish = BotWish("https://meet.google.com/abc-defg-hij", "Scribe")
        bot = await services.bots.create(tx, user.id, wish, api_key="mbk_key")
    (claim,) = await services.bot_dispatch.claim("here", 1)
    return Visitor(client, bot, claim.token)


def told(*states: str, first: int = 0, at_ms: int = 1772442000000) -> list[dict[str, Any]]:
    return [to_json(RunnerReport(first + n, ReportKind.STATE, at_ms, state=state)) for n, state in enumerate(states)]


async def now(services: Services, bot: Bot) -> Bot:
    async with services.db.reading() as read:
        return await services.bots.get(read, bot.owner_id, bot.id)


async def test_the_walk_of_a_runner(services: Services, runner: Visitor, clock: VirtualClock) -> None:
    orders = await runner.ask("GET", "orders")
    assert orders.status_code == 200
    assert Orders(**orders.json()).platform == "google_meet"
    assert (await runner.ask("POST", "heartbeat", json={"state": "joining", "sent": 0})).json() == {
        "stop": False,
        "commands": [],
    }
    answer = await runner.ask("POST", "reports", json=told("joining", "in_call", "recording"))
    assert answer.json() == {"next": 3}
    piece = silence(1.0)
    for _ in range(2):
        answer = await runner.ask(
            "PUT", "media/audio/0", params={"start_ms": 1772442000000, "length_ms": 1000}, content=piece
        )
        assert (answer.status_code, answer.content) == (204, b"")
    answer = await runner.ask(
        "PUT", "screenshots/0", params={"name": "joined", "taken_ms": 1772442000000}, content=b"png"
    )
    assert answer.status_code == 204
    async with services.db.transaction() as tx:
        await services.bots.leave(tx, runner.bot.owner_id, runner.bot.id)
    assert (await runner.ask("POST", "heartbeat", json={})).json() == {"stop": True, "commands": []}
    end = [to_json(RunnerReport(3, ReportKind.ENDED, 1772442001000, end_reason="stopped"))]
    for _ in range(2):
        assert (await runner.ask("POST", "reports", json=end)).json() == {"next": 4}
    assert (await now(services, runner.bot)).state is BotState.ENDED
    late = await runner.ask("PUT", "media/audio/1", params={"start_ms": 1, "length_ms": 1}, content=piece)
    assert (late.status_code, late.json()["error"]["code"]) == (404, "bot_over")
    assert (await runner.ask("GET", "orders")).status_code == 404


async def test_the_runners_own_client_understands_its_home(services: Services, runner: Visitor, app: FastAPI) -> None:
    ticket = Ticket("http://minutebook.example/", runner.bot.id, 1, runner.token, "spool")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        home = Home(ticket, http)
        assert (await home.orders()).bot_name == "Scribe"
        assert not (await home.heartbeat("joining", 3)).stop
        assert await home.report([RunnerReport(0, ReportKind.STATE, 0, state="waiting_room")]) == 1
        await home.keep_piece(1, "track.a-1_B", 0, silence(0.5), start_ms=5, length_ms=500)
        await home.keep_screenshot(1, 0, b"png", name="joining", taken_ms=5)
        with pytest.raises(HomeUnwantedError):
            await Home(Ticket("http://minutebook.example", new_id(), 1, runner.token, "spool"), http).orders()
    assert (await now(services, runner.bot)).state is BotState.WAITING_ROOM


async def test_a_second_attempt_delivers_what_the_first_one_left(services: Services, runner: Visitor) -> None:
    await services.bot_dispatch.gone(runner.bot.id, 1)
    (claim,) = await services.bot_dispatch.claim("here", 1)
    params = {"start_ms": 1772442000000, "length_ms": 1000}
    old = await runner.ask("PUT", "media/audio/0", params=params, content=silence(1.0))
    assert old.status_code == 204, "a runner that was taken for dead still has sound to deliver"
    assert (await runner.ask("POST", "heartbeat", json={})).json() == {"stop": True, "commands": []}
    refused = await runner.ask("GET", "orders")
    assert refused.json()["error"]["code"] == "attempt_superseded"
    runner.token = claim.token
    assert (await runner.ask("PUT", "media/audio/1", params=params, content=silence(1.0))).status_code == 204
    assert (await runner.ask("GET", "orders", attempt=2)).json()["attempt"] == 2


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer mbr_guessed"}])
async def test_nobody_else_gets_in(runner: Visitor, headers: dict[str, str]) -> None:
    params = {"start_ms": 1, "length_ms": 1, "name": "x", "taken_ms": 1}
    for method, rest, how in (
        ("GET", "orders", {}),
        ("POST", "heartbeat", {"json": {}}),
        ("POST", "reports", {"json": []}),
        ("PUT", "media/audio/0", {"params": params, "content": b"x"}),
        ("PUT", "screenshots/0", {"params": params, "content": b"x"}),
    ):
        answer = await runner.ask(method, rest, headers=headers, **how)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] in {"token_missing", "token_invalid"}


async def test_a_users_token_or_another_bots_is_none(
    services: Services, runner: Visitor, user: User, user_token: Any
) -> None:
    async with services.db.transaction() as tx:
        wish = BotWish("https://meet.google.com/xyz-defg-hij", "Other")
        await services.bots.create(tx, user.id, wish, api_key=None)
    (claim,) = await services.bot_dispatch.claim("here", 2)
    for token in (claim.token, await user_token()):
        runner.token = token
        assert (await runner.ask("GET", "orders")).status_code == 401


@pytest.mark.parametrize(
    ("method", "rest", "how", "status"),
    [
        ("GET", "orders", {"attempt": "x"}, 404),
        ("GET", "orders", {"attempt": 2}, 404),
        ("GET", "orders", {"attempt": 10**30}, 404),
        ("POST", "reports", {"json": {}}, 400),
        ("POST", "reports", {"json": [{"seq": -1, "kind": "state", "at_ms": 0}]}, 400),
        ("POST", "reports", {"json": [{"seq": 0, "kind": "wish", "at_ms": 0}]}, 400),
        ("POST", "reports", {"json": [{"seq": 0, "kind": "state", "at_ms": 0, "state": "completed"}]}, 400),
        ("POST", "reports", {"json": [{"seq": 0, "kind": "ended", "at_ms": 0, "failure": "x"}]}, 400),
        ("POST", "reports", {"json": [{"seq": 0, "kind": "state", "at_ms": 0}] * 1001}, 400),
        ("POST", "reports", {"content": b"{"}, 400),
        ("POST", "heartbeat", {"json": {"state": 5}}, 400),
        ("PUT", "media/audio/0", {"content": b"x"}, 400),
        ("PUT", "media/audio/0", {"params": {"start_ms": 10**30, "length_ms": 1}, "content": b"x"}, 400),
        ("PUT", "media/audio/0", {"params": {"start_ms": "x", "length_ms": 1}, "content": b"x"}, 400),
        ("PUT", "media/..%2f..%2fx/0", {"params": {"start_ms": 0, "length_ms": 1}, "content": b"x"}, 404),
        ("PUT", "media/video.mp4/0", {"params": {"start_ms": 0, "length_ms": 1}, "content": b"x"}, 400),
        ("PUT", "media/audio/99999999999", {"params": {"start_ms": 0, "length_ms": 1}, "content": b"x"}, 400),
        ("PUT", "screenshots/0", {"params": {"name": "x\x00", "taken_ms": 0}, "content": b"x"}, 400),
        ("PUT", "screenshots/0", {"params": {"name": "x", "taken_ms": 10**18}, "content": b"x"}, 400),
        ("GET", "nothing", {}, 404),
    ],
)
async def test_what_no_runner_sends(runner: Visitor, method: str, rest: str, how: dict[str, Any], status: int) -> None:
    answer = await runner.ask(method, rest, **how)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "field"}


@pytest.mark.parametrize("at_ms", [-(10**18), 10**18])
async def test_clocks_that_are_wrong(services: Services, runner: Visitor, at_ms: int) -> None:
    answer = await runner.ask("POST", "reports", json=told("waiting_room", "in_call", at_ms=at_ms))
    assert answer.json() == {"next": 2}
    assert (await now(services, runner.bot)).joined_at == runner.bot.created_at


async def test_pieces_have_a_limit(runner: Visitor) -> None:
    params = {"start_ms": 0, "length_ms": 1}
    headers = {"Authorization": f"Bearer {runner.token}", "Content-Length": str(PIECE_MAX_BYTES + 1)}
    answer = await runner.ask("PUT", "media/video/0", params=params, content=b"x", headers=headers)
    assert answer.status_code == 413
    large = b"x" * (2 * 1024 * 1024)
    assert (await runner.ask("PUT", "media/video/0", params=params, content=large)).status_code == 204


async def test_runners_are_no_part_of_the_public_description(client: httpx.AsyncClient) -> None:
    document = json.dumps((await client.get("/openapi.json")).json())
    assert "/internal/" not in document
