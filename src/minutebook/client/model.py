"""What a PAXS server answers, as frozen values. Times of day are aware datetimes, positions are seconds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from minutebook.client.errors import ServerError

T = TypeVar("T")


class AnalysisType(StrEnum):
    """What can be made of a recording; everything depends on the transcription."""

    TRANSCRIPTION = "transcription"
    MEETING_NOTE = "meeting note"
    KEY_POINTS = "key_points"
    SENTIMENT = "sentiment"


class ReportStatus(StrEnum):
    """Where an analysis stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in {ReportStatus.COMPLETED, ReportStatus.FAILED}


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of bearer secrets; never shown, not even by `repr`."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class User:
    """The signed-in user."""

    id: str
    email: str
    display_name: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person of a meeting. `source` is one of `manual`, `event`, `zoom_participant`."""

    email: str
    display_name: str
    role: str = "Unknown"
    source: str = "manual"


@dataclass(frozen=True, slots=True)
class Recording:
    """The attachment of a meeting."""

    id: str
    session_id: str
    filename: str
    content_type: str | None = None
    size: int | None = None
    duration_s: float | None = None
    sha256: str | None = None
    status: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """What the API calls a session."""

    id: str
    title: str
    description: str | None
    attendees: tuple[Attendee, ...]
    status: str | None = None
    recording: Recording | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, newest first; `total` counts all pages."""

    items: tuple[T, ...]
    page: int
    page_size: int
    total: int


@dataclass(frozen=True, slots=True)
class ReportError:
    """Why an analysis failed."""

    code: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice of the recording; `attendee` is the e-mail address of who it is known to be."""

    id: str
    name: str
    talk_time_s: float | None = None
    attendee: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a bot was told in its call: `state` is `waiting`, `given`, `done`, `failed` or `expired`;
    `message` says why it was not done."""

    id: str
    kind: str
    state: str
    message: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state not in {"waiting", "given"}


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A line of a call's chat, seen `at_s` seconds after the recording began."""

    at_s: float
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A correction that a person made: `kind` is `words`, `speaker` or `item`, in force until `undone_at`."""

    id: str
    kind: str
    change: Mapping[str, Any]
    created_at: datetime | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive words of one speaker; `speaker` is the name to show."""

    speaker: str
    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was said."""

    summary: str
    language: str | None
    speakers: tuple[Speaker, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An outage on the server's side that holds work up, which goes on by itself: what it is and since when."""

    code: str
    message: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One version of one analysis. `content` is the decoded `report_content`, empty until it is completed."""

    id: str
    recording_id: str
    analysis_type: AnalysisType
    status: ReportStatus
    version: int = 1
    progress: float | None = None
    report_content: str | None = None
    error: ReportError | None = None
    waiting: Waiting | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def completed(self) -> bool:
        """Whether the content is there."""
        return self.status is ReportStatus.COMPLETED

    @property
    def failed(self) -> bool:
        """Whether the server gave up."""
        return self.status is ReportStatus.FAILED

    @property
    def content(self) -> Mapping[str, Any]:
        """The report itself, as the contract shapes it for this type."""
        if not self.report_content:
            return {}
        try:
            decoded = json.loads(self.report_content)
        except ValueError as error:
            raise ServerError(f"The server's {self.analysis_type} is not JSON.", code="unexpected_answer") from error
        return decoded if isinstance(decoded, dict) else {}

    @property
    def markdown(self) -> str:
        """A meeting note's text; empty for the other types."""
        return str(self.content.get("markdown") or "")

    @property
    def key_points(self) -> tuple[str, ...]:
        """The key points' sentences; empty for the other types."""
        return tuple(str(point["text"]) for point in self.content.get("key_points") or () if "text" in point)

    @property
    def transcription(self) -> Transcription:
        """A transcription's parts; empty for the other types."""
        inner = (self.content.get("content") or {}).get("transcription") or {}
        speakers = tuple(
            Speaker(str(voice.get("id", "")), str(voice.get("name") or voice.get("id", "")), voice.get("talk_time_s"))
            for voice in inner.get("speakers") or ()
            if isinstance(voice, dict)
        )
        names = {speaker.id: speaker.name for speaker in speakers}
        segments = tuple(
            Segment(
                names.get(part["speaker"], str(part["speaker"])), part["start"], part["end"], str(part.get("text", ""))
            )
            for part in inner.get("segments") or ()
        )
        return Transcription(str(inner.get("summary") or ""), inner.get("language"), speakers, segments)


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where something is said or written. `part` is `title`, `description`, `attendee`, `note` or
    `transcript`; `start_s` the second at which it is heard; `snippet` holds pieces of the text, true where they are
    what was searched."""

    part: str
    text: str
    speaker: str | None = None
    start_s: float | None = None
    snippet: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class FoundMeeting:
    """A meeting and its best hits; `more` counts the others."""

    session_id: str
    title: str
    created_at: datetime
    hits: tuple[Hit, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, newest first. `read_as` holds what stood in for words that nobody said, `left_out` the
    words of the query that were not looked for."""

    meetings: tuple[FoundMeeting, ...]
    next_cursor: str | None = None
    read_as: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
