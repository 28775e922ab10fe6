"""Cloud recordings at Zoom, by the connections of `zoom` (https://developers.zoom.us/docs/api/meetings/#tag/cloud-recording).

A meeting's number names all meetings that were ever held under it: Zoom answers for the latest one alone, so those
around a given time are looked up in the list of all recordings of the connected user.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.imports.model import (
    Found,
    Importable,
    Person,
    Wanted,
    fetching_failed,
    key_of,
    line,
    scope_missing,
)
from minutebook.imports.providers.downloads import Downloads
from minutebook.imports.providers.values import moment, seconds_between, whole
from minutebook.meetings.model import AttendeeSource
from minutebook.outgoing.client import OutgoingBody, OutgoingClient
from minutebook.zoom.api import RefusedError, UnauthorisedError
from minutebook.zoom.model import ConnectionState
from minutebook.zoom.service import ZoomConnections

log = logging.getLogger("minutebook.imports")

LIST_SCOPE: Final = "cloud_recording:read:list_user_recordings"
MEETING_SCOPE: Final = "cloud_recording:read:list_recording_files"
PEOPLE_SCOPE: Final = "meeting:read:list_past_participants"
NO_SCOPE: Final = "4711"
NOTHING: Final = frozenset({"3301", "3001"})
"""Zoom's numbers for a meeting without a recording, and for one that does not exist (any more)."""
AROUND: Final = timedelta(days=1)
MOST_PAGES: Final = 100
AUDIO, PICTURE = "M4A", "MP4"

Json = Mapping[str, Any]
Ask = Callable[..., Awaitable[Json]]


class ZoomRecordings:
    """Zoom, see the port."""

    name = "Zoom"
    how = "Connect the host's account; see “Zoom” in the documentation."

    def __init__(self, outgoing: OutgoingClient, zoom: ZoomConnections, api_url: str) -> None:
        self._zoom = zoom
        self._domain = _domain(api_url)
        self._downloads = Downloads(outgoing, self.name, MEETING_SCOPE, UnauthorisedError)

    async def accounts(self, tx: AsyncConnection, owner_id: str) -> Sequence[str]:
        """See the port. Where all are disconnected they are told, so that asking says why."""
        known = await self._zoom.list(tx, owner_id)
        good = [each.id for each in known if each.state is ConnectionState.CONNECTED]
        return good or [each.id for each in known]

    async def find(self, account: str, wanted: Wanted) -> Found:
        """See the port."""
        if not wanted.room.isdigit():
            return Found(reason="Zoom finds recordings by the number of a meeting, and this address has none.")
        ask = partial(self._ask, account)
        try:
            meetings = await (_latest(ask, wanted.room) if wanted.near is None else _around(ask, wanted, wanted.near))
        except RefusedError as error:
            if error.said in NOTHING:
                return Found(reason=f"Zoom says: {line(error.text)}")
            if error.said == NO_SCOPE:
                scope = MEETING_SCOPE if wanted.near is None else LIST_SCOPE
                raise scope_missing(self.name, scope, "looking for recordings", error.text) from error
            raise
        return _found(meetings)

    async def people(self, account: str, recording: Importable) -> Sequence[Person]:
        """See the port. Zoom tells the addresses of those who were signed in."""
        # A uuid with slashes is encoded twice, as Zoom asks for it.
        uuid = quote(quote(recording.place["uuid"], safe=""), safe="")
        try:
            rows = await _pages(partial(self._ask, account), f"/past_meetings/{uuid}/participants", "participants", {})
        except RefusedError as error:
            log.info("participants of a Zoom meeting are not known: %s", error.message)
            return ()
        source = AttendeeSource.ZOOM_PARTICIPANT
        return [Person(line(row.get("name")), line(row.get("user_email")) or None, source) for row in rows]

    @asynccontextmanager
    async def open(self, account: str, recording: Importable) -> AsyncIterator[OutgoingBody]:
        """See the port."""
        url = recording.place["url"]
        if urlsplit(url).hostname is None or _domain(url) != self._domain:
            raise fetching_failed(self.name, "the address of the file is not Zoom's.")
        async with AsyncExitStack() as stack:
            yield await self._zoom.with_access(account, partial(self._downloads.begin, stack, url))

    async def _ask(self, account: str, path: str, **params: str) -> Json:
        return await self._zoom.with_access(account, lambda token: self._zoom.api.get(path, token, **params))


async def _latest(ask: Ask, number: str) -> list[Json]:
    return [await ask(f"/meetings/{number}/recordings")]


async def _around(ask: Ask, wanted: Wanted, near: datetime) -> list[Json]:
    days = {"from": f"{near - AROUND:%Y-%m-%d}", "to": f"{near + AROUND:%Y-%m-%d}"}
    meetings = await _pages(ask, "/users/me/recordings", "meetings", days)
    return [each for each in meetings if str(each.get("id")) == wanted.room]


async def _pages(ask: Ask, path: str, name: str, params: Mapping[str, str]) -> list[Json]:
    """All rows of a list that comes in pages."""
    rows: list[Json] = []
    following: Mapping[str, str] = {}
    for _ in range(MOST_PAGES):
        page = await ask(path, **params, page_size="300", **following)
        rows += _objects(page.get(name))
        token = page.get("next_page_token")
        if not isinstance(token, str) or not token:
            return rows
        following = {"next_page_token": token}
    return rows


def _found(meetings: Sequence[Json]) -> Found:
    recordings = [each for meeting in meetings for each in _recordings(meeting)]
    if recordings:
        return Found(sorted(recordings, key=lambda each: (str(each.started_at), each.key)))
    files = [file for meeting in meetings for file in _objects(meeting.get("recording_files"))]
    if any(file.get("status") == "processing" for file in files):
        return Found(reason="Zoom is not done with the recording yet; ask again in a while.")
    return Found(reason="The connected Zoom account has no recording of this meeting at that time.")


def _recordings(meeting: Json) -> list[Importable]:
    """A file for each time that the recording was running: its sound alone where there is that, else its picture."""
    best: dict[str, Json] = {}
    for file in _objects(meeting.get("recording_files")):
        url, kind, start = file.get("download_url"), file.get("file_type"), str(file.get("recording_start"))
        if kind not in (AUDIO, PICTURE) or file.get("status") != "completed" or not isinstance(url, str):
            continue
        if start not in best or (kind == AUDIO and best[start].get("file_type") != AUDIO):
            best[start] = file
    return [_importable(meeting, file) for file in best.values()]


def _importable(meeting: Json, file: Json) -> Importable:
    title, extension = line(meeting.get("topic")), "m4a" if file["file_type"] == AUDIO else "mp4"
    started, ended = moment(file.get("recording_start")), moment(file.get("recording_end"))
    uuid = str(meeting.get("uuid") or "")
    return Importable(
        # Which of its files is best may change while Zoom works on a recording; when it began does not.
        key_of(ZoomRecordings.name, f"{uuid} {file.get('recording_start')}"),
        title or "Zoom meeting",
        started or moment(meeting.get("start_time")),
        seconds_between(started, ended),
        whole(file.get("file_size")),
        f"{title.replace('/', '-')[:100] or 'zoom'}.{extension}",
        {"url": str(file["download_url"]), "uuid": uuid},
    )


def _objects(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _domain(url: str) -> str:
    """The last two labels of a host: tokens go to no other."""
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])
