"""Bots whose runners, hosts and workers are killed at random moments: whatever happens when, each ends once."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from minutebook.bots.finishing import Stored, stored_from_json
from minutebook.bots.lifecycle import finish_key
from minutebook.bots.model import SpeechToText
from minutebook.bots.states import BotState
from minutebook.bots.tasks import give_up_finishing
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from support.bots import Runner, Stage, open_stage

REACHABLE = (BotState.JOINING, BotState.WAITING_ROOM, BotState.IN_CALL, BotState.RECORDING)
ENDS = ({"end_reason": "meeting_ended"}, {"failure": "removed"}, {"failure": "not_accepted"})
STEPS = 60

FOLLOWS = {
    "joining": {"", "waiting_room", "in_call", "recording"},
    "waiting_room": {"joining"},
    "in_call": {"joining", "waiting_room"},
    "recording": {"in_call"},
    "paused": {"recording", "resumed"},
    "resumed": {"paused"},
}
"""Which status change may stand before which."""


class Walk:
    """One bot and everybody who may do something to it, played by a generator of chances."""

    def __init__(self, stage: Stage, bot_id: str, chance: random.Random) -> None:
        self.stage, self.bot_id, self.chance = stage, bot_id, chance
        self.runners: list[Runner] = []
        self.stored: list[Stored] = []
        self.heard: set[str] = set()

    async def step(self) -> None:
        """Something happens; refusals are part of life."""
        self.stage.clock.advance(self.chance.choice((0, 0.5, 3)))
        deeds: list[tuple[int, Callable[[], Awaitable[object]]]] = [
            (3, self.claim),
            (8, self.reach),
            (4, self.record),
            (3, self.die),
            (1, self.end),
            (1, self.leave),
            (2, self.store),
            (2, self.publish),
            (1, self.transcribed),
            (1, self.delete),
        ]
        (deed,) = self.chance.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])
        try:
            await deed()
        except MinutebookError as error:
            if error.kind not in {Kind.NOT_FOUND, Kind.CONFLICT}:
                raise

    async def settle(self) -> None:
        """Everybody does what they are there for until the bot has ended."""
        for _ in (1, 2, 4, 8, 14, 17, 19, 37, 40, 54):
            bot = await self.stage.bot(self.bot_id)
            if bot.state.is_final:
                return
            await self.claim()
            await self.die()
            await self.store()
            await self.publish()
            if bot.state is BotState.ENDED and bot.recording_id is None:
                await give_up_finishing(self.stage.db, self.stage.bots, finish_key(self.bot_id))
            await self.transcribed()
            self.stage.clock.advance(20)
        raise AssertionError(f"the bot stays {bot.state}")

    async def claim(self) -> None:
        self.runners += [Runner(self.stage, claim) for claim in await self.stage.claimed()]

    async def reach(self) -> None:
        if self.runners:
            await self.chance.choice(self.runners[-2:]).reach(self.chance.choice(REACHABLE))

    async def record(self) -> None:
        if self.runners:
            await self.chance.choice(self.runners[-2:]).record(0.5)

    async def end(self) -> None:
        if self.runners:
            await self.chance.choice(self.runners).end(**self.chance.choice(ENDS))

    async def die(self) -> None:
        if self.runners:
            await self.runners[-1].die()

    async def leave(self) -> None:
        await self.stage.left(self.bot_id)

    async def store(self) -> None:
        kept = await self.stage.finishing.store(self.bot_id)
        self.stored += [stored_from_json(kept)] if isinstance(kept, dict) else []

    async def publish(self) -> None:
        if self.stored:
            await self.stage.finishing.publish(self.bot_id, self.chance.choice(self.stored))

    async def transcribed(self) -> None:
        recording_id = (await self.stage.bot(self.bot_id)).recording_id
        if recording_id and recording_id not in self.heard and self.chance.random() < 0.5:
            self.heard.add(recording_id)
            await self.stage.transcribe(recording_id, succeeds=self.chance.random() < 0.7)

    async def delete(self) -> None:
        async with self.stage.db.transaction() as tx:
            await self.stage.bots.delete_data(tx, self.stage.owner.id, self.bot_id)


@pytest.fixture
async def stage(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    database = Database(sqlite_url)
    yield await open_stage(database, tmp_path)
    await database.close()


@pytest.mark.parametrize("seed", [1, 2, 4, 8, 14, 17, 19, 37, 40, 54])
async def test_every_bot_ends_once(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    speech = SpeechToText() if seed % 2 else None
    walk = Walk(stage, (await stage.sent(speech_to_text=speech)).id, chance)
    for _ in range(STEPS):
        await walk.step()
    await walk.settle()
    for _ in range(5):
        await walk.step()
    await check(stage, walk.bot_id)


async def check(stage: Stage, bot_id: str) -> None:
    bot = await stage.bot(bot_id)
    finals = [kind for kind in await stage.kinds(bot_id) if kind in {"bot.completed", "bot.failed"}]
    expected = {BotState.COMPLETED: "bot.completed"}.get(bot.state, "bot.failed")
    assert finals == [expected]
    told = await stage.told(bot_id)
    for before, change in zip(["", *told], told, strict=False):
        assert before in FOLLOWS.get(change, {before}), told
    endings = [change for change in told if change not in FOLLOWS]
    assert endings == told[-1:], "one ending, and it is the last"
    moments = [bot.created_at, bot.joined_at, bot.recording_started_at, bot.exited_at, bot.ended_at]
    known = [moment for moment in moments if moment is not None]
    assert known == sorted(known)
    assert (bot.failure is None) == (bot.state is BotState.COMPLETED)
    async with stage.db.reading() as read:
        meetings = await stage.meetings.list(read, stage.owner.id)
    assert meetings.total == (1 if bot.recording_id else 0)
