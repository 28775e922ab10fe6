"""The states of a bot, the one table of ways between them, and what is told of them. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class BotState(StrEnum):
    """Where a bot stands. `interrupted` is a bot that was in the call and lost its runner; another one rejoins."""

    QUEUED = "queued"
    JOINING = "joining"
    WAITING_ROOM = "waiting_room"
    IN_CALL = "in_call"
    RECORDING = "recording"
    INTERRUPTED = "interrupted"
    ENDED = "ended"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_live(self) -> bool:
        """Whether a runner works for the bot or is awaited."""
        return self in LIVE

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in FINAL


_JOINING_ENDS = frozenset({BotState.ENDED, BotState.FAILED, BotState.INTERRUPTED})

TRANSITIONS: Final[Mapping[BotState, frozenset[BotState]]] = MappingProxyType(
    {
        BotState.QUEUED: frozenset({BotState.JOINING, BotState.FAILED, BotState.CANCELLED}),
        BotState.JOINING: frozenset({BotState.WAITING_ROOM, BotState.IN_CALL, *_JOINING_ENDS}),
        BotState.WAITING_ROOM: frozenset({BotState.IN_CALL, *_JOINING_ENDS}),
        BotState.IN_CALL: frozenset({BotState.RECORDING, *_JOINING_ENDS}),
        BotState.RECORDING: frozenset({BotState.ENDED, BotState.INTERRUPTED}),
        BotState.INTERRUPTED: frozenset({BotState.JOINING, BotState.ENDED, BotState.FAILED}),
        BotState.ENDED: frozenset({BotState.COMPLETED, BotState.FAILED}),
        BotState.COMPLETED: frozenset(),
        BotState.FAILED: frozenset({BotState.ENDED}),
        BotState.CANCELLED: frozenset(),
    }
)
"""From which state a bot may go to which. `ended`: the call is over for the bot, and what it recorded is put together
(and transcribed, when that was asked for). A failed bot goes back there when somebody asks for what it recorded to be
put together again."""

FINAL: Final = frozenset({BotState.COMPLETED, BotState.FAILED, BotState.CANCELLED})

LIVE: Final = frozenset(
    {BotState.JOINING, BotState.WAITING_ROOM, BotState.IN_CALL, BotState.RECORDING, BotState.INTERRUPTED}
)


def sources_of(target: BotState) -> frozenset[BotState]:
    """The states from which `target` may be reached."""
    return frozenset(state for state, targets in TRANSITIONS.items() if target in targets)


class StatusChange(StrEnum):
    """What is told of a bot on its way: the states that it reaches for the first time, and what becomes of its
    recording.

    `ended`: the call is over for a bot that had begun to record; `failed`: it is over for one that had not. Attempts
    after the first one tell `resumed` where the first one told `recording`.
    """

    JOINING = "joining"
    WAITING_ROOM = "waiting_room"
    IN_CALL = "in_call"
    RECORDING = "recording"
    PAUSED = "paused"
    RESUMED = "resumed"
    ENDED = "ended"
    FAILED = "failed"
