"""Attendees whole: what was left out is filled from what is known, never invented."""

from collections.abc import Iterable

from minutebook.cli.attendees import EXAMPLE, Person
from minutebook.client import Attendee, Paxs
from minutebook.errors import invalid

MEETINGS = 100
"""Meetings in which a name is looked for, the newest first."""


def attendees_of(paxs: Paxs, people: Iterable[Person]) -> tuple[Attendee, ...]:
    """Everybody with name and address, as the contract wants them. An address alone is shown as its first part; a name
    alone gets the address that earlier meetings know it by. Raises `attendee_email_required` when none or several do.
    """
    return tuple(Attendee(email or _address_of(paxs, name), name or email.partition("@")[0]) for name, email in people)


def _address_of(paxs: Paxs, name: str) -> str:
    wanted = name.casefold()
    meetings = paxs.sessions.list(search=name, page_size=MEETINGS).items
    known = {who.email.lower() for one in meetings for who in one.attendees if who.display_name.casefold() == wanted}
    if len(known) == 1:
        return known.pop()
    reason = f"meetings know {', '.join(sorted(known))}" if known else "no earlier meeting tells the address"
    raise invalid("attendee_email_required", f"Which address has {name}? ({reason}); write {EXAMPLE}.", "attendees")
