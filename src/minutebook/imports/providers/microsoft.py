"""Recordings of Microsoft Teams meetings, by the grants of connected calendars, where an operator switched that on
(https://learn.microsoft.com/graph/api/onlinemeeting-list-recordings; resources by @microsoft/microsoft-graph-types).

Graph finds a meeting by its address or its number, and only for accounts that were in it; there are no recordings of
personal accounts, and none of meetings that no calendar has.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.model import ProviderName
from minutebook.calendars.ports import unavailable
from minutebook.calendars.providers.calls import Calls, Json, RefusedError, UnauthorisedError
from minutebook.calendars.service import Calendars
from minutebook.config import MicrosoftSettings
from minutebook.imports.model import Found, Importable, Person, Wanted, key_of, line, scope_missing
from minutebook.imports.providers.downloads import FORBIDDEN, Downloads
from minutebook.imports.providers.values import moment, seconds_between
from minutebook.outgoing.client import OutgoingBody, OutgoingClient

MEETING_SCOPE: Final = "OnlineMeetings.Read"
RECORDING_SCOPE: Final = "OnlineMeetingRecording.Read.All"
PEOPLE_SCOPE: Final = "OnlineMeetingArtifact.Read.All"
NOT_FOUND: Final = 404
AROUND: Final = timedelta(days=1)
MOST_PAGES: Final = 100
_LINK: Final = re.compile(r"/l/meetup-join/(?P<thread>[^/]+)/(?P<message>[0-9]+)/?")
_NUMBER: Final = re.compile(r"/(?:l/|v2/)?meet/(?P<id>[0-9]+)/?")
_ESCAPE: Final = re.compile(r"%[0-9A-F]{2}")


class MicrosoftRecordings:
    """Microsoft Teams, see the port."""

    name = "Microsoft Teams"
    how = "Connect the organiser's calendar; see “Calendars” and “Platforms” in the documentation."

    def __init__(
        self, outgoing: OutgoingClient, calendars: Calendars, settings: MicrosoftSettings, now: Callable[[], datetime]
    ) -> None:
        self._calendars = calendars
        self._calls = Calls(outgoing, "Microsoft", now)
        self._meetings = f"{settings.graph_url.rstrip('/')}/v1.0/me/onlineMeetings"
        self._downloads = Downloads(outgoing, self.name, RECORDING_SCOPE, UnauthorisedError)

    async def accounts(self, tx: AsyncConnection, owner_id: str) -> Sequence[str]:
        """See the port."""
        return await self._calendars.connections(tx, owner_id, ProviderName.MICROSOFT)

    async def find(self, account: str, wanted: Wanted) -> Found:
        """See the port."""
        which = filter_of(wanted.url)
        if which is None:
            return Found(reason="Microsoft finds recordings by a meeting's join link, and this address is none.")
        meetings = await self._rows(account, MEETING_SCOPE, self._meetings, {"$filter": which})
        if not meetings:
            return Found(reason="Microsoft knows no such meeting of this account's.")
        made = [each for meeting in meetings for each in await self._of_meeting(account, meeting)]
        found = [each for each in made if _is_near(each.started_at, wanted.near)]
        if not found:
            when = " around that time" if made else ""
            return Found(reason=f"Microsoft has no recording of this meeting{when}, or is not done with it yet.")
        found.sort(key=lambda each: (str(each.started_at), each.key))
        return Found(found if wanted.near is not None else _latest(found))

    async def people(self, account: str, recording: Importable) -> Sequence[Person]:
        """See the port. Who was there stands in the attendance report of the meeting's instance."""
        reports = f"{self._meetings}/{quote(recording.place['meeting'], safe='')}/attendanceReports"
        try:
            rows = await self._rows(account, PEOPLE_SCOPE, reports, {})
            of_it = next((each for each in rows if _covers(each, recording.started_at)), None)
            if of_it is None:
                return []
            url = f"{reports}/{quote(str(of_it.get('id')), safe='')}/attendanceRecords"
            records = await self._rows(account, PEOPLE_SCOPE, url, {})
        except RefusedError as error:
            if error.status in {FORBIDDEN, NOT_FOUND}:
                return []
            raise
        return [_person(each) for each in records]

    @asynccontextmanager
    async def open(self, account: str, recording: Importable) -> AsyncIterator[OutgoingBody]:
        """See the port."""
        place = {name: quote(value, safe="") for name, value in recording.place.items()}
        url = f"{self._meetings}/{place['meeting']}/recordings/{place['recording']}/content"
        async with AsyncExitStack() as stack:
            yield await self._calendars.with_access(account, partial(self._downloads.begin, stack, url))

    async def _of_meeting(self, account: str, meeting: Json) -> list[Importable]:
        key, title = str(meeting.get("id") or ""), line(meeting.get("subject")) or self.name
        url = f"{self._meetings}/{quote(key, safe='')}/recordings"
        try:
            rows = await self._rows(account, RECORDING_SCOPE, url, {})
        except RefusedError as error:
            if error.status == FORBIDDEN:
                raise scope_missing(self.name, RECORDING_SCOPE, "looking for recordings", error.message) from error
            raise
        return [_importable(self.name, key, title, each) for each in rows if isinstance(each.get("id"), str)]

    async def _rows(self, account: str, scope: str, url: str, params: Mapping[str, str]) -> list[Json]:
        """All pages of a list. Raises `scope_missing` where meetings cannot be found, else as the provider does."""
        rows: list[Json] = []
        following: str | None = url
        for _ in range(MOST_PAGES):
            if following is None:
                break
            page = await self._page(account, scope, following, params if following == url else {})
            rows += self._calls.listed(page, "value")
            following = self._next(page)
        return rows

    async def _page(self, account: str, scope: str, url: str, params: Mapping[str, str]) -> Json:
        async def call(token: str) -> Json:
            # A following page's address has its own parameters.
            return await self._calls.json("GET", url, token, params=params or None)

        try:
            return await self._calendars.with_access(account, call)
        except RefusedError as error:
            if error.status == FORBIDDEN and scope == MEETING_SCOPE:
                raise scope_missing(self.name, scope, "looking for recordings", error.message) from error
            raise

    def _next(self, page: Json) -> str | None:
        link = page.get("@odata.nextLink")
        if not isinstance(link, str) or not link:
            return None
        if not link.startswith(f"{self._meetings.removesuffix('/me/onlineMeetings')}/"):
            raise unavailable(self._calls.name, "its next page is elsewhere.")
        return link


def filter_of(url: str) -> str | None:
    """How Graph finds the meeting of an address; None for one of neither kind. A join link is compared as text there:
    in Microsoft's own spelling, with escapes in lower case."""
    parts = urlsplit(url)
    if number := _NUMBER.fullmatch(parts.path):
        return f"joinMeetingIdSettings/joinMeetingId eq '{number['id']}'"
    link, context = _LINK.fullmatch(parts.path), parse_qs(parts.query).get("context", [""])[0]
    if link is None or not context:
        return None
    text = f"https://{parts.netloc}/l/meetup-join/{_escaped(unquote(link['thread']))}/{link['message']}"
    return f"JoinWebUrl eq '{text}?context={_escaped(context)}'"


def _escaped(text: str) -> str:
    return _ESCAPE.sub(lambda escape: escape[0].lower(), quote(text, safe="")).replace("'", "''")


def _importable(provider: str, meeting: str, title: str, row: Json) -> Importable:
    started, ended = moment(row.get("createdDateTime")), moment(row.get("endDateTime"))
    return Importable(
        key_of(provider, f"{meeting} {row['id']}"),
        title,
        started,
        seconds_between(started, ended),
        None,
        f"{title.replace('/', '-')[:100]}.mp4",
        {"meeting": meeting, "recording": str(row["id"])},
    )


def _is_near(started: datetime | None, near: datetime | None) -> bool:
    return near is None or (started is not None and abs(started - near) <= AROUND)


def _latest(found: Sequence[Importable]) -> list[Importable]:
    """Those of the latest time: one instance of a series has parts, where recording was stopped in between."""
    last = found[-1].started_at
    return [each for each in found if last is None or (each.started_at and last - each.started_at <= AROUND / 2)]


def _covers(report: Json, at: datetime | None) -> bool:
    start, end = moment(report.get("meetingStartDateTime")), moment(report.get("meetingEndDateTime"))
    return at is not None and start is not None and end is not None and start <= at <= end


def _person(record: Json) -> Person:
    identity = record.get("identity")
    name = line(identity.get("displayName")) if isinstance(identity, dict) else ""
    email = record.get("emailAddress")
    return Person(name, email if isinstance(email, str) and "@" in email else None)
