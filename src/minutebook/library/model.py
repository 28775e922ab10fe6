"""The library: all of a person's meetings with what has become of them, filtered, sorted and paged."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from minutebook.errors import MinutebookError, invalid
from minutebook.kit.ids import is_id
from minutebook.kit.text import clean_line, is_storable
from minutebook.meetings.model import Meeting
from minutebook.recordings.model import Recording

PAGE_MOST: Final = 100
TAG_MAX: Final = 50
TAGS_MAX: Final = 20
"""Tags that one meeting can have."""


class Status(StrEnum):
    """What has become of a meeting, by the words of the API. `partial`: the transcript is there, something else
    failed."""

    CREATED = "created"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"


class Origin(StrEnum):
    """How a meeting came here."""

    UPLOAD = "upload"
    BOT = "bot"
    SHARED = "shared"


class Order(StrEnum):
    """How the list is sorted; among equals by id."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """Which meetings, in which order. None and empty stand for all. `words` must all be in what search looks at;
    `person` is an attendee's name or address; `since` and `until` bound the date, the latter exclusively; `trash` shows
    what is in the trash instead. Meetings that others share are among them, but for the trash."""

    words: str = ""
    person: str = ""
    tag: str = ""
    status: Status | None = None
    origin: Origin | None = None
    since: datetime | None = None
    until: datetime | None = None
    order: Order = Order.NEWEST
    trash: bool = False
    cursor: str = ""
    limit: int = 50

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        asked = (self.words, self.person, self.tag, self.status, self.origin, self.since, self.until)
        return any(value not in {"", None} for value in asked)


@dataclass(frozen=True, slots=True)
class Entry:
    """A meeting in the list; `shared_by` is the name of the owner where that is somebody else."""

    meeting: Meeting
    recording: Recording | None
    status: Status
    origin: Origin
    tags: tuple[str, ...]
    shared_by: str = ""


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """A page of the list, and where the next one begins; None at the end. `words` are those that were looked for."""

    entries: tuple[Entry, ...]
    next_cursor: str | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: the meeting that stands there, by what the list is sorted by."""

    value: str
    meeting_id: str


def cursor_of(position: Position, order: Order) -> str:
    """The cursor for the page after this position, as text for a URL."""
    parts = [order, position.value, position.meeting_id]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def position_of(cursor: str, order: Order) -> Position:
    """The inverse; raises `cursor_invalid` for anything that `cursor_of` did not make for this order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, value, meeting_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        fits = made_for == order and is_id(meeting_id) and is_storable(value)
        if fits and order is not Order.TITLE:
            fits = datetime.fromisoformat(value).tzinfo is not None
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise _not_ours() from None
    if not fits:
        raise _not_ours()
    return Position(value, meeting_id)


def checked_tag(tag: str) -> str:
    """A tag on one line. Raises `tag_required` and the codes of text."""
    checked = clean_line(tag, "tag", at_most=TAG_MAX)
    if not checked:
        raise invalid("tag_required", "A tag needs at least one character.", "tag")
    return checked


def tag_key(tag: str) -> str:
    """What tags are compared by."""
    return " ".join(tag.split()).casefold()


def _not_ours() -> MinutebookError:
    message = "This list was sorted differently when the link to its next page was made. Begin at its first page."
    return invalid("cursor_invalid", message, "cursor")
