"""Recordings of Google Meet, by the grants of connected calendars (https://developers.google.com/workspace/meet/api).

Meet keeps a record of each conference for 30 days; its recordings are files in the organiser's Drive.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.model import ProviderName
from minutebook.calendars.providers.calls import Calls, Json, RefusedError, UnauthorisedError
from minutebook.calendars.service import Calendars
from minutebook.config import GoogleSettings
from minutebook.imports.model import Found, Importable, Person, Wanted, key_of, line, scope_missing
from minutebook.imports.providers.downloads import FORBIDDEN, Downloads
from minutebook.imports.providers.values import moment, seconds_between, whole
from minutebook.outgoing.client import OutgoingBody, OutgoingClient

MEET_SCOPE: Final = "https://www.googleapis.com/auth/meetings.space.readonly"
FILE_SCOPE: Final = "https://www.googleapis.com/auth/drive.meet.readonly"
CODE: Final = re.compile(r"[a-z]{3}/[a-z]{4}/[a-z]{3}")
NOT_FOUND: Final = 404
AROUND: Final = timedelta(days=1)
MOST_PAGES: Final = 100
GENERATED: Final = "FILE_GENERATED"

Ask = Callable[..., Awaitable[Json]]


class GoogleRecordings:
    """Google Meet, see the port."""

    name = "Google Meet"
    how = "Connect the organiser's calendar; see “Calendars” in the documentation."

    def __init__(
        self, outgoing: OutgoingClient, calendars: Calendars, settings: GoogleSettings, now: Callable[[], datetime]
    ) -> None:
        self._calendars = calendars
        self._calls = Calls(outgoing, "Google", now)
        self._meet = f"{settings.meet_url.rstrip('/')}/v2"
        self._files = f"{settings.api_url.rstrip('/')}/drive/v3/files"
        self._downloads = Downloads(outgoing, self.name, FILE_SCOPE, UnauthorisedError)

    async def accounts(self, tx: AsyncConnection, owner_id: str) -> Sequence[str]:
        """See the port."""
        return await self._calendars.connections(tx, owner_id, ProviderName.GOOGLE)

    async def find(self, account: str, wanted: Wanted) -> Found:
        """See the port."""
        if not CODE.fullmatch(wanted.room):
            return Found(reason="Google finds recordings by a meeting's code, and this address has none.")
        ask = partial(self._ask, account, MEET_SCOPE, "looking for recordings")
        which = f'space.meeting_code = "{wanted.room.replace("/", "-")}"'
        if wanted.near is not None:
            since, until = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (wanted.near - AROUND, wanted.near + AROUND))
            which += f' AND start_time>="{since}" AND start_time<="{until}"'
        conferences = await self._pages(ask, "conferenceRecords", "conferenceRecords", {"filter": which})
        files: list[Json] = []
        for conference in conferences:
            found = await self._pages(ask, f"{conference.get('name')}/recordings", "recordings", {})
            files += [{**each, "conference": conference.get("name")} for each in found]
            if files and wanted.near is None:
                break
        return await self._found(account, conferences, files)

    async def people(self, account: str, recording: Importable) -> Sequence[Person]:
        """See the port. Google tells no addresses."""
        ask = partial(self._ask, account, MEET_SCOPE, "looking for recordings")
        rows = await self._pages(ask, f"{recording.place['conference']}/participants", "participants", {})
        kinds = ("signedinUser", "anonymousUser", "phoneUser")
        users = [row.get(kind) for row in rows for kind in kinds]
        return [Person(line(user.get("displayName"))) for user in users if isinstance(user, dict)]

    @asynccontextmanager
    async def open(self, account: str, recording: Importable) -> AsyncIterator[OutgoingBody]:
        """See the port."""
        url = f"{self._files}/{quote(recording.place['file'], safe='')}?alt=media&supportsAllDrives=true"
        async with AsyncExitStack() as stack:
            yield await self._calendars.with_access(account, partial(self._downloads.begin, stack, url))

    async def _found(self, account: str, conferences: Sequence[Json], recordings: Sequence[Json]) -> Found:
        done = [each for each in recordings if each.get("state") == GENERATED and _file_of(each)]
        found = [made for each in done if (made := await self._importable(account, each)) is not None]
        if found:
            return Found(sorted(found, key=lambda each: (str(each.started_at), each.key)))
        if done:
            return Found(reason="The recording is not in Google Drive any more.")
        if recordings:
            return Found(reason="Google is not done with the recording yet; ask again in a while.")
        if conferences:
            return Found(reason="Google says that the meeting took place and was not recorded.")
        return Found(reason="Google knows no such meeting of the last 30 days that this account was in.")

    async def _importable(self, account: str, recording: Json) -> Importable | None:
        """None for a file that is not there any more, or not this account's."""
        file = _file_of(recording)
        params = {"fields": "name,size", "supportsAllDrives": "true"}
        try:
            said = await self._ask(
                account, FILE_SCOPE, "fetching a recording", f"{self._files}/{quote(file, safe='')}", **params
            )
        except RefusedError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        started, ended = moment(recording.get("startTime")), moment(recording.get("endTime"))
        title = line(said.get("name")) or "Google Meet"
        return Importable(
            key_of(self.name, file),
            title,
            started,
            seconds_between(started, ended),
            whole(said.get("size")),
            f"{title.replace('/', '-')[:100]}.mp4",
            {"file": file, "conference": str(recording["conference"])},
        )

    async def _pages(self, ask: Ask, path: str, name: str, params: Mapping[str, str]) -> list[Json]:
        rows: list[Json] = []
        following: Mapping[str, str] = {}
        for _ in range(MOST_PAGES):
            page = await ask(f"{self._meet}/{path}", **params, pageSize="100", **following)
            rows += self._calls.listed({name: [], **page}, name)
            token = page.get("nextPageToken")
            if not isinstance(token, str) or not token:
                break
            following = {"pageToken": token}
        return rows

    async def _ask(self, account: str, scope: str, what: str, url: str, **params: str) -> Json:
        async def call(token: str) -> Json:
            # Google leaves out what is empty, a list for instance.
            return await self._calls.json("GET", url, token, params=params, may_be_empty=True)

        try:
            return await self._calendars.with_access(account, call)
        except RefusedError as error:
            if error.status == FORBIDDEN and "scope" in error.message:
                raise scope_missing(self.name, scope, what, error.message) from error
            raise


def _file_of(recording: Json) -> str:
    destination = recording.get("driveDestination")
    file = destination.get("file") if isinstance(destination, dict) else None
    return file if isinstance(file, str) else ""
