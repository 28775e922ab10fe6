"""CalDAV (RFC 4791) with collection synchronisation (RFC 6578) where the server has it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from minutebook.calendars import ports
from minutebook.calendars.model import Fetch, FetchedEvent, ProviderName, RawCalendar, Window
from minutebook.calendars.ports import Access, CursorGoneError
from minutebook.calendars.providers import dav
from minutebook.calendars.providers.calls import Calls
from minutebook.calendars.providers.dav import Multistatus, Resource
from minutebook.calendars.providers.ical import events_of
from minutebook.calendars.providers.pages import MOST_PAGES, too_many_pages
from minutebook.errors import MinutebookError, invalid
from minutebook.outgoing.client import OutgoingClient

MULTISTATUS: Final = 207
NOT_FOUND: Final = 404
DENIED: Final = frozenset({401, 403})
CURSOR_GONE: Final = frozenset({400, 403, 404, 409, 410, 412, 415, 418})
"""What servers answer to a sync token that they do not know (RFC 6578, 3.2: the precondition DAV:valid-sync-token), or
that they cannot follow (415, 418: Nextcloud and others that are built on sabre/dav)."""
AT_ONCE: Final = 50
"""Resources asked for in one calendar-multiget."""


class CalDav:
    """A CalDAV server, or one calendar of it, with a user name and a password."""

    name = ProviderName.CALDAV
    poll_s = 60.0

    def __init__(self, outgoing: OutgoingClient, now: Callable[[], datetime]) -> None:
        self._calls = Calls(outgoing, "The CalDAV server", now)

    async def calendars(self, access: Access) -> list[RawCalendar]:
        """See the port; the address may be the server's, a user's or a calendar's. A calendar's id is its address. The
        one that the address names comes first; without one, the first listed counts as the primary one."""
        url = access.secrets["url"]
        here = await self._propfind(access, url, dav.DISCOVER, "0")
        found = [self._calendar(each, here.url, access) for each in here.resources if each.is_calendar]
        if not found:
            found = await self._of_home(access, await self._home(access, here))
        if not found:
            raise invalid("caldav_no_calendar", "There is no calendar for events at this address.", "url")
        found = [RawCalendar(each.id, each.name, each.email, not place) for place, each in enumerate(found)]
        return found

    async def fetch(self, access: Access, calendar: RawCalendar, window: Window, cursor: str | None) -> Fetch:
        """See the port. A resource holds a whole series: what changed is expanded anew."""
        owners = frozenset(
            text.casefold() for text in (calendar.email, access.secrets.get("username", "")) if "@" in text
        )
        if cursor is None:
            head = await self._propfind(access, calendar.id, dav.SYNC_TOKEN, "0")
            token = next((each.sync_token for each in head.resources if each.sync_token), None)
            answer = await self._report(access, calendar.id, dav.calendar_query(window), "1")
            events, unclear = await self._events(answer.resources, answer.url, window, owners)
            return Fetch(window, events, complete=True, cursor=token, unclear=unclear)
        changed, gone, token = await self._changes(access, calendar.id, cursor)
        loaded: list[Resource] = []
        base = calendar.id
        for first in range(0, len(changed), AT_ONCE):
            body = dav.multiget([urlsplit(href).path for href in changed[first : first + AT_ONCE]])
            answer = await self._report(access, calendar.id, body, "1")
            loaded += answer.resources
            base = answer.url
        events, unclear = await self._events(loaded, base, window, owners)
        told = {
            urljoin(base, each.href) for each in loaded if each.calendar_data is not None or each.status == NOT_FOUND
        }
        return Fetch(window, events, groups=frozenset((*told, *gone)) - unclear, cursor=token)

    async def _changes(self, access: Access, url: str, cursor: str) -> tuple[list[str], list[str], str]:
        changed: dict[str, bool] = {}
        token = cursor
        for _ in range(MOST_PAGES):
            answer = await self._report(access, url, dav.sync_collection(token), "0", gone=CURSOR_GONE)
            if answer.sync_token is None:
                raise CursorGoneError
            token = answer.sync_token
            for each in answer.resources:
                changed[urljoin(answer.url, each.href)] = each.status != NOT_FOUND
            # A server that cuts its answer short says so about the collection itself (RFC 6578, 3.6).
            if not any(each.status == 507 for each in answer.resources):
                itself = urlsplit(url).path.rstrip("/")
                names = {href: kept for href, kept in changed.items() if urlsplit(href).path.rstrip("/") != itself}
                return [h for h, kept in names.items() if kept], [h for h, kept in names.items() if not kept], token
        raise too_many_pages(self._calls.name)

    async def _events(
        self, resources: Sequence[Resource], base: str, window: Window, owners: frozenset[str]
    ) -> tuple[list[FetchedEvent], frozenset[str]]:
        """The events, and the addresses of resources that cannot be read: these do not keep the others away."""

        def expand() -> tuple[list[FetchedEvent], frozenset[str]]:
            events: list[FetchedEvent] = []
            unclear: set[str] = set()
            for each in resources:
                href = urljoin(base, each.href)
                if each.status == NOT_FOUND:
                    continue
                try:
                    events += events_of((each.calendar_data or "").encode(), window, owners, href)
                except MinutebookError:
                    unclear.add(href)
            return events, frozenset(unclear)

        return await asyncio.to_thread(expand)

    async def _home(self, access: Access, here: "Answer") -> str:
        principal = next((each.principal for each in here.resources if each.principal), None)
        home = next((each.home for each in here.resources if each.home), None)
        if principal is None and home is None:
            # RFC 6764, section 5: where a server is known by its name alone.
            here = await self._propfind(access, urljoin(here.url, "/.well-known/caldav"), dav.DISCOVER, "0")
            principal = next((each.principal for each in here.resources if each.principal), None)
        if home is None and principal is not None:
            here = await self._propfind(access, urljoin(here.url, principal), dav.DISCOVER, "0")
            home = next((each.home for each in here.resources if each.home), None)
        if home is None:
            raise invalid("caldav_no_calendar", "There is no CalDAV account at this address.", "url")
        return urljoin(here.url, home)

    async def _of_home(self, access: Access, home: str) -> list[RawCalendar]:
        answer = await self._propfind(access, home, dav.DISCOVER, "1")
        return [self._calendar(each, answer.url, access) for each in answer.resources if each.is_calendar]

    def _calendar(self, each: Resource, base: str, access: Access) -> RawCalendar:
        path = urlsplit(each.href).path.rstrip("/")
        username = access.secrets.get("username", "")
        email = access.secrets.get("email") or each.owner_email or (username if "@" in username else "")
        name = each.display_name or path.rpartition("/")[2]
        return RawCalendar(urljoin(base, each.href), name[:200], email, is_primary=False)

    async def _propfind(self, access: Access, url: str, body: bytes, depth: str) -> "Answer":
        return await self._dav("PROPFIND", access, url, body, depth)

    async def _report(
        self, access: Access, url: str, body: bytes, depth: str, gone: frozenset[int] = frozenset()
    ) -> "Answer":
        return await self._dav("REPORT", access, url, body, depth, gone)

    async def _dav(
        self, method: str, access: Access, url: str, body: bytes, depth: str, gone: frozenset[int] = frozenset()
    ) -> "Answer":
        self._check_ours(access, url)
        login = httpx.BasicAuth(access.secrets.get("username", ""), access.secrets.get("password", ""))
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        answer = await self._calls.send(method, url, content=body, headers=headers, auth=login)
        if answer.status_code == MULTISTATUS:
            return Answer(str(answer.request.url), dav.read_multistatus(answer.content))
        if answer.status_code in gone and not (answer.status_code == 403 and b"valid-sync-token" not in answer.content):
            raise CursorGoneError
        if answer.status_code in DENIED:
            raise ports.revoked(self._calls.name, f"it answered {answer.status_code}.")
        raise ports.refused(self._calls.name, f"it answered {answer.status_code} to {method}.")

    def _check_ours(self, access: Access, url: str) -> None:
        """The password goes to the host that it was given for, and to no other that an answer names."""
        given, asked = urlsplit(access.secrets["url"]), urlsplit(url)
        if given.hostname != asked.hostname or (given.scheme == "https" and asked.scheme != "https"):
            raise ports.refused(self._calls.name, "it sends us to another host; give that address instead.")


class Answer:
    """A multistatus and the address that gave it, after redirects."""

    def __init__(self, url: str, body: Multistatus) -> None:
        self.url = url
        self.resources = body.resources
        self.sync_token = body.sync_token
