"""What the runner says to its home, byte by byte, and what it makes of the answers."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import httpx
import pytest

from minutebook.bots.home.zoom_tokens import AGAIN_AFTER_S, ANSWER_S
from minutebook.bots.protocol import Beat, CommandAnswer, CommandOrder, Orders, ReportKind, RunnerReport, Ticket
from minutebook.bots.runner.delivery.home import (
    Home,
    HomeAwayError,
    HomeError,
    HomeRefusedError,
    HomeUnwantedError,
    patiently,
)
from minutebook.kit.clock import VirtualClock
from support.fake_call import orders

TICKET = Ticket("http://home.test/", "bot-1", 2, "secret", "/nowhere")


def home_of(answer: Callable[[httpx.Request], httpx.Response]) -> Home:
    return Home(TICKET, httpx.AsyncClient(transport=httpx.MockTransport(answer)))


class Kept:
    """Keeps what was asked; answers the same each time."""

    def __init__(self, answer: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=self._answer)


async def test_orders_are_read_and_what_is_new_in_them_is_passed_over() -> None:
    kept = Kept({**asdict(orders(rejoin=True)), "invented_later": 1})
    assert await home_of(kept).orders() == orders(rejoin=True)
    request = kept.requests[0]
    assert (request.method, str(request.url)) == (
        "GET",
        "http://home.test/internal/bots/bot-1/attempts/2/orders",
    )
    assert request.headers["authorization"] == "Bearer secret"


async def test_home_may_take_its_time_for_orders() -> None:
    """Two tokens, each asked for twice with 15 s of patience: `bots.home.zoom_tokens`."""
    kept = Kept(asdict(orders()))
    await home_of(kept).orders()
    assert kept.requests[0].extensions["timeout"]["read"] > 2 * (2 * ANSWER_S + AGAIN_AFTER_S)


async def test_a_heartbeat() -> None:
    order = {"id": "c", "kind": "chat", "text": "Hello", "left_s": 12.5, "invented_later": 1}
    kept = Kept({"stop": True, "commands": [order]})
    answers = [CommandAnswer("b", done=False, message="It cannot.")]
    beat = await home_of(kept).heartbeat("recording", 7, answers)
    assert beat == Beat(stop=True, commands=(CommandOrder("c", "chat", "Hello", left_s=12.5),))
    assert kept.requests[0].url.path.endswith("/attempts/2/heartbeat")
    assert json.loads(kept.requests[0].content) == {
        "state": "recording",
        "sent": 7,
        "answers": [{"id": "b", "done": False, "message": "It cannot."}],
    }


async def test_reports() -> None:
    kept = Kept({"next": 4})
    report = RunnerReport(3, ReportKind.STATE, 1_700_000_000_000, state="in_call")
    assert await home_of(kept).report([report]) == 4
    row = json.loads(kept.requests[0].content)[0]
    assert row == {
        "seq": 3,
        "kind": "state",
        "at_ms": 1_700_000_000_000,
        "state": "in_call",
        "end_reason": None,
        "failure": None,
        "message": None,
        "code": None,
    }


async def test_media_of_an_earlier_attempt_goes_under_its_number() -> None:
    kept = Kept({})
    await home_of(kept).keep_piece(1, "track.abc", 5, b"bytes", start_ms=10, length_ms=20)
    request = kept.requests[0]
    assert (request.method, request.url.path, request.content) == (
        "PUT",
        "/internal/bots/bot-1/attempts/1/media/track.abc/5",
        b"bytes",
    )
    assert dict(request.url.params) == {"start_ms": "10", "length_ms": "20"}


async def test_a_screenshot() -> None:
    kept = Kept({})
    await home_of(kept).keep_screenshot(2, 0, b"png", name="in_call", taken_ms=99)
    assert kept.requests[0].url.path.endswith("/attempts/2/screenshots/0")
    assert dict(kept.requests[0].url.params) == {"name": "in_call", "taken_ms": "99"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, HomeUnwantedError),
        (404, HomeUnwantedError),
        (410, HomeUnwantedError),
        (400, HomeRefusedError),
        (403, HomeRefusedError),
        (409, HomeRefusedError),
        (413, HomeRefusedError),
        (408, HomeAwayError),
        (429, HomeAwayError),
        (500, HomeAwayError),
        (502, HomeAwayError),
        (503, HomeAwayError),
        (302, HomeAwayError),
    ],
)
async def test_what_an_answer_means(status: int, error: type[HomeError]) -> None:
    with pytest.raises(error):
        await home_of(lambda _: httpx.Response(status, text="why")).heartbeat("joining", 0)


@pytest.mark.parametrize("body", ["<html>", "[]", '"ok"'])
async def test_an_answer_that_is_none_of_ours_comes_from_something_in_between(body: str) -> None:
    with pytest.raises(HomeAwayError):
        await home_of(lambda _: httpx.Response(200, text=body)).heartbeat("joining", 0)


async def test_a_home_that_is_not_there_is_away() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(HomeAwayError):
        await home_of(fail).orders()


async def test_patience_outlasts_minutes_and_ends() -> None:
    clock = VirtualClock()
    began = clock.now()

    async def back_after_five_minutes() -> Orders:
        if (clock.now() - began).total_seconds() < 300:
            raise HomeAwayError("away")
        return orders()

    assert await patiently(back_after_five_minutes, clock) == orders()

    async def never() -> Orders:
        raise HomeAwayError("away")

    began = clock.now()
    with pytest.raises(HomeAwayError):
        await patiently(never, clock)
    assert 600 <= (clock.now() - began).total_seconds() <= 610


async def test_patience_does_not_ask_again_where_it_is_not_wanted() -> None:
    with pytest.raises(HomeUnwantedError):
        await patiently(home_of(lambda _: httpx.Response(410)).orders, VirtualClock())
