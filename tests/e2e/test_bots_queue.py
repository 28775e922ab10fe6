"""More bots than may work at once, and bots that start later, also behind a restart."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from minutebook.kit.ids import new_id
from support.calls.bots import BotServer, attempts, bot_server
from support.calls.pages import CallPages
from support.calls.receivers import WebhookReceiver, webhook_receiver

AT_ONCE = 2
SETTINGS = {"MINUTEBOOK_BOTS__CONCURRENCY": str(AT_ONCE), "MINUTEBOOK_BOTS__LONGEST_S": "3"}
PUNCTUAL_S = 2.0
pytestmark = [pytest.mark.live, pytest.mark.timeout(600), pytest.mark.usefixtures("people_can_come")]


@pytest.fixture
def server(tmp_path: Path, pages: CallPages) -> Iterator[BotServer]:
    with bot_server(tmp_path / "data", pages.url, SETTINGS) as running:
        yield running


@pytest.fixture
def webhooks() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as running:
        yield running


def many_end_well(server: BotServer, webhooks: WebhookReceiver, pages: CallPages, count: int) -> None:
    begun = time.monotonic()
    bots = [
        server.send(pages.p2p(f"queue-{number}", video="off"), webhook_url=webhooks.url, recording_mode="audio_only")
        for number in range(count)
    ]
    accepted_s = time.monotonic() - begun
    most = 0
    while {bot for bot in bots if "complete" in webhooks.told(bot)} != set(bots):
        assert not [bot for bot in bots if "failed" in webhooks.told(bot)]
        assert time.monotonic() - begun < 30 + 30 * count, [webhooks.told(bot) for bot in bots]
        most = max(most, sum(bool(attempts(bot)) for bot in bots))
        time.sleep(0.3)
    print(
        f"\n{count} bots accepted in {accepted_s:.1f} s; all complete after {time.monotonic() - begun:.1f} s; "
        f"at most {most} at once"
    )
    assert most <= AT_ONCE
    for bot in bots:
        assert webhooks.told(bot) == [
            "joining_call",
            "in_call_not_recording",
            "in_call_recording",
            "call_ended",
            "complete",
        ]


def test_five_bots_wait_for_their_turn(server: BotServer, webhooks: WebhookReceiver, pages: CallPages) -> None:
    many_end_well(server, webhooks, pages, 5)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_twenty_bots_wait_for_their_turn(server: BotServer, webhooks: WebhookReceiver, pages: CallPages) -> None:
    many_end_well(server, webhooks, pages, 20)


def late_s(server: BotServer, webhooks: WebhookReceiver, bot_id: str, start_at: int) -> float:
    """How long after its time a bot began to join."""
    told = webhooks.wait(bot_id, "joining_call", 60).body["data"]["status"]["created_at"]
    return datetime.fromisoformat(told).timestamp() - start_at


def test_a_bot_starts_at_its_time(server: BotServer, webhooks: WebhookReceiver, pages: CallPages) -> None:
    start_at = int(time.time()) + 5
    bot_id = server.send(pages.p2p(new_id()), webhook_url=webhooks.url, start_time=start_at)
    late = late_s(server, webhooks, bot_id, start_at)
    print(f"\nstarted {late:.2f} s after its time")
    assert 0 <= late <= PUNCTUAL_S


def test_a_bot_starts_at_its_time_behind_a_restart(
    server: BotServer, webhooks: WebhookReceiver, pages: CallPages
) -> None:
    """Killed, and back just before the bot's time."""
    begun = time.monotonic()
    server.kill()
    server.start()
    restart_s = time.monotonic() - begun
    start_at = int(time.time()) + round(restart_s) + 4
    bot_id = server.send(pages.p2p(new_id()), webhook_url=webhooks.url, start_time=start_at)
    time.sleep(max(0.0, start_at - time.time() - restart_s - 1.5))
    server.kill()
    server.start()
    up_s = start_at - time.time()
    late = late_s(server, webhooks, bot_id, start_at)
    print(f"\nready {up_s:.2f} s before its time; started {late:.2f} s after it")
    assert 0 <= late <= PUNCTUAL_S
