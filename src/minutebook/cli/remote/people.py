"""Attendees whole: what was left out is filled from what is known, never invented."""

from collections.abc import Iterable

from minutebook.cli.attendees import Person
from minutebook.cli.remote.connection import OwnRecords
from minutebook.client import Attendee, Paxs
from minutebook.errors import invalid
from minutebook.kit.no_address import made_address

MEETINGS = 100
"""Meetings in which a name is looked for, the newest first."""


def attendees_of(paxs: Paxs, people: Iterable[Person]) -> tuple[Attendee, ...]:
    """Everybody with name and address, as the contract wants them. An address alone is shown as its first part; a name
    alone gets the address that earlier meetings know it by. When none does, it stays a name in this machine's records,
    and a server is not given one that is made up: `attendee_email_required`, as when several do."""
    return tuple(Attendee(email or _address_of(paxs, name), name or email.partition("@")[0]) for name, email in people)


def _address_of(paxs: Paxs, name: str) -> str:
    wanted = name.casefold()
    meetings = paxs.sessions.list(search=name, page_size=MEETINGS).items
    known = {who.email.lower() for one in meetings for who in one.attendees if who.display_name.casefold() == wanted}
    if len(known) == 1:
        return known.pop()
    if not known and isinstance(paxs, OwnRecords):
        return made_address(name)
    reason = f"meetings know {', '.join(sorted(known))}" if known else "no earlier meeting tells it"
    said = f"Which address has {name}? ({reason}.) Write it behind the name: “{name} <name@example.com>”."
    raise invalid("attendee_email_required", said, "attendees")
