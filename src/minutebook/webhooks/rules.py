"""Which message is sent next, what an answer means, and when a failed message is tried again. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final

from minutebook.db.messages import Lane
from minutebook.webhooks.model import Message, MessageState, Outcome, Verdict

SECOND, MINUTE, HOUR = 1.0, 60.0, 3600.0

QUICK_S: Final = (1 * SECOND, 3 * SECOND, 10 * SECOND)
"""Waits before the quick retries of a status change. While they last, later messages of the queue wait."""

LONG_S: Final = (
    *(5 * SECOND, 5 * MINUTE, 30 * MINUTE),
    *(2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)
"""Waits before the retries of a final event: the schedule that Standard Webhooks recommends, 75 h 35 min in all."""

LADDERS: Final[Mapping[Lane, Sequence[float]]] = MappingProxyType(
    {Lane.STATUS: (*QUICK_S, *LONG_S[1:]), Lane.FINAL: LONG_S}
)
"""Seconds to wait after the first failure, the second …; after the last one a message is given up."""

JITTER: Final = 0.1
"""Chance lengthens a wait by up to this share. It never shortens one: a receiver that is back after three days must
find the last rung still ahead."""

LONGEST_PAUSE_S: Final[Mapping[Lane, float]] = MappingProxyType({Lane.STATUS: MINUTE, Lane.FINAL: 24 * HOUR})
"""So long a `Retry-After` is obeyed at most. A status change may not keep back the final event for longer than that."""

LONGEST_TOLD_S: Final = 1e9
"""More seconds than this are told as these; what is obeyed is bounded far below."""

GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an outcome makes of a message, and until when its whole queue is left alone, if it is."""

    state: MessageState
    failures: int
    due_at: datetime
    paused_until: datetime | None = None


def is_late(message: Message) -> bool:
    """Whether a status change has used up its quick retries. It stays in its queue and is sent before what comes after
    it, but nothing waits for it any more."""
    return message.lane is Lane.STATUS and message.failures > len(QUICK_S)


def next_to_send(
    queue: Sequence[Message], now: datetime, tried: Collection[int] = (), *, along: bool = True
) -> Message | None:
    """The message of a queue that is to be sent now, or None.

    `queue` holds what waits, in order. `tried` are the numbers of those that failed a moment ago. A message is sent
    when it is due and no status change before it is still within its quick retries. Late ones before it go first,
    due or not: the receiver may be back, and then it gets everything in order. `along` is False once one of those
    failed.
    """
    reachable = _reachable(queue)
    due = [message for message in reachable if message.due_at <= now and message.number not in tried]
    if not due:
        return None
    late = (m for m in reachable if is_late(m) and m.number < due[0].number and m.number not in tried)
    return next(late, due[0]) if along else due[0]


def next_due(queue: Sequence[Message]) -> datetime | None:
    """When a queue is to be looked at again; None when nothing waits."""
    return min((message.due_at for message in _reachable(queue)), default=None)


def _reachable(queue: Sequence[Message]) -> list[Message]:
    """What does not wait for another message: everything up to the first status change within its quick retries."""
    reachable: list[Message] = []
    for message in queue:
        reachable.append(message)
        if message.lane is Lane.STATUS and not is_late(message):
            break
    return reachable


def verdict_of(status: int) -> Verdict:
    """What an answer's status means: 2xx is success, 410 says that nobody wants messages there any more; anything else,
    redirects included, is a failure that may pass."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.GONE if status == GONE else Verdict.RETRY


ENDS: Final[Mapping[Verdict, MessageState]] = MappingProxyType(
    {
        Verdict.DELIVERED: MessageState.DELIVERED,
        Verdict.GONE: MessageState.STOPPED,
        Verdict.STOPPED: MessageState.STOPPED,
        Verdict.NOBODY: MessageState.DROPPED,
    }
)
"""The verdicts that end a message, and how."""


def settle(message: Message, outcome: Outcome, now: datetime, chance: float) -> Settlement:
    """What becomes of a message after an attempt; `chance` is random in [0, 1).

    A late message that was sent along with a later one, before its own time, keeps its rung and its time.
    """
    if outcome.verdict in ENDS:
        return Settlement(ENDS[outcome.verdict], message.failures, message.due_at)
    pause_s = min(outcome.retry_after_s or 0.0, LONGEST_PAUSE_S[message.lane])
    paused_until = now + timedelta(seconds=pause_s) if pause_s > 0 else None
    if message.due_at > now:
        return Settlement(MessageState.WAITING, message.failures, message.due_at, paused_until)
    failures, ladder = message.failures + 1, LADDERS[message.lane]
    if failures > len(ladder):
        return Settlement(MessageState.FAILED, failures, message.due_at, paused_until)
    wait_s = max(ladder[failures - 1] * (1 + JITTER * chance), pause_s)
    return Settlement(MessageState.WAITING, failures, now + timedelta(seconds=wait_s), paused_until)


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for (RFC 9110, 10.2.3: a number of seconds, or a date); None when it is absent
    or says nothing."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_TOLD_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    until = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
