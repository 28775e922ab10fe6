"""What a bot host decides about runners: which are lost, which linger, what the next attempt is for. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from minutebook.bots.model import Attempt, Bot, EndReason
from minutebook.bots.states import BotState

STARTING_S: Final = 10.0
"""A claimed attempt whose process is not known yet is given this long: its host may be just starting it."""
FIRST_WORD_S: Final = 15.0
"""A runner that was not heard yet is given so much longer: where many start at once, each one takes its time."""
FOREIGN_S: Final = 5.0
"""A runner of another machine is taken for lost this much later: its own host is nearer."""
FAREWELL_S: Final = 30.0
"""So long a process may take to close its browser once the call is over for its bot."""
LEAVING_S: Final = 120.0
"""So long a runner may take to leave and to deliver after it was told to."""
SLACK_S: Final = 300.0
"""A runner keeps all time limits itself; one that oversteps them by this hangs, whatever its heartbeat says."""
DELIVERIES: Final = 2
"""Attempts, beyond the limit, that only bring home what the dead ones left on the disk."""


class Verdict(StrEnum):
    """What is to be done about an attempt that counts as running."""

    FINE = "fine"
    LOST = "lost"
    SILENT = "silent"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a runner counts as silent: `lost_after_s` after its last heartbeat, but not before `since`, when the host
    began to watch, or last saw that home itself was away."""

    lost_after_s: float
    since: datetime


def verdict(attempt: Attempt, bot: Bot, now: datetime, limits: Limits, *, is_ours: bool, exited: bool) -> Verdict:
    """What to do about a running attempt. `LOST`: it is dead or hangs, another one is needed if the bot is live.
    `SILENT`: the same, unless home could not be reached. `OVER`: end what is left of it, nobody needs it. `exited`
    counts for attempts of this host only."""
    needed = bot.state.is_live and attempt.attempt == bot.attempt
    if is_ours and not needed:
        return Verdict.OVER if exited or bot.state.is_live or _lingers(bot, now) else Verdict.FINE
    if is_ours and exited:
        is_starting = attempt.pid is None and _since(attempt.started_at, now) < STARTING_S
        return Verdict.FINE if is_starting else Verdict.LOST
    was_heard = attempt.heartbeat_at > attempt.started_at
    patience_s = limits.lost_after_s + (0.0 if is_ours else FOREIGN_S) + (0.0 if was_heard else FIRST_WORD_S)
    if _since(max(attempt.heartbeat_at, limits.since), now) >= patience_s:
        return Verdict.SILENT if needed else Verdict.OVER
    is_watched = _since(limits.since, now) >= LEAVING_S
    return Verdict.LOST if is_ours and is_watched and _hangs(attempt, bot, now) else Verdict.FINE


def _lingers(bot: Bot, now: datetime) -> bool:
    """Whether a process is still there although the call has been over for a while."""
    return _since(bot.ended_at or bot.updated_at, now) >= FAREWELL_S


def _hangs(attempt: Attempt, bot: Bot, now: datetime) -> bool:
    """Whether a runner that sends heartbeats has overstepped the limits that it keeps itself."""
    leave = bot.wish.leave
    if bot.stop_requested or attempt.stop_reason is not None:
        return _since(max(bot.stop_requested_at or attempt.started_at, attempt.started_at), now) >= LEAVING_S
    if bot.state is BotState.RECORDING and bot.recording_started_at is not None:
        return _since(bot.recording_started_at, now) >= leave.longest_s + SLACK_S
    return _since(attempt.started_at, now) >= leave.waiting_room_s + SLACK_S


class Next(StrEnum):
    """What the next attempt at an interrupted bot is for."""

    REJOIN = "rejoin"
    DELIVER = "deliver"
    NOTHING = "nothing"


def next_attempt(bot: Bot, now: datetime, attempts: int) -> tuple[Next, EndReason]:
    """What an interrupted bot needs: to rejoin; only to deliver what the dead attempts left on the disk, because the
    call is over for it; or nothing any more. `attempts` is how often a bot is sent again. The reason says how the
    recording ended in the last two cases."""
    reason = EndReason.ERROR
    if bot.stop_requested:
        reason = EndReason.STOPPED
    elif bot.recording_started_at and _since(bot.recording_started_at, now) >= bot.wish.leave.longest_s:
        reason = EndReason.LONGEST
    elif bot.attempt <= attempts:
        return Next.REJOIN, reason
    return (Next.DELIVER if bot.attempt <= attempts + DELIVERIES else Next.NOTHING), reason


def _since(moment: datetime, now: datetime) -> float:
    return (now - moment) / timedelta(seconds=1)
