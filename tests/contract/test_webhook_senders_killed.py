"""Senders are killed with kill -9 at random moments; nothing that was published goes missing, nothing overtakes.
`make soak` kills 50 times on each database, `make test` eight times."""

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from minutebook.db.database import Database
from minutebook.kit.clock import SystemClock
from minutebook.webhooks.model import Shown
from minutebook.webhooks.service import Webhooks
from support.webhook_receiver import Call, Receiver, Reply, webhook_receiver
from support.webhook_sender import FINAL, IMPATIENT, STATUS, Publisher, webhooks_over

BOTS = 6
TESTS = Path(__file__).parents[1]


@asynccontextmanager
async def sender(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that sends what is due, from the moment it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "support.webhook_sender", url), stdout=asyncio.subprocess.PIPE, cwd=TESTS
    )
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def killed_senders(url: str, receiver: Receiver, kills: int, chance: random.Random) -> None:
    """Senders one after the other, each one killed while it sends."""
    for _ in range(kills):
        async with sender(url) as process:
            before = len(receiver.calls)
            while len(receiver.calls) == before:
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0.0, 0.2))
            process.send_signal(signal.SIGKILL)
            assert await process.wait() == -signal.SIGKILL


async def publish_until(done: asyncio.Event, publisher: Publisher, url: str) -> Mapping[str, list[str]]:
    """Status changes of several bots all the while, and a final event for each at the end; the ids by bot."""
    published: dict[str, list[str]] = {f"bot{n}": [] for n in range(BOTS)}
    while not done.is_set():
        for bot_id, ids in published.items():
            ids.append(await publisher.publish(STATUS, bot_id, url=url))
        await asyncio.sleep(0.2)
    for bot_id, ids in published.items():
        ids.append(await publisher.publish(FINAL, bot_id, url=url))
    return published


async def shown(webhooks: Webhooks, database: Database, message_id: str) -> Shown:
    async with database.reading() as tx:
        return await webhooks.show(tx, message_id)


async def nothing_is_missing(database: Database, receiver: Receiver, kills: int) -> None:
    chance = random.Random(20_26)
    # As the sender's process gets it: the password is no secret here.
    url = database.url.render_as_string(hide_password=False)
    webhooks = webhooks_over(database, SystemClock(), IMPATIENT)
    publisher = Publisher(database, webhooks, SystemClock())

    async def answer(_call: Call) -> Reply:
        await asyncio.sleep(chance.uniform(0.0, 0.1))
        return Reply()

    receiver.answer = answer
    done = asyncio.Event()
    publishing = asyncio.create_task(publish_until(done, publisher, receiver.url()))
    await asyncio.gather(*(killed_senders(url, receiver, kills // 2, chance) for _ in range(2)))
    done.set()
    published = await publishing
    expected = {event_id for ids in published.values() for event_id in ids}
    with suppress(TimeoutError):
        async with asyncio.timeout(180):
            while {call.id for call in receiver.processed} != expected:
                await webhooks.deliver_due()
                await asyncio.sleep(0.1)
    missing = expected - {call.id for call in receiver.processed}
    assert missing == set(), [await shown(webhooks, database, each) for each in sorted(missing)]
    for bot_id, ids in published.items():
        assert [call.id for call in receiver.processed if call.json["data"]["bot_id"] == bot_id] == ids
    assert await webhooks.deliver_due() == 0
    print(f"{kills} kills: {len(expected)} messages, {len(receiver.calls) - len(expected)} of them sent again")


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.soak)])
@pytest.mark.timeout(900)
async def test_nothing_goes_missing_when_senders_are_killed(database: Database, kills: int) -> None:
    async with webhook_receiver() as receiver:
        await nothing_is_missing(database, receiver, kills)
