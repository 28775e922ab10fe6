"""What bots are told in their calls: given, handed over with the heartbeat, answered; over both databases."""

from pathlib import Path

import pytest

from minutebook.bots.commands import EXPIRES_AFTER, WAITING_MOST, CommandKind, CommandState
from minutebook.bots.live.service import Told
from minutebook.bots.protocol import CommandAnswer
from minutebook.bots.states import BotState
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from support.bots import WAY_IN, Runner, Stage, open_stage


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> Stage:
    return await open_stage(database, tmp_path)


@pytest.fixture
async def runner(stage: Stage) -> Runner:
    """The runner of a bot that records."""
    await stage.sent()
    return await (await stage.runner()).reach(*WAY_IN)


async def told(runner: Runner, kind: CommandKind, **what: str) -> Told:
    stage = runner.stage
    async with stage.db.transaction() as tx:
        return await stage.live_commands.give(tx, stage.owner.id, runner.bot_id, kind, **what)


async def state(runner: Runner, given: Told) -> tuple[CommandState, str | None]:
    stage = runner.stage
    async with stage.db.reading() as read:
        bot = await stage.bots.get(read, stage.owner.id, runner.bot_id)
        now = await stage.live_commands.get(read, bot, given.command.id)
    return now.state, now.message


async def ids(runner: Runner, *answers: CommandAnswer) -> list[str]:
    return [each.id for each in (await runner.beats(*answers)).commands]


async def test_two_at_once_come_in_order_until_they_are_answered(runner: Runner) -> None:
    first = await told(runner, CommandKind.CHAT, text="Hello")
    second = await told(runner, CommandKind.SCREENSHOT)
    assert first.state is CommandState.WAITING
    both = [first.command.id, second.command.id]
    assert await ids(runner) == both
    assert await ids(runner) == both, "the answer to a heartbeat may be lost"
    assert await state(runner, first) == (CommandState.GIVEN, None)
    assert await ids(runner, CommandAnswer(both[0], done=True)) == [both[1]]
    refused = CommandAnswer(both[1], done=False, message="No picture.")
    assert await ids(runner, CommandAnswer(both[0], done=False, message="Twice."), refused) == []
    assert await state(runner, first) == (CommandState.DONE, None), "the first answer counts"
    assert await state(runner, second) == (CommandState.FAILED, "No picture.")


async def test_a_repeated_command_is_one(runner: Runner) -> None:
    first = await told(runner, CommandKind.CHAT, text="Hello", key="k")
    assert (await told(runner, CommandKind.CHAT, text="Hello", key="k")).command.id == first.command.id
    with pytest.raises(MinutebookError) as refused:
        await told(runner, CommandKind.CHAT, text="Good bye", key="k")
    assert refused.value.code == "idempotency_key_reused"
    assert await ids(runner) == [first.command.id]
    await runner.end(end_reason="meeting_ended")
    again = await told(runner, CommandKind.CHAT, text="Hello", key="k")
    assert again.state is CommandState.FAILED, "it is known after the call, too"


async def test_nobody_comes_in_time(runner: Runner) -> None:
    late = await told(runner, CommandKind.CHAT, text="Hello")
    runner.stage.clock.advance(EXPIRES_AFTER.total_seconds())
    assert await ids(runner) == []
    found, message = await state(runner, late)
    assert (found, message) == (CommandState.EXPIRED, "The bot did not come to it within 60 s.")


async def test_the_runner_dies_and_another_one_comes(runner: Runner) -> None:
    said = await told(runner, CommandKind.CHAT, text="Hello")
    pause = await told(runner, CommandKind.PAUSE)
    assert len(await ids(runner)) == 2
    later = await told(runner, CommandKind.SCREENSHOT)
    await runner.die()
    with pytest.raises(MinutebookError) as refused:
        await told(runner, CommandKind.CHAT, text="Anybody?")
    assert (refused.value.code, refused.value.retryable) == ("bot_not_in_call", True)
    second = await runner.stage.runner()
    assert await ids(second) == [pause.command.id, later.command.id], "a line may have been written already"
    found, message = await state(second, said)
    assert (found, message) == (
        CommandState.FAILED,
        "The bot's process ended while it did this; whether it was done is not known.",
    )
    assert await ids(runner, CommandAnswer(pause.command.id, done=True)) == [], "the dead one is not believed"
    assert await state(second, pause) == (CommandState.GIVEN, None)


async def test_the_call_ends_before(runner: Runner) -> None:
    waiting = await told(runner, CommandKind.CHAT, text="Hello")
    await runner.end(end_reason="meeting_ended")
    assert await state(runner, waiting) == (CommandState.EXPIRED, "The call was over before the bot came to it.")


@pytest.mark.parametrize(
    ("reached", "why"),
    [
        ((), "it is on its way in"),
        ((BotState.JOINING, BotState.WAITING_ROOM), "nobody has let it in yet"),
    ],
)
async def test_a_bot_that_is_not_in_its_call(stage: Stage, reached: tuple[BotState, ...], why: str) -> None:
    bot = await stage.sent()
    runner = await (await stage.runner()).reach(BotState.JOINING, *reached[1:])
    with pytest.raises(MinutebookError) as refused:
        await told(runner, CommandKind.CHAT, text="Hello")
    assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "bot_not_in_call")
    assert why in refused.value.message
    await stage.left(bot.id)


async def test_a_bot_without_a_recording_cannot_pause_it(stage: Stage) -> None:
    await stage.sent()
    runner = await (await stage.runner()).reach(BotState.JOINING, BotState.IN_CALL)
    assert (await told(runner, CommandKind.CHAT, text="Hello")).state is CommandState.WAITING
    with pytest.raises(MinutebookError) as refused:
        await told(runner, CommandKind.PAUSE)
    assert "it does not record yet" in refused.value.message


async def test_no_more_than_so_many_wait(runner: Runner) -> None:
    for number in range(WAITING_MOST):
        await told(runner, CommandKind.CHAT, text=f"Line {number}")
    with pytest.raises(MinutebookError) as refused:
        await told(runner, CommandKind.CHAT, text="One more")
    assert refused.value.code == "commands_too_many"


async def done(runner: Runner, kind: CommandKind) -> None:
    given = await told(runner, kind)
    await runner.beats()
    runner.stage.clock.advance(1)
    await runner.beats(CommandAnswer(given.command.id, done=True))


async def test_pauses_are_told_once_and_outlive_the_runner(runner: Runner) -> None:
    stage, bot_id = runner.stage, runner.bot_id
    before = await stage.told(bot_id)
    for kind in (CommandKind.RESUME, CommandKind.PAUSE, CommandKind.PAUSE):
        await done(runner, kind)
    assert await stage.told(bot_id) == [*before, "paused"]
    await runner.die()
    second = await stage.runner()
    async with stage.db.reading() as read:
        orders = await stage.bot_reception.orders(read, bot_id, second.attempt, second.claim.token)
    assert orders.paused
    await second.reach(*WAY_IN)
    assert await stage.told(bot_id) == [*before, "paused"], "it is still paused"
    await done(second, CommandKind.RESUME)
    assert await stage.told(bot_id) == [*before, "paused", "resumed"]


async def test_what_a_bot_was_told_goes_with_its_data(runner: Runner) -> None:
    stage = runner.stage
    key = await stage.live_commands.keep_sound(runner.bot_id, bytes(100))
    said = await told(runner, CommandKind.SAY, sound=key)
    assert (await runner.beats()).commands[0].sound
    sound = await stage.bot_reception.sound(runner.bot_id, 1, runner.claim.token, said.command.id)
    assert sound == bytes(100)
    await runner.end(failure="removed")
    async with stage.db.transaction() as tx:
        await stage.bots.delete_data(tx, stage.owner.id, runner.bot_id)
    await stage.jobs.drain()
    assert key not in stage.stored()
    async with stage.db.reading() as read:
        assert not await stage.live_commands.list(read, await stage.bot(runner.bot_id))
