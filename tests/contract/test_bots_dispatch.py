"""Hosts that take bots to start: several at once, on SQLite and Postgres."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from minutebook.bots.hosting.dispatch import Claim
from minutebook.bots.repository.attempts import is_anything_due
from minutebook.bots.states import BotState
from minutebook.db.database import Database
from support.bots import WAY_IN, RecordingLauncher, Runner, Stage, open_stage


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> Stage:
    return await open_stage(database, tmp_path)


async def sent(stage: Stage, count: int) -> set[str]:
    return {(await stage.sent(deduplication_key=str(n))).id for n in range(count)}


async def test_each_bot_goes_to_one_host(stage: Stage) -> None:
    ids = await sent(stage, 12)
    claims = await asyncio.gather(*(stage.claimed(f"host-{n}", 4) for n in range(3) for _ in range(3)))
    claimed = [claim for of_one in claims for claim in of_one]
    assert sorted(claim.bot.id for claim in claimed) == sorted(ids)
    for n in range(3):
        assert sum(claim.attempt.host == f"host-{n}" for claim in claimed) <= 4
    assert {(await stage.bot(bot_id)).state for bot_id in ids} == {BotState.JOINING}


async def test_several_hosts_of_one_machine_share_its_places(stage: Stage) -> None:
    await sent(stage, 9)
    claims = await asyncio.gather(*(stage.claimed("here", 3) for _ in range(6)))
    assert sum(map(len, claims)) == 3
    assert await stage.claimed("here", 3) == []
    assert len(await stage.claimed("elsewhere", 2)) == 2


async def test_the_longest_waiting_is_first_and_the_interrupted_before_all(stage: Stage) -> None:
    late = await stage.sent(start_at=stage.clock.now() + timedelta(seconds=20), deduplication_key="late")
    first = await stage.sent()
    runner = await stage.runner()
    early = await stage.sent(start_at=stage.clock.now() + timedelta(seconds=10), deduplication_key="early")
    stage.clock.advance(30)
    await runner.die()
    assert [(await stage.claimed(capacity=n + 1))[0].bot.id for n in range(3)] == [first.id, early.id, late.id]


async def test_nothing_starts_before_its_time(stage: Stage) -> None:
    bot = await stage.sent(start_at=stage.clock.now() + timedelta(hours=3))
    stage.clock.advance(3 * 3600 - 1)
    assert await stage.claimed() == []
    stage.clock.advance(1)
    assert [claim.bot.id for claim in await stage.claimed()] == [bot.id]


async def test_an_interrupted_bot_stays_with_its_host_for_a_moment(stage: Stage) -> None:
    await stage.sent()
    runner = await stage.runner("here")
    await runner.die()
    assert await stage.claimed("elsewhere") == []
    stage.clock.advance(5)
    assert len(await stage.claimed("elsewhere")) == 1


async def test_it_is_tried_again_later_and_later(stage: Stage) -> None:
    bot = await stage.sent()
    waits = []
    for _ in range(5):
        await Runner(stage, (await stage.claimed())[0]).die()
        waits.append(0)
        while not await is_due(stage):
            stage.clock.advance(1)
            waits[-1] += 1
    assert waits == [0, 1, 2, 4, 8]
    assert (await stage.bot(bot.id)).attempt == 5


async def is_due(stage: Stage) -> bool:
    async with stage.db.reading() as read:
        return await is_anything_due(read, stage.clock.now())


async def test_twenty_bots_run_four_at_a_time_and_all_end(stage: Stage, tmp_path: Path) -> None:
    ids = await sent(stage, 20)
    launcher = RecordingLauncher()
    host = stage.host(launcher, tmp_path / "bots")
    most = 0
    for _ in range(60):
        await host.round()
        at_work = [name for name in launcher.launched if name not in launcher.exited]
        most = max(most, len(at_work))
        if at_work:
            ticket = launcher.tickets[at_work[0]]
            await play_out(stage, ticket.bot_id, ticket.attempt, ticket.token)
            launcher.exited.add(at_work[0])
        for bot_id, attempt in at_work[1:]:
            await stage.bot_reception.heartbeat(bot_id, attempt, launcher.tickets[bot_id, attempt].token)
        stage.clock.advance(0.5)
    await stage.jobs.drain()
    assert {(await stage.bot(bot_id)).state for bot_id in ids} == {BotState.COMPLETED}
    assert (most, len(launcher.launched)) == (4, 20)


async def play_out(stage: Stage, bot_id: str, attempt: int, token: str) -> None:
    running = await stage.bot_dispatch.running()
    known = next(each for each, _ in running if (each.bot_id, each.attempt) == (bot_id, attempt))
    runner = Runner(stage, Claim(await stage.bot(bot_id), known, token))
    await runner.reach(*WAY_IN)
    await runner.record(1.0)
    await runner.end(end_reason="meeting_ended")
