"""People as they are written into a form: one `Name <e-mail>` a line, or a name alone. Pure."""

import re
from collections.abc import Sequence

from minutebook.accounts.model import User
from minutebook.errors import invalid
from minutebook.kit.no_address import made_address
from minutebook.kit.text import folded
from minutebook.meetings.model import Attendee, AttendeeDraft

_WRITTEN = re.compile(r"^[\"']?(?P<name>[^<>]*?)[\"']?\s*<\s*(?P<email>[^<>\s]+)\s*>$")
_SEPARATORS = re.compile(r"[\r\n;]+|(?<=>)\s*,")


def attendees_of(text: str, user: User) -> Sequence[AttendeeDraft]:
    """The attendees of a form; the user alone when none was written. A bare address is its own name; a bare name has
    the user's address if it is theirs, else one made of it that nothing is ever sent to. Names and addresses alone may
    stand in one line, with commas. Raises `attendee_invalid`."""
    lines = [
        line.strip()
        for raw in _SEPARATORS.split(text)
        for line in ([raw] if "<" in raw or ">" in raw else raw.split(","))
        if line.strip()
    ]
    if not lines:
        return (AttendeeDraft(user.email, user.display_name),)
    return tuple(_attendee(line, number, user) for number, line in enumerate(lines, 1))


def attendees_text(attendees: Sequence[Attendee]) -> str:
    """The inverse: attendees as a form shows them."""
    return "\n".join(
        f"{each.display_name} <{each.address}>" if each.address else each.display_name for each in attendees
    )


def _attendee(line: str, number: int, user: User) -> AttendeeDraft:
    if match := _WRITTEN.match(line):
        return AttendeeDraft(match["email"], match["name"].strip() or match["email"].partition("@")[0])
    if "@" in line and " " not in line:
        return AttendeeDraft(line, line.partition("@")[0])
    if not re.search(r"\w", folded(line)) or set("<>@") & set(line):
        message = f"Entry {number} of the attendees is neither a name nor like “Ada Lovelace <ada@example.com>”."
        raise invalid("attendee_invalid", message, "attendees")
    if folded(line) == folded(user.display_name):
        return AttendeeDraft(user.email, user.display_name)
    return AttendeeDraft(made_address(line), line)
