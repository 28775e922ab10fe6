"""What the one-shot flow tells whoever watches it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from minutebook.client.model import Meeting, Recording, Report
from minutebook.client.one_shot.sources import Source


@dataclass(frozen=True, slots=True)
class Started:
    """A source's turn has come; `index` counts from 1."""

    source: Source
    index: int
    count: int


@dataclass(frozen=True, slots=True)
class MeetingReady:
    """The meeting exists; `reused` when an earlier run had created it."""

    meeting: Meeting
    reused: bool


@dataclass(frozen=True, slots=True)
class Transferred:
    """Bytes that have been sent (or, for an address, fetched before that)."""

    sent: int
    total: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The server has the recording."""

    recording: Recording


@dataclass(frozen=True, slots=True)
class Polled:
    """Where the reports stand."""

    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Completed:
    """A result that has just become complete."""

    report: Report


@dataclass(frozen=True, slots=True)
class Retrying:
    """Something failed and is tried again: attempt `attempt` of `of` begins."""

    what: str
    reason: str
    attempt: int
    of: int


Happening: TypeAlias = Started | MeetingReady | Transferred | Uploaded | Polled | Completed | Retrying
Tell: TypeAlias = Callable[[Happening], None]
