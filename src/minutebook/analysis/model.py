"""Reports: what is made of a recording, in which state it is, and how far the work has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from minutebook.language.model import MeetingType, NoteSection

DEFAULT_INSTRUCTION: Final = "Generate a detailed meeting summary"


class AnalysisType(StrEnum):
    """The kinds of report, by the names that the API uses."""

    TRANSCRIPTION = "transcription"
    MEETING_NOTE = "meeting note"
    KEY_POINTS = "key_points"
    SENTIMENT = "sentiment"


class ReportStatus(StrEnum):
    """Where a report stands. Cancelling is no state: the report of a removed recording is gone, and whatever still
    works on it finds no row to write to."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        """Whether work on the report is awaited or under way."""
        return self in {ReportStatus.PENDING, ReportStatus.PROCESSING}


TRANSITIONS: Final[Mapping[ReportStatus, frozenset[ReportStatus]]] = MappingProxyType(
    {
        ReportStatus.PENDING: frozenset({ReportStatus.PROCESSING, ReportStatus.FAILED}),
        ReportStatus.PROCESSING: frozenset({ReportStatus.COMPLETED, ReportStatus.FAILED}),
        ReportStatus.FAILED: frozenset({ReportStatus.PENDING}),
        ReportStatus.COMPLETED: frozenset(),
    }
)
"""From which state a report may go to which. A completed report never changes; asking again makes a new version."""


def sources_of(target: ReportStatus) -> frozenset[ReportStatus]:
    """The states from which `target` may be reached."""
    return frozenset(status for status, targets in TRANSITIONS.items() if target in targets)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a report failed: a stable code, a sentence, and whether asking again may help."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the work on a report waits for: the code and the sentence of an outage, and since when."""

    code: str
    message: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work has come: a `fraction` from 0 to 1, and seconds of the recording done of its total, where
    the stage is counted in those."""

    fraction: float
    stage: str = ""
    done_s: float | None = None
    total_s: float | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for. `language` overrides detection when a recording is transcribed, `num_speakers` is how
    many voices are told apart at most; `sections` shape a note that a template was used for.

    `provider` names who transcribes (`Gladia`, `Runpod`; empty: the configured engine), with the caller's key for it,
    sealed, and parameters that are passed on as they are. None of the three is ever shown.
    """

    instruction: str = DEFAULT_INSTRUCTION
    meeting_type: MeetingType = MeetingType.GROUP
    language: str | None = None
    sections: tuple[NoteSection, ...] = ()
    num_speakers: int | None = None
    provider: str = ""
    sealed_api_key: str | None = None
    provider_parameters: Mapping[str, object] = field(default_factory=dict)

    def transcribes_like(self, other: "Options") -> bool:
        """Whether a recording is transcribed the same way; keys may differ."""
        mine, theirs = ((o.provider, o.language, o.num_speakers, dict(o.provider_parameters)) for o in (self, other))
        return mine == theirs

    def kept_for(self, kind_type: AnalysisType) -> "Options":
        """What is kept with a report of this type: a provider's key only where it is used."""
        if kind_type is AnalysisType.TRANSCRIPTION:
            return self
        return replace(self, provider="", sealed_api_key=None, provider_parameters={})


@dataclass(frozen=True, slots=True)
class Report:
    """One version of one analysis of a recording, without its content.

    `attempt` counts how often this version was started; results of an earlier attempt are dropped. `facts` holds
    what lists need to know of the content (a transcription's speakers, language, duration). `source_id` is the
    transcription that a derived report rests on. `waiting` while an outage holds the work up.
    """

    id: str
    recording_id: str
    owner_id: str
    type: AnalysisType
    version: int
    status: ReportStatus
    attempt: int
    options: Options
    progress: Progress
    created_at: datetime
    updated_at: datetime
    failure: Failure | None = None
    waiting: Waiting | None = None
    source_id: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


class Outcome(StrEnum):
    """What a recording's reports come to. `partial`: the transcription is there, something else failed."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"


def outcome(statuses: Mapping[AnalysisType, ReportStatus]) -> Outcome:
    """The outcome of the newest versions of a recording's reports."""
    if not statuses or any(status.is_active for status in statuses.values()):
        return Outcome.PROCESSING
    if statuses.get(AnalysisType.TRANSCRIPTION) is ReportStatus.FAILED:
        return Outcome.FAILED
    failed = ReportStatus.FAILED in statuses.values()
    return Outcome.PARTIAL if failed else Outcome.COMPLETED
