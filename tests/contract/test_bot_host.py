"""A bot host under a clock that is moved by hand, with a launcher that only notes what it is asked."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from minutebook.bots.hosting.dispatch import Claim
from minutebook.bots.hosting.host import home_probe
from minutebook.bots.hosting.launchers.fake import FakeLauncher
from minutebook.bots.states import BotState
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from support.bots import WAY_IN, RecordingLauncher, Runner, Stage, open_stage


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> Stage:
    return await open_stage(database, tmp_path)


@pytest.fixture
def launcher() -> RecordingLauncher:
    return RecordingLauncher()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bots"


async def played(stage: Stage, launcher: RecordingLauncher, attempt: int = 1) -> Runner:
    """The runner of the last launched attempt."""
    bot_id, number = launcher.launched[-1]
    assert number == attempt
    known = next(a for a, _ in await stage.bot_dispatch.running() if (a.bot_id, a.attempt) == (bot_id, number))
    return Runner(stage, Claim(await stage.bot(bot_id), known, launcher.tickets[bot_id, number].token))


async def test_a_scheduled_bot_starts_in_time_also_after_a_restart(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    bot = await stage.sent(start_at=stage.clock.now() + timedelta(seconds=100))
    host = stage.host(launcher, folder)
    await host.round()
    stage.clock.advance(99.5)
    await host.round()
    assert launcher.launched == []
    restarted = stage.host(launcher, folder)
    stage.clock.advance(0.6)
    await restarted.round()
    assert launcher.launched == [(bot.id, 1)]
    ticket = launcher.tickets[bot.id, 1]
    assert (ticket.home, ticket.spool) == ("http://127.0.0.1:9", str(folder / bot.id / "spool"))
    assert Path(ticket.spool).is_dir()


async def test_a_runner_that_exits_is_replaced_in_the_same_round(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    bot = await stage.sent()
    host = stage.host(launcher, folder)
    await host.round()
    await (await played(stage, launcher)).reach(*WAY_IN)
    launcher.exited.add((bot.id, 1))
    await host.round()
    assert launcher.ended_ones == [(bot.id, 1)], "what it left running is ended"
    assert launcher.launched == [(bot.id, 1), (bot.id, 2)]
    assert await stage.told(bot.id) == [
        "joining",
        "in_call",
        "recording",
        "paused",
    ]


async def test_a_silent_runner_is_noticed(stage: Stage, launcher: RecordingLauncher, folder: Path) -> None:
    bot = await stage.sent()
    host = stage.host(launcher, folder)
    await host.round()
    runner = await played(stage, launcher)
    for _ in range(60):
        stage.clock.advance(0.5)
        await runner.beat()
        await host.round()
    assert launcher.launched == [(bot.id, 1)]
    silent_s = 0.0
    while len(launcher.launched) == 1 and silent_s < 60:
        stage.clock.advance(0.5)
        silent_s += 0.5
        await host.round()
    assert 13.0 <= silent_s <= 15.5
    assert launcher.ended_ones == [(bot.id, 1)]


async def test_a_server_that_is_away_makes_no_runner_lost(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    bot = await stage.sent()
    host = stage.host(launcher, folder, is_up=False)
    await host.round()
    stage.clock.advance(2)
    await (await played(stage, launcher)).beat()
    for _ in range(200):
        await host.round()
        stage.clock.advance(0.5)
    assert launcher.launched == [(bot.id, 1)]
    back = stage.host(launcher, folder)  # a host that has just been started gives them time as well
    for _ in range(29):
        await back.round()
        stage.clock.advance(0.5)
    assert launcher.launched == [(bot.id, 1)]
    stage.clock.advance(1)
    await back.round()
    assert launcher.launched == [(bot.id, 1), (bot.id, 2)]


async def test_a_machine_that_slept_makes_no_runner_lost(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    await stage.sent()
    host = stage.host(launcher, folder)
    await host.round()
    stage.clock.advance(3600)
    await host.round()
    assert len(launcher.launched) == 1


async def test_a_database_that_was_away_makes_no_runner_lost(
    stage: Stage, launcher: RecordingLauncher, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounds go on and fail; when it is back, heartbeats get the time to come again."""

    async def away() -> object:
        raise MinutebookError(Kind.UNAVAILABLE, "database_unavailable", "Away.", retryable=True)

    await stage.sent()
    host = stage.host(launcher, folder)
    await host.round()
    with monkeypatch.context() as outage:
        outage.setattr(stage.bot_dispatch, "running", away)
        for _ in range(120):
            with pytest.raises(MinutebookError):
                await host.round()
            stage.clock.advance(0.5)
    await host.round()
    assert len(launcher.launched) == 1


async def test_the_runner_of_a_dead_machine_is_replaced_on_another(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    bot = await stage.sent()
    dead = RecordingLauncher()
    await stage.host(dead, folder, name="dead").round()
    stage.clock.advance(2)
    await (await played(stage, dead)).beat()
    alive = stage.host(launcher, folder, name="alive")
    waited_s = 0.0
    while not launcher.launched and waited_s < 60:
        await alive.round()
        stage.clock.advance(0.5)
        waited_s += 0.5
    assert launcher.launched == [(bot.id, 2)]
    assert waited_s <= 30, "the loss of a machine is seen within 30 s"
    assert launcher.ended_ones == [], "that process is not on this machine"


async def test_a_runner_that_cannot_be_started_is_tried_again(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    bot = await stage.sent()
    launcher.refuse = lambda ticket: ticket.attempt < 3
    host = stage.host(launcher, folder)
    for _ in range(10):
        await host.round()
        stage.clock.advance(0.5)
    assert launcher.launched == [(bot.id, 3)]


async def test_a_host_that_died_between_claim_and_start(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    bot = await stage.sent()
    await stage.claimed("here")
    host = stage.host(launcher, folder)
    await host.round()
    assert launcher.launched == [], "the other host may be just starting it"
    stage.clock.advance(7)
    await host.round()
    stage.clock.advance(7)
    await host.round()
    assert launcher.launched == [(bot.id, 2)]


async def test_a_process_that_lingers_is_ended_and_its_place_is_free(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    stage.settings.concurrency = 1
    first, second = await stage.sent(), await stage.sent(deduplication_key="2")
    host = stage.host(launcher, folder)
    await host.round()
    runner = await played(stage, launcher)
    await runner.end(failure="not_accepted")
    for _ in range(8):
        stage.clock.advance(5)
        await runner.beat()
        await host.round()
    assert launcher.ended_ones == [(first.id, 1)]
    assert launcher.launched == [(first.id, 1), (second.id, 1)]
    assert (await stage.bot(first.id)).state is BotState.FAILED


async def test_a_runner_that_does_not_leave_when_told_is_ended(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    bot = await stage.sent()
    host = stage.host(launcher, folder)
    await host.round()
    runner = await played(stage, launcher)
    await runner.reach(*WAY_IN)
    await stage.left(bot.id)
    for _ in range(26):
        await runner.beat()
        await host.round()
        stage.clock.advance(5)
    assert launcher.launched == [(bot.id, 1), (bot.id, 2)]
    second = await played(stage, launcher, 2)
    async with stage.db.reading() as read:
        assert (await stage.bot_reception.orders(read, bot.id, 2, second.claim.token)).stop


async def test_strays_are_swept_and_folders_go_when_their_time_has_come(
    stage: Stage, launcher: RecordingLauncher, folder: Path
) -> None:
    bot = await stage.sent()
    host = stage.host(launcher, folder)
    await host.round()
    assert launcher.swept[-1] == {(bot.id, 1)}
    runner = await played(stage, launcher)
    await runner.reach(*WAY_IN)
    await runner.record()
    (folder / bot.id / "runner.log").write_text("hello")
    (folder / "not-a-bot").mkdir()
    await runner.end(end_reason="stopped")
    await stage.jobs.drain()
    launcher.exited.add((bot.id, 1))
    await host.round()
    stage.clock.advance(10)
    await host.round()
    assert launcher.swept[-1] == set()
    assert sorted(path.name for path in folder.rglob("*")) == sorted([bot.id, "runner.log", "not-a-bot"])
    async with stage.db.transaction() as tx:
        await stage.bots.delete_data(tx, stage.owner.id, bot.id)
    stage.clock.advance(10)
    await host.round()
    assert [path.name for path in folder.iterdir()] == ["not-a-bot"]


async def test_no_bots_here(stage: Stage, launcher: RecordingLauncher, folder: Path) -> None:
    stage.settings.concurrency = 0
    await stage.sent()
    await stage.host(launcher, folder).round()
    assert launcher.launched == []


async def test_with_the_fake_launcher_a_bot_goes_the_whole_way(stage: Stage, folder: Path) -> None:
    def launcher() -> FakeLauncher:
        return FakeLauncher(stage.db, stage.clock, stage.bot_reception)

    bot = await stage.sent()
    await stage.host(launcher(), folder).round()
    assert (await stage.bot(bot.id)).state is BotState.RECORDING
    restarted = stage.host(launcher(), folder)
    stage.clock.advance(11)
    await restarted.round()
    assert (await stage.bot(bot.id)).attempt == 2
    await stage.left(bot.id)
    await restarted.round()
    await restarted.round()
    await stage.jobs.drain()
    done = await stage.bot(bot.id)
    assert done.state is BotState.COMPLETED
    assert done.duration_s == pytest.approx(13.0)
    assert (await stage.told(bot.id))[-3:] == ["paused", "resumed", "ended"]
    assert await stage.bot_dispatch.running() == []


async def test_a_home_that_is_up_and_one_that_is_not() -> None:
    status = "200 OK"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        found = status if line.startswith(b"GET /healthz ") else "404 Not Found"
        writer.write(f"HTTP/1.1 {found}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    is_up = home_probe(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert await is_up()
    status = "503 Service Unavailable"
    assert not await is_up()
    server.close()
    await server.wait_closed()
    assert not await is_up()
