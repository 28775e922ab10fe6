"""A calendar at an address: the iCalendar file that most calendar programs can publish."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from minutebook.calendars import ports
from minutebook.calendars.model import Fetch, ProviderName, RawCalendar, Window
from minutebook.calendars.ports import Access
from minutebook.calendars.providers.calls import Calls
from minutebook.calendars.providers.ical import events_of
from minutebook.errors import invalid
from minutebook.kit.ids import fingerprint
from minutebook.outgoing.client import OutgoingClient

ACCEPT: Final = {"Accept": "text/calendar, */*;q=0.1"}
NOT_MODIFIED: Final = 304
DENIED: Final = frozenset({401, 403, 404, 410})


class Ics:
    """An ICS address. Its cursor is the file's entity tag, or a fingerprint of what it held."""

    name = ProviderName.ICS
    poll_s = 300.0

    def __init__(self, outgoing: OutgoingClient, now: Callable[[], datetime]) -> None:
        self._calls = Calls(outgoing, "The calendar's server", now)

    async def calendars(self, access: Access) -> list[RawCalendar]:
        """The one calendar of the file; it is fetched, so that a wrong address is told at once."""
        data, _ = await self._file(access, None)
        return [RawCalendar("ics", _name_of(data, access), access.secrets.get("email", ""), is_primary=True)]

    async def fetch(self, access: Access, calendar: RawCalendar, window: Window, cursor: str | None) -> Fetch:
        """See the port. A file that is as it was brings nothing."""
        data, tag = await self._file(access, cursor)
        if data is None or (cursor is not None and tag == cursor):
            return Fetch(window, (), cursor=cursor)
        email = access.secrets.get("email", "").casefold()
        events = await asyncio.to_thread(events_of, data, window, frozenset({email} if email else ()))
        return Fetch(window, events, complete=True, cursor=tag)

    async def _file(self, access: Access, cursor: str | None) -> tuple[bytes | None, str]:
        """The file and its tag; None for one that is as it was."""
        known = {"If-None-Match": cursor} if cursor and cursor.startswith(('"', "W/")) else {}
        answer = await self._calls.send("GET", access.secrets["url"], headers={**ACCEPT, **known})
        if answer.status_code == NOT_MODIFIED and cursor:
            return None, cursor
        if answer.status_code in DENIED:
            raise ports.revoked(self._calls.name, f"it answered {answer.status_code}.")
        if not answer.is_success:
            raise ports.refused(self._calls.name, f"it answered {answer.status_code}.")
        if b"BEGIN:VCALENDAR" not in answer.content[:4096].upper():
            raise invalid("ics_unreadable", "There is no calendar in iCalendar form at this address.", "url")
        tag = answer.headers.get("etag", "")
        return answer.content, tag if tag.startswith(('"', "W/")) else fingerprint(answer.content.decode("latin-1"))


def _name_of(data: bytes | None, access: Access) -> str:
    for line in (data or b"")[:8192].splitlines():
        name, _, value = line.partition(b":")
        if name.upper() == b"X-WR-CALNAME" and value.strip():
            return value.decode("utf-8", "replace").strip()[:200]
    return urlsplit(access.secrets["url"]).hostname or "Calendar"
