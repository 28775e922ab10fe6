"""A meeting (PAXS calls it a *session*) and the people who were in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

from minutebook.accounts.model import User
from minutebook.errors import invalid
from minutebook.kit.no_address import made_address, written_address
from minutebook.kit.text import clean_line, clean_text, folded, is_storable

TITLE_MAX = 300
DESCRIPTION_MAX = 10_000
NAME_MAX = 200
ATTENDEES_MAX = 1000
KEY_MAX = 255
UNKNOWN_ROLE = "Unknown"
TRASH_LIFE = timedelta(days=30)
"""How long a meeting stays in the trash before it is deleted."""


class AttendeeSource(StrEnum):
    """Where an attendee is known from."""

    MANUAL = "manual"
    EVENT = "event"
    ZOOM_PARTICIPANT = "zoom_participant"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who took part. `email` is the identity within a meeting, compared without regard to case."""

    email: str
    display_name: str
    role: str = UNKNOWN_ROLE
    source: AttendeeSource = AttendeeSource.MANUAL

    @property
    def address(self) -> str | None:
        """The e-mail address that somebody wrote; None for one that was made for a name alone."""
        return written_address(self.email)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting of one owner; its recording and reports are kept by the capabilities above. `trashed_at` is when it was
    put into the trash, from where it comes back as it was until `TRASH_LIFE` is over; `held_at` since when nobody and
    nothing deletes it."""

    id: str
    owner_id: str
    title: str
    description: str
    attendees: tuple[Attendee, ...]
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None = None
    held_at: datetime | None = None

    def attendee(self, email: str) -> Attendee | None:
        """The attendee with this e-mail address."""
        wanted = email.strip().casefold()
        return next((a for a in self.attendees if a.email.casefold() == wanted), None)


@dataclass(frozen=True, slots=True)
class AttendeeDraft:
    """An attendee as it was sent, before any check; None is what was not sent."""

    email: str | None = None
    display_name: str | None = None
    role: str | None = None
    source: str | None = None


def draft_of(user: User) -> AttendeeDraft:
    """A user as an attendee; who stands in until there is an owner has no address of their own."""
    return AttendeeDraft(user.address or made_address(user.display_name), user.display_name)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of meetings, newest first, and how many there are in all."""

    items: tuple[Meeting, ...]
    page: int
    page_size: int
    total: int


def checked_attendees(drafts: Sequence[AttendeeDraft] | None) -> tuple[Attendee, ...]:
    """The attendees, checked. Raises `attendees_required`, `attendees_too_many`, `attendee_duplicate` and the codes
    of a single attendee (`attendee_email_required`, `attendee_email_invalid`, `attendee_name_required`,
    `attendee_source_unknown`), each with the path of the offending field."""
    if not drafts:
        raise invalid(
            "attendees_required",
            "A meeting needs at least one attendee: send `attendees` with `email` and `displayName`.",
            "attendees",
        )
    if len(drafts) > ATTENDEES_MAX:
        raise invalid("attendees_too_many", f"A meeting has at most {ATTENDEES_MAX} attendees.", "attendees")
    attendees = tuple(_checked_attendee(draft, f"attendees[{i}]") for i, draft in enumerate(drafts))
    seen: set[str] = set()
    for i, attendee in enumerate(attendees):
        if attendee.email.casefold() in seen:
            raise invalid(
                "attendee_duplicate", f"{attendee.email} is listed twice; name each once.", f"attendees[{i}].email"
            )
        seen.add(attendee.email.casefold())
    return attendees


def _checked_attendee(draft: AttendeeDraft, field: str) -> Attendee:
    name = clean_line(draft.display_name or "", f"{field}.displayName", at_most=NAME_MAX)
    if not name:
        raise invalid("attendee_name_required", "Each attendee needs a `displayName`.", f"{field}.displayName")
    return Attendee(
        email=_checked_email(draft.email, f"{field}.email"),
        display_name=name,
        role=clean_line(draft.role or "", f"{field}.role", at_most=NAME_MAX) or UNKNOWN_ROLE,
        source=_checked_source(draft.source, f"{field}.source"),
    )


def _checked_email(email: str | None, field: str) -> str:
    if not email or not email.strip():
        raise invalid("attendee_email_required", "Each attendee needs an `email`.", field)
    try:
        # Only the syntax: a meeting's record must not depend on a name server's answer.
        return validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise invalid("attendee_email_invalid", f"An attendee's e-mail address is not valid: {error}", field) from error


def _checked_source(source: str | None, field: str) -> AttendeeSource:
    try:
        return AttendeeSource(source or AttendeeSource.MANUAL)
    except ValueError as error:
        known = ", ".join(AttendeeSource)
        raise invalid("attendee_source_unknown", f"`source` is one of {known}.", field) from error


def checked_title(title: str | None, now: datetime) -> str:
    """The title, or date and time when there is none."""
    return clean_line(title or "", "title", at_most=TITLE_MAX) or f"{now:%Y-%m-%d %H:%M} UTC"


def checked_description(description: str | None) -> str:
    """The description; empty when there is none."""
    return clean_text(description or "", "description", at_most=DESCRIPTION_MAX)


def checked_idempotency_key(key: str | None) -> str | None:
    """The key, or None when none was sent; raises `idempotency_key_invalid` for one that cannot be kept."""
    if key is None:
        return None
    if not key.strip() or len(key) > KEY_MAX or not is_storable(key):
        raise invalid("idempotency_key_invalid", f"`Idempotency-Key` has 1 to {KEY_MAX} characters.", "Idempotency-Key")
    return key


def search_text(title: str, description: str, attendees: Sequence[Attendee]) -> str:
    """What a search looks at, folded as its terms are."""
    people = (part for a in attendees for part in (a.display_name, a.email))
    return folded("\n".join((title, description, *people)))
