"""What bots are told while they are in their calls: given at the door, fetched by the runner with its heartbeat,
answered with one of the next."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.commands import (
    EXPIRES_AFTER,
    WAITING_MOST,
    Command,
    CommandKind,
    CommandState,
    check_in_call,
    is_for,
    standing,
)
from minutebook.bots.lifecycle import Lifecycle
from minutebook.bots.model import Bot
from minutebook.bots.protocol import CommandAnswer, CommandOrder
from minutebook.bots.repository import bots as bots_repository
from minutebook.bots.repository import commands as repository
from minutebook.bots.states import BotState, StatusChange
from minutebook.bots.storage_keys import said_key
from minutebook.errors import Kind, MinutebookError, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import is_id, new_id
from minutebook.meetings.model import checked_idempotency_key
from minutebook.storage.ports import Storage

LISTED_MOST: Final = 100
CHANGES: Final[Mapping[CommandKind, StatusChange]] = {
    CommandKind.PAUSE: StatusChange.PAUSED,
    CommandKind.RESUME: StatusChange.RESUMED,
}
"""What is told of a bot when this was done."""


@dataclass(frozen=True, slots=True)
class Told:
    """A command as it stands now. `state` and `message` count, rather than the command's own."""

    command: Command
    state: CommandState
    message: str | None


class LiveCommands:
    """The commands of bots. `life` tells what becomes of their recordings."""

    def __init__(self, clock: Clock, storage: Storage, life: Lifecycle) -> None:
        self._clock = clock
        self._storage = storage
        self._life = life

    async def keep_sound(self, bot_id: str, pcm: bytes) -> str:
        """Store a sound that is to be said, s16le mono at `SOUND_RATE`; returns its key. The same sound has the same
        key, so that a command that is sent twice is the same one."""
        key = said_key(bot_id, hashlib.sha256(pcm).hexdigest()[:32])
        await self._storage.put_bytes(key, pcm)
        return key

    async def ready(self, tx: AsyncConnection, owner_id: str, bot_id: str, kind: CommandKind, key: str | None) -> bool:
        """Look before something is prepared that takes time: whether a command with this `key` is known. Raises as
        `give` does."""
        checked = checked_idempotency_key(key)
        bot = await self._bot(tx, owner_id, bot_id)
        if checked is not None and await repository.by_key(tx, bot.id, checked) is not None:
            return True
        check_in_call(bot, kind)
        return False

    async def give(
        self,
        tx: AsyncConnection,
        owner_id: str,
        bot_id: str,
        kind: CommandKind,
        *,
        text: str | None = None,
        sound: str | None = None,
        key: str | None = None,
    ) -> Told:
        """Tell a bot something. A command with a `key` that is known is given once. Raises `bot_not_found`,
        `bot_not_in_call`, `commands_too_many`, `idempotency_key_reused` (conflicts) and `idempotency_key_invalid`."""
        checked = checked_idempotency_key(key)
        bot = await self._bot(tx, owner_id, bot_id, lock=True)
        now = self._clock.now()
        if checked is not None and (known := await repository.by_key(tx, bot.id, checked)) is not None:
            return _told(_same(known, kind, text, sound), bot, now)
        check_in_call(bot, kind)
        if await repository.count_waiting(tx, bot.id, now) >= WAITING_MOST:
            message = f"{WAITING_MOST} commands wait for this bot already; wait until it has done some."
            raise MinutebookError(Kind.CONFLICT, "commands_too_many", message, retryable=True)
        state, expires_at = CommandState.WAITING, now + EXPIRES_AFTER
        command = Command(new_id(), bot.id, kind, state, now, expires_at, text=text, sound=sound, key=checked)
        await repository.add(tx, command)
        return _told(command, bot, now)

    async def get(self, tx: AsyncConnection, bot: Bot, command_id: str) -> Told:
        """One command of a bot; `command_not_found`."""
        command = await repository.find(tx, bot.id, command_id) if is_id(command_id) else None
        if command is None:
            raise not_found("command")
        return _told(command, bot, self._clock.now())

    async def list(self, tx: AsyncConnection, bot: Bot) -> Sequence[Told]:
        """The newest commands of a bot, newest first."""
        found = await repository.of_bot(tx, bot.id, LISTED_MOST)
        return [_told(each, bot, self._clock.now()) for each in found]

    async def is_paused(self, tx: AsyncConnection, bot_id: str) -> bool:
        """Whether the bot's recording is paused."""
        return await repository.is_paused(tx, bot_id)

    async def waiting(self, tx: AsyncConnection, bot: Bot, attempt: int) -> Sequence[Command]:
        """What the runner of this attempt is to do, in order; again and again until it answers."""
        found = await repository.open_ones(tx, bot.id, self._clock.now())
        return [each for each in found if is_for(each, attempt)]

    async def hand_over(self, tx: AsyncConnection, commands: Sequence[Command], attempt: int) -> None:
        """Note that the runner of this attempt has these now."""
        new = [each.id for each in commands if each.attempt != attempt]
        if new:
            await repository.give(tx, new, attempt)

    async def answered(self, tx: AsyncConnection, bot: Bot, attempt: int, answers: Sequence[CommandAnswer]) -> None:
        """What became of commands that this attempt was given; an answer that is known is passed over. The
        caller holds the bot's row."""
        now = self._clock.now()
        for each in answers:
            was_paused = await repository.is_paused(tx, bot.id)
            state = CommandState.DONE if each.done else CommandState.FAILED
            command = await repository.answer(tx, bot.id, attempt, each.id, state, each.message, now)
            if command is None or not each.done or command.kind not in CHANGES:
                continue
            if was_paused != (command.kind is CommandKind.PAUSE) and bot.state is BotState.RECORDING:
                await self._life.tell(tx, bot, CHANGES[command.kind], now)

    async def _bot(self, tx: AsyncConnection, owner_id: str, bot_id: str, *, lock: bool = False) -> Bot:
        bot = await bots_repository.find(tx, owner_id, bot_id, lock=lock) if is_id(bot_id) else None
        if bot is None:
            raise not_found("bot")
        return bot

    async def sound_of(self, tx: AsyncConnection, bot_id: str, command_id: str) -> str:
        """Where the sound of a command lies; `command_not_found` for one without."""
        command = await repository.find(tx, bot_id, command_id) if is_id(command_id) else None
        if command is None or command.sound is None:
            raise not_found("command")
        return command.sound


def order_of(command: Command, now: datetime) -> CommandOrder:
    """A command as its runner gets it."""
    left_s = max(0.0, (command.expires_at - now).total_seconds())
    return CommandOrder(command.id, command.kind.value, command.text, command.sound is not None, left_s)


def _same(known: Command, kind: CommandKind, text: str | None, sound: str | None) -> Command:
    if (known.kind, known.text) != (kind, text) or (text is None and known.sound != sound):
        message = "This `Idempotency-Key` was used for another command; use a new key for a new command."
        raise MinutebookError(Kind.CONFLICT, "idempotency_key_reused", message, field="Idempotency-Key")
    return known


def _told(command: Command, bot: Bot, now: datetime) -> Told:
    state, message = standing(command, bot, now)
    return Told(command, state, message)
