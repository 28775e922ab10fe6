"""The ways out of a call, each played on a page by real participants, each with its own code.

Time limits that the v1 API keeps at two minutes or more are shown with the runner alone, whose orders are shorter.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from minutebook.bots.model import EndReason, Failure
from minutebook.bots.v1.codes import ERRORS
from minutebook.kit.ids import new_id
from support.calls.bots import BotServer, bot_server
from support.calls.home import RunnerAtHome, orders_for, runner
from support.calls.pages import CallPages
from support.calls.participants import participants
from support.calls.receivers import WebhookReceiver, webhook_receiver

SETTINGS = {
    "MINUTEBOOK_BOTS__ALONE_S": "3",
    "MINUTEBOOK_BOTS__LONGEST_S": "20",
    "MINUTEBOOK_BOTS__CONCURRENCY": "3",
}
WAITED = ["joining_call", "in_waiting_room"]
RECORDED = ["joining_call", "in_call_not_recording", "in_call_recording", "call_ended", "complete"]
BOT = "Minutebook"
pytestmark = [pytest.mark.live, pytest.mark.timeout(300), pytest.mark.usefixtures("people_can_come")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, pages: CallPages) -> Iterator[BotServer]:
    with bot_server(tmp_path_factory.mktemp("server") / "data", pages.url, SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def webhooks() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture
def room() -> str:
    return f"room-{new_id()}"


def sent(server: BotServer, webhooks: WebhookReceiver, address: str) -> str:
    return server.send(address, webhook_url=webhooks.url, recording_mode="audio_only")


def failure(webhooks: WebhookReceiver, bot_id: str) -> str:
    return str(webhooks.wait(bot_id, "failed").body["data"]["error"])


def test_denied(server: BotServer, webhooks: WebhookReceiver, pages: CallPages, room: str) -> None:
    pages.room(room, lobby=True)
    bot_id = sent(server, webhooks, pages.p2p(room))
    webhooks.wait(bot_id, "in_waiting_room")
    pages.deny(room, BOT)
    assert failure(webhooks, bot_id) == ERRORS[Failure.NOT_ACCEPTED]
    assert webhooks.told(bot_id) == [*WAITED, "bot_rejected", "failed"]


def test_told_to_stop_while_waiting(server: BotServer, webhooks: WebhookReceiver, pages: CallPages, room: str) -> None:
    pages.room(room, lobby=True)
    bot_id = sent(server, webhooks, pages.p2p(room))
    webhooks.wait(bot_id, "in_waiting_room")
    server.leave(bot_id)
    assert failure(webhooks, bot_id) == ERRORS[Failure.STOPPED]
    assert webhooks.told(bot_id) == [*WAITED, "api_request_stop", "failed"]


def test_admitted_then_everybody_else_leaves(
    server: BotServer, webhooks: WebhookReceiver, pages: CallPages, people_can_come: Playwright, room: str
) -> None:
    pages.room(room, lobby=True)
    with participants(people_can_come, ["Ada"]) as (ada,):
        ada.join_p2p(pages.p2p(room), wait=False)
        pages.admit(room, "Ada")
        bot_id = sent(server, webhooks, pages.p2p(room))
        webhooks.wait(bot_id, "in_waiting_room")
        pages.admit(room, BOT)
        webhooks.wait(bot_id, "in_call_recording")
    webhooks.wait(bot_id, "complete")
    assert webhooks.told(bot_id) == [*WAITED, *RECORDED[1:]]


def test_removed(
    server: BotServer, webhooks: WebhookReceiver, pages: CallPages, people_can_come: Playwright, room: str
) -> None:
    with participants(people_can_come, ["Ada"]) as (ada,):
        ada.join_p2p(pages.p2p(room))
        bot_id = sent(server, webhooks, pages.p2p(room))
        webhooks.wait(bot_id, "in_call_recording")
        time.sleep(1.0)
        pages.remove(room, BOT)
        webhooks.wait(bot_id, "complete")
    assert webhooks.told(bot_id) == RECORDED


def test_the_call_is_ended_for_everybody(
    server: BotServer, webhooks: WebhookReceiver, pages: CallPages, people_can_come: Playwright, room: str
) -> None:
    with participants(people_can_come, ["Ada"]) as (ada,):
        ada.join_p2p(pages.p2p(room))
        bot_id = sent(server, webhooks, pages.p2p(room))
        webhooks.wait(bot_id, "in_call_recording")
        time.sleep(1.0)
        pages.end(room)
        webhooks.wait(bot_id, "complete")
    assert webhooks.told(bot_id) == RECORDED


def ends(running: RunnerAtHome, states: list[str], how: str) -> None:
    ending = running.wait_end()
    assert running.states == states
    assert ending.end_reason == how or ending.failure == how, ending
    assert ending.message


IN_CALL = ["joining", "in_call", "recording"]


def test_nobody_opens_the_waiting_room(pages: CallPages, room: str, tmp_path: Path) -> None:
    pages.room(room, lobby=True)
    with runner(orders_for(pages.p2p(room), new_id(), waiting_room_s=3), tmp_path) as running:
        ends(running, ["joining", "waiting_room"], Failure.NOT_ADMITTED_IN_TIME)
    assert running.pieces == {}


def test_the_time_limits_inside(pages: CallPages, people_can_come: Playwright, room: str, tmp_path: Path) -> None:
    """Nobody came, silence, and the longest stay: three runners at once, in rooms of their own."""
    with (
        participants(people_can_come, ["Ada", "Boris"]) as people,
        runner(orders_for(pages.p2p(room), new_id(), noone_joined_s=4), tmp_path / "nobody") as nobody,
        runner(orders_for(pages.p2p(f"{room}-s"), new_id(), silence_s=5), tmp_path / "silence") as silence,
        runner(orders_for(pages.p2p(f"{room}-l"), new_id(), longest_s=6), tmp_path / "longest") as longest,
    ):
        for person, where in zip(people, ("s", "l"), strict=True):
            person.join_p2p(pages.p2p(f"{room}-{where}"))
        people[1].count(time.time() + 0.2, 60)
        longest.wait_state("recording")
        ends(nobody, IN_CALL, EndReason.NO_ATTENDEES)
        ends(silence, IN_CALL, EndReason.SILENCE)
        ends(longest, IN_CALL, EndReason.LONGEST)
