"""What a meeting came to: items that quote and cite what was said, key points, sentiment."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ItemKind(StrEnum):
    """The kinds of line that a note is made of."""

    TOPIC = "topic"
    DECISION = "decision"
    ACTION = "action"
    QUESTION = "question"


class MeetingType(StrEnum):
    """Shapes the note's length and emphasis (the contract's list)."""

    GROUP = "group"
    TEAM = "team"
    DEPARTMENT = "department"
    CROSS_FUNCTIONAL = "cross_functional"
    ORGANIZATION = "organization"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The span an item rests on. `speaker` is a `Speaker.id`, `quote` the words said there, verbatim."""

    start: float
    end: float
    speaker: str
    quote: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the recording, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is to act: a voice of the recording (`speaker`, an id), or somebody only named in the talk (`name`)."""

    speaker: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When: as it was said ("Thursday"), and the calendar date where it can be worked out."""

    said: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a note. `answered` tells of a question whether something resolved it, `answer` quotes what;
    `context` is a cited sentence that words like "it" in `text` refer to; `span` is when a topic was talked about."""

    kind: ItemKind
    text: str
    evidence: tuple[Evidence, ...]
    owner: Owner | None = None
    due: Due | None = None
    answered: bool | None = None
    answer: str | None = None
    context: str | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a producer proposes: items not yet checked against the transcript."""

    items: tuple[Item, ...]
    producer: str = "extractive"
    notices: tuple[str, ...] = ()
    usage: "Usage | None" = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model was paid for: calls, tokens, and money where prices are known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An item that its evidence does not carry, and why."""

    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """A meeting's note: verified items only, in the order of the talk; the rest is listed apart. Made by
    `language.verify.locked` alone."""

    items: tuple[Item, ...]
    unsupported: tuple[Unsupported, ...] = ()
    producer: str = "extractive"
    notices: tuple[str, ...] = ()
    usage: Usage | None = None
    language: str = "en"
    meeting_type: MeetingType = MeetingType.GROUP


@dataclass(frozen=True, slots=True)
class KeyPoint:
    """A sentence worth remembering, with what it rests on."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Mood:
    """A sentiment: `score` from -1 (negative) to 1, `label` negative, neutral, mixed or positive."""

    label: str
    score: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class MoodSpan:
    """The mood of a stretch of the meeting."""

    start: float
    end: float
    score: float


@dataclass(frozen=True, slots=True)
class Sentiment:
    """Mood of the whole, of each speaker (by `Speaker.id`), and over time."""

    overall: Mood
    by_speaker: tuple[tuple[str, Mood], ...]
    timeline: tuple[MoodSpan, ...]


@dataclass(frozen=True, slots=True)
class NameProposal:
    """Who a voice may be. `assigned` only where the talk leaves no doubt; `confidence` 0 to 1."""

    speaker: str
    name: str
    confidence: float
    evidence: tuple[Evidence, ...]
    assigned: bool


@dataclass(frozen=True, slots=True)
class NoteRequest:
    """What the user asked for. `held_on` is the meeting's date, to which "Thursday" refers."""

    instruction: str = "Generate a detailed meeting summary"
    meeting_type: MeetingType = MeetingType.GROUP
    held_on: date | None = None
    attendees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteSection:
    """A part of a note: items of these kinds, kind by kind, under `heading`; without one under the kinds' own names in
    the note's language."""

    kinds: tuple[ItemKind, ...]
    heading: str | None = None
