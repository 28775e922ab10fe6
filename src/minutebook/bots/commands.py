"""What a bot may be told while it is in its call, and what became of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from minutebook.bots.model import Bot
from minutebook.bots.states import BotState
from minutebook.errors import Kind, MinutebookError, invalid

EXPIRES_AFTER: Final = timedelta(seconds=60)
"""A command that no runner has come to in this time is not carried out any more: the moment is over."""
WAITING_MOST: Final = 20
"""So many commands of one bot may wait at once."""
TEXT_MAX: Final = 4_000
SOUND_RATE: Final = 16_000
"""Hz of the sounds that are said: s16le, mono."""
SOUND_MAX_S: Final = 120.0


class CommandKind(StrEnum):
    """What a bot can be told."""

    CHAT = "chat"
    OPEN_CHAT = "open_chat"
    SAY = "say"
    SCREENSHOT = "screenshot"
    PAUSE = "pause"
    RESUME = "resume"


REPEATABLE: Final = frozenset({CommandKind.OPEN_CHAT, CommandKind.SCREENSHOT, CommandKind.PAUSE, CommandKind.RESUME})
"""What does no harm when it is done twice, so that the runner after a dead one may try again."""


class CommandState(StrEnum):
    """Where a command stands: it waits for the runner; the runner has it; it was done; it could not be done; nobody
    came to it in time."""

    WAITING = "waiting"
    GIVEN = "given"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether nothing more becomes of it."""
        return self in {CommandState.DONE, CommandState.FAILED, CommandState.EXPIRED}


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a bot was told. `key` is the caller's, for one that may be sent twice; `sound` is where what is to
    be said lies in the storage; `attempt` is the runner that was given it; `message` says why it was not done."""

    id: str
    bot_id: str
    kind: CommandKind
    state: CommandState
    created_at: datetime
    expires_at: datetime
    text: str | None = None
    sound: str | None = None
    key: str | None = None
    attempt: int | None = None
    answered_at: datetime | None = None
    message: str | None = None


LOST: Final = "The bot's process ended while it did this; whether it was done is not known."
NOT_IN_TIME: Final = "The bot did not come to it within {seconds:.0f} s."
OVER: Final = "The call was over before the bot came to it."


def standing(command: Command, bot: Bot, now: datetime) -> tuple[CommandState, str | None]:
    """Where a command stands now, and the sentence to it: what nobody answers any more has failed or expired, without
    anybody having to write that down."""
    if command.state.is_final:
        return command.state, command.message
    if command.state is CommandState.GIVEN and not is_for(command, bot.attempt):
        return CommandState.FAILED, LOST
    if not bot.state.is_live:
        lost = command.state is CommandState.GIVEN
        return (CommandState.FAILED, LOST) if lost else (CommandState.EXPIRED, OVER)
    if command.state is CommandState.WAITING and now >= command.expires_at:
        seconds = (command.expires_at - command.created_at).total_seconds()
        return CommandState.EXPIRED, NOT_IN_TIME.format(seconds=seconds)
    return command.state, None


def is_for(command: Command, attempt: int) -> bool:
    """Whether the runner of this attempt may be given the command: what an earlier one had is given again only where
    doing it twice does no harm."""
    return command.attempt in {None, attempt} or command.kind in REPEATABLE


ELSEWHERE: Final[Mapping[BotState, str]] = {
    BotState.QUEUED: "it waits for its time, or for its turn",
    BotState.JOINING: "it is on its way in",
    BotState.WAITING_ROOM: "nobody has let it in yet",
    BotState.INTERRUPTED: "its process ended and another one is coming back; try again in a moment",
    BotState.ENDED: "its call is over",
    BotState.COMPLETED: "its call is over",
    BotState.FAILED: "it failed",
    BotState.CANCELLED: "it was called off",
}


def check_in_call(bot: Bot, kind: CommandKind) -> None:
    """`bot_not_in_call` (a conflict) for a bot that cannot be told this now."""
    recording_only = kind in {CommandKind.PAUSE, CommandKind.RESUME}
    if bot.state is BotState.RECORDING or (bot.state is BotState.IN_CALL and not recording_only):
        return
    why = ELSEWHERE.get(bot.state, "it does not record yet")
    retryable = bot.state.is_live
    raise MinutebookError(Kind.CONFLICT, "bot_not_in_call", f"The bot is not in a call: {why}.", retryable=retryable)


def checked_text(text: str, most: int = TEXT_MAX) -> str:
    """A text that can be said or written; `text_required`, `text_too_long`, `text_invalid`."""
    plain = text.strip()
    if not plain:
        raise invalid("text_required", "There is nothing in `text`.", "text")
    if len(plain) > most:
        raise invalid("text_too_long", f"`text` has {len(plain)} characters; {most} are the most.", "text")
    if "\x00" in plain or any("\ud800" <= each <= "\udfff" for each in plain):
        raise invalid("text_invalid", "`text` holds characters that are none.", "text")
    return plain
