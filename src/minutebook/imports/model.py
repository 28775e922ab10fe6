"""What can be imported, and what has been."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from minutebook.errors import Kind, MinutebookError
from minutebook.kit.ids import fingerprint
from minutebook.meetings.model import ATTENDEES_MAX, NAME_MAX, AttendeeDraft, AttendeeSource, checked_attendees

MOST_LINE: Final = 300
MOST_NAMED: Final = 200
KEY_CHARS: Final = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which meeting: its address, what tells its room from others (without the platform's name), and when it was; None
    for its latest time."""

    url: str
    room: str
    near: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was in the call, as the platform tells it."""

    name: str
    email: str | None = None
    source: AttendeeSource = AttendeeSource.EVENT


@dataclass(frozen=True, slots=True)
class Importable:
    """A recording at its platform. `key` names it here; `size` is in bytes, None where the platform does not say it;
    `filename` decides what its bytes have to be. `place` is its provider's, for finding it again."""

    key: str
    title: str
    started_at: datetime | None
    duration_s: float | None
    size: int | None
    filename: str
    place: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """The recordings of a meeting, oldest first; where there are none, `reason` says why, as far as it is known."""

    recordings: Sequence[Importable] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """That a recording was imported, and into which meeting."""

    owner_id: str
    key: str
    provider: str
    meeting_id: str
    bot_id: str | None
    started_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """What was found, from whom, and what of it was imported before, by key."""

    provider: str
    found: Found
    imported: Mapping[str, Imported]


@dataclass(frozen=True, slots=True)
class Brought:
    """An import; `already` where the recording had been here before."""

    imported: Imported
    already: bool


def key_of(provider: str, native_id: str) -> str:
    """How a recording is called here, whatever its platform's ids look like."""
    return fingerprint(f"{provider} {native_id}")[:KEY_CHARS]


def is_key(text: str) -> bool:
    """Whether it can be one of those at all."""
    return len(text) == KEY_CHARS and text.isascii() and text.isalnum()


def line(value: object) -> str:
    """One line of text out of what a platform says."""
    text = value if isinstance(value, str) else ""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(plain.split())[:MOST_LINE].strip()


def origin_of(provider: str, found: Importable) -> str:
    """Where a record came from, in a sentence."""
    when = f" of {found.started_at:%Y-%m-%d %H:%M} UTC" if found.started_at else ""
    return f"Imported from {provider}: the organiser's own recording{when}."


def attendees_of(owner: AttendeeDraft, people: Sequence[Person]) -> list[AttendeeDraft]:
    """The owner, and those in the call, as far as they have an address that can be an attendee's: the stand-in for an
    owner whom nobody has made yet has none."""
    drafts = {(owner.email or "").casefold(): owner} if _is_good(owner) else {}
    for person in people[:ATTENDEES_MAX]:
        name, email = line(person.name)[:NAME_MAX], (person.email or "").strip()
        draft = AttendeeDraft(email, name or email[:NAME_MAX], source=person.source)
        if _is_good(draft):
            drafts.setdefault(email.casefold(), draft)
    return list(drafts.values())[:ATTENDEES_MAX]


def description_of(people: Sequence[Person]) -> str:
    """Who was in the call by name: most platforms tell no addresses."""
    names = list(dict.fromkeys(name for person in people if (name := line(person.name))))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"In the call: {', '.join(names[:MOST_NAMED])}{more}."[:9000] if names else ""


def _is_good(draft: AttendeeDraft) -> bool:
    try:
        checked_attendees([draft])
    except MinutebookError:
        return False
    return True


def not_connected(provider: str, how: str) -> MinutebookError:
    """Nobody has given access to an account there."""
    message = f"No account at {provider} is connected. {how}"
    return MinutebookError(Kind.CONFLICT, "import_not_connected", message)


def scope_missing(provider: str, scope: str, what: str, text: str = "") -> MinutebookError:
    """Access was given, but not to this."""
    said = f" {provider} says: {text[:300]}" if text else ""
    message = (
        f"The account at {provider} is connected without the scope `{scope}`, which {what} needs. Add it to the app, "
        f"and have the account's owner consent again.{said}"
    )
    return MinutebookError(Kind.CONFLICT, "scope_missing", message)


def fetching_failed(provider: str, why: str, *, retry_after_s: float | None = None) -> MinutebookError:
    """The recording is there, and did not arrive whole; nothing of it is kept."""
    message = f"The recording could not be fetched from {provider}: {why} Nothing of it was kept; try again."
    return MinutebookError(Kind.UNAVAILABLE, "import_failed", message, retryable=True, retry_after_s=retry_after_s)
