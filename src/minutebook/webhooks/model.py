"""Messages to receivers outside, what was tried to deliver them, and the accounts' own addresses."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from minutebook.db.messages import Lane

if TYPE_CHECKING:
    from minutebook.db.events import Event


class MessageState(StrEnum):
    """What became of a message. `failed`: the last rung of the ladder failed too. `stopped`: its receiver answered 410
    Gone, to this message or to an earlier one. `dropped`: there was nobody or nothing to tell any more."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    STOPPED = "stopped"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way to one receiver. `number` is its place in its queue (`order_key`), `failures` the rung of
    the ladder it stands on, `attempts` everything that was ever tried. `host` is the receiver's, as of the last look;
    `replayed_at` when somebody last asked to send it again."""

    number: int
    event: "Event"
    lane: Lane
    order_key: str
    host: str
    state: MessageState
    failures: int
    attempts: int
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None = None
    replayed_at: datetime | None = None

    @property
    def id(self) -> str:
        """The event's id: the same however often the message is sent."""
        return self.event.id


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One try. `url` is None where there was none, `status` None where no answer came; `error` is a sentence, empty
    after success; `answer` the beginning of what the receiver said."""

    at: datetime
    duration_s: float
    url: str | None
    status: int | None
    error: str
    answer: str = ""


class Verdict(StrEnum):
    """What an attempt comes to."""

    DELIVERED = "delivered"
    RETRY = "retry"
    GONE = "gone"
    STOPPED = "stopped"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt and what follows from it; `retry_after_s` is how long the receiver asked to be left alone."""

    attempt: DeliveryAttempt
    verdict: Verdict
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages go; `asked_at` is when somebody last asked for that."""

    url: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one queue's messages until it runs out, unless it is renewed."""

    order_key: str
    host: str
    token: str


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """Which messages a list shows, newest first; None stands for all, `beginning` is how their ids begin."""

    owner_id: str | None = None
    subject_id: str | None = None
    state: MessageState | None = None
    beginning: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Limits:
    """How delivery behaves. A receiver has `timeout_s` to answer (the v1 API's 10 s); a claim that is not renewed for
    `lease_s` is taken over, so that it must be longer; a process sends to `per_host` addresses of one host at a time
    and to `overall` in all; `answer_bytes` of an answer are kept. Ended messages are forgotten after `keep_s`."""

    timeout_s: float = 10.0
    lease_s: float = 30.0
    per_host: int = 4
    overall: int = 64
    poll_s: float = 0.5
    answer_bytes: int = 1024
    keep_s: float = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A message with everything that was tried, oldest first."""

    message: Message
    attempts: tuple[DeliveryAttempt, ...] = field(default=())
