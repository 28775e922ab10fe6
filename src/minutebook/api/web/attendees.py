"""People as they are written into a form: one `Name <e-mail>` a line. Pure."""

import re
from collections.abc import Sequence

from minutebook.accounts.model import User
from minutebook.errors import invalid
from minutebook.meetings.model import Attendee, AttendeeDraft

_WRITTEN = re.compile(r"^[\"']?(?P<name>[^<>]*?)[\"']?\s*<\s*(?P<email>[^<>\s]+)\s*>$")
_SEPARATORS = re.compile(r"[\r\n;]+")


def attendees_of(text: str, user: User) -> Sequence[AttendeeDraft]:
    """The attendees of a form; the user alone when none was written. A bare address is its own name. Raises
    `attendee_invalid`."""
    lines = [line for raw in _SEPARATORS.split(text) if (line := raw.strip().strip(","))]
    if not lines:
        return (AttendeeDraft(user.email, user.display_name),)
    return tuple(_attendee(line, number) for number, line in enumerate(lines, 1))


def attendees_text(attendees: Sequence[Attendee]) -> str:
    """The inverse: attendees as a form shows them."""
    return "\n".join(f"{attendee.display_name} <{attendee.email}>" for attendee in attendees)


def _attendee(line: str, number: int) -> AttendeeDraft:
    if match := _WRITTEN.match(line):
        return AttendeeDraft(match["email"], match["name"].strip() or match["email"].partition("@")[0])
    if "@" in line and " " not in line:
        return AttendeeDraft(line, line.partition("@")[0])
    message = f"Line {number} of the attendees is not `Name <e-mail>`, like “Ada Lovelace <ada@example.com>”."
    raise invalid("attendee_invalid", message, "attendees")
