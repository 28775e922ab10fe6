"""A recording's upload form, read part by part: rules of section 4 of the API."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from minutebook.api.multipart import MultipartStream, Part
from minutebook.errors import MinutebookError, invalid
from minutebook.kit.languages import checked_language
from minutebook.recordings.model import Incoming, Received, checked_num_speakers
from minutebook.recordings.service import Recordings


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that was read whole: its file is stored, its meeting named."""

    session_id: str
    received: Received
    language: str | None
    num_speakers: int | None


class UploadForm:
    """Reads the form. `check` is awaited with the session's id as soon as it is known, so that a file for an unknown
    meeting is refused before it is sent; `in_query` is the `session_id` of the address, which does not count."""

    def __init__(self, recordings: Recordings, check: Callable[[str], Awaitable[None]], in_query: str | None) -> None:
        self._recordings = recordings
        self._check = check
        self._in_query = in_query
        self._session_id: str | None = None
        self._language: str | None = None
        self._num_speakers: int | None = None
        self._received: Received | None = None

    @asynccontextmanager
    async def read(self, form: MultipartStream) -> AsyncIterator[Upload]:
        """The upload; its file is taken back when the form turns out wrong or the block refuses it."""
        try:
            async for part in form.parts():
                await self._take(part)
            upload = self._whole()
        except BaseException:
            if self._received is not None:
                await self._recordings.discard(self._received)
            raise
        try:
            yield upload
        except MinutebookError as error:
            await self._recordings.refused(upload.received, error)
            raise

    async def _take(self, part: Part) -> None:
        match part.name:
            case "session_id":
                await self._take_session(await part.text())
            case "language":
                self._language = checked_language(await part.text())
            case "num_speakers":
                self._num_speakers = checked_num_speakers(await part.text())
            case "file":
                await self._take_file(part)

    async def _take_session(self, session_id: str) -> None:
        session_id = session_id.strip()
        if not session_id:
            raise self._no_session()
        if self._in_query is not None and session_id != self._in_query:
            message = "`session_id` differs between the form and the query; send it as a form field only."
            raise invalid("session_id_differs", message, "session_id")
        if self._session_id not in {None, session_id}:
            raise invalid("session_id_differs", "The form names two different sessions.", "session_id")
        await self._check(session_id)
        self._session_id = session_id

    async def _take_file(self, part: Part) -> None:
        if self._received is not None:
            raise invalid("file_ambiguous", "Send one `file`: each recording has its own meeting.", "file")
        if part.filename is None:
            raise invalid("filename_required", "The part `file` must carry the recording's file name.", "file")
        self._received = await self._recordings.receive(Incoming(part.filename, part.content_type, part.chunks))

    def _whole(self) -> Upload:
        if self._session_id is None:
            raise self._no_session()
        if self._received is None:
            raise invalid("file_required", "The form has no part `file`.", "file")
        return Upload(self._session_id, self._received, self._language, self._num_speakers)

    def _no_session(self) -> MinutebookError:
        where = ", not a query parameter" if self._in_query is not None else ""
        message = f"`session_id` must be sent as a field of the form{where}."
        return invalid("session_id_required", message, "session_id")
