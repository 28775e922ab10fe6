"""What is searched, what is asked for, what is found. Pure."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from minutebook.errors import MinutebookError, invalid
from minutebook.kit.ids import is_id
from minutebook.kit.text import clean_line
from minutebook.search.words import RUNS_CUT, STEMMED, key_of, runs_of, stem_of, words_of

QUERY_MAX: Final = 300
PAGE_SIZE: Final = 10
HITS_PER_MEETING: Final = 3

_TERM = re.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]|(\S+)')


class Part(StrEnum):
    """Which part of a meeting a passage is."""

    TITLE = "title"
    DESCRIPTION = "description"
    ATTENDEE = "attendee"
    NOTE = "note"
    TRANSCRIPT = "transcript"


class Passage(NamedTuple):
    """A text that is searched as one: a segment of the transcript, an item of the note, a title. `speaker` is a name as
    it is shown; `start_s` the second at which it is heard."""

    part: Part
    text: str
    speaker: str = ""
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched of one meeting. `language` is the transcript's (ISO 639), empty before there is one."""

    meeting_id: str
    owner_id: str
    language: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query that has to be there: a word in any of its forms, or words as they are written (`exact`), one
    behind the other."""

    words: tuple[str, ...]
    exact: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """The words as they are compared."""
        return tuple(key_of(word) for word in self.words)

    def needs(self) -> list[list[str]]:
        """What the index has to hold: of each list at least one term."""
        keys = self.keys
        if self.exact:
            return [[key] for key in dict.fromkeys(keys)] + [[run, RUNS_CUT] for run in dict.fromkeys(runs_of(keys))]
        stems = (stem_of(self.words[0], language) for language in STEMMED)
        return [[keys[0], *dict.fromkeys(stem for stem in stems if stem is not None)]]


def parsed(query: str) -> tuple[Term, ...]:
    """The terms of a query. What stands in quotes is a phrase; so is what one word is to its writer and several to a
    search (`load-test`). Raises `text_invalid` and `text_too_long`."""
    terms = []
    for match in _TERM.finditer(clean_line(query, "q", at_most=QUERY_MAX)):
        words = tuple(words_of(match[1] or match[2]))
        if words:
            terms.append(Term(words, exact=match[1] is not None or len(words) > 1))
    return tuple(dict.fromkeys(terms))


@dataclass(frozen=True, slots=True)
class Asked:
    """A search: `person` is part of a name or an e-mail address of somebody who took part; of meetings from `since`
    until before `until`; `meeting_id` keeps to one meeting, all of whose hits are then shown."""

    query: str
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    meeting_id: str | None = None
    cursor: str = ""


def day_start(day: date | None) -> datetime | None:
    """The first moment of a day (UTC): what `since` holds for it."""
    return datetime.combine(day, time(), UTC) if day else None


def day_end(day: date | None) -> datetime | None:
    """The first moment after a day (UTC): what `until` holds for it. None also for the last day that there is."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) if day and day < date.max else None


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a hit's text; `found` where it is what was searched."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that has what was searched."""

    passage: Passage
    snippet: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True)
class FoundMeeting:
    """A meeting and its best hits; `more` says how many others it has."""

    meeting_id: str
    title: str
    created_at: datetime
    hits: tuple[Hit, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Related:
    """A meeting and what was said there that has to do with a question."""

    meeting_id: str
    title: str
    created_at: datetime
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of meetings, newest first. `read_as` holds the words that stood in for those that nobody said, `left_out`
    the words of the query that were not looked for."""

    meetings: tuple[FoundMeeting, ...]
    next_cursor: str | None = None
    read_as: Mapping[str, Sequence[str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


Place = tuple[datetime, str]
"""Where a page ends: a meeting's time and id."""


def cursor_of(place: Place) -> str:
    """The cursor of the page behind this place."""
    return base64.urlsafe_b64encode(f"{place[0].isoformat()}|{place[1]}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place | None:
    """The place of a cursor; raises `cursor_invalid` for what is none of ours."""
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        at, _, meeting_id = text.partition("|")
        moment = datetime.fromisoformat(at)
    except (ValueError, binascii.Error) as error:
        raise _cursor_invalid() from error
    if moment.tzinfo is None or not is_id(meeting_id):
        raise _cursor_invalid()
    return moment, meeting_id


def _cursor_invalid() -> MinutebookError:
    return invalid("cursor_invalid", "`cursor` is the `next_cursor` of the page before. Start again without.", "cursor")


_PARTS: Final = {part.value: part for part in Part}


def passages_json(passages: Sequence[Passage]) -> str:
    """Passages as they are kept."""
    rows = [[p.part.value, p.text, p.speaker, p.start_s] for p in passages]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def passages_from_json(kept: str) -> tuple[Passage, ...]:
    """The inverse of `passages_json`."""
    return tuple(Passage(_PARTS[part], text, speaker, start) for part, text, speaker, start in json.loads(kept))
