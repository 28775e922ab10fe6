"""A recording's bytes, and what is derived from them, as answers: for the API, for pages and for strangers with a
link. Who may have them, and that it is noted, is their callers' to see to."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response

from minutebook.api.stored_files import IfNoneMatch, IfRange, RangeHeader, disposition, served
from minutebook.errors import Kind
from minutebook.recordings.model import Recording, peaks_key, preview_key

if TYPE_CHECKING:
    from minutebook.records import Records

Guard = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]
"""Lets a stream through as long as it may go on."""


def unguarded(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lets everything through."""
    return chunks


@dataclass(frozen=True, slots=True)
class RecordingFiles:
    """Answers to one request, which may ask for a part (`Range`)."""

    records: "Records"
    request: Request

    def original(self, recording: Recording, guard: Guard = unguarded) -> Response:
        """The file as it was uploaded."""
        recording.check_sound(Kind.NOT_FOUND)
        headers = {"ETag": f'"{recording.sha256}"', "Content-Disposition": disposition(recording.filename, "inline")}

        def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
            return guard(self.records.recordings.media(recording, start, end))

        return served(self.request, recording.content_type, recording.size, headers, chunks)

    async def preview(self, recording: Recording, guard: Guard = unguarded) -> Response:
        """The sound as every browser plays it; `not_ready` before the transcription has begun."""
        recording.check_sound(Kind.NOT_FOUND)
        key = preview_key(recording.id)
        size = await self.records.recordings.derived_size(key, "preview")
        name = f"{PurePath(recording.filename).stem}.m4a"
        headers = {"ETag": f'"{recording.sha256[:32]}-{size}"', "Content-Disposition": disposition(name, "inline")}

        def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
            return guard(self.records.recordings.derived(key, start, end))

        return served(self.request, "audio/mp4", size, headers, chunks)

    async def peaks(self, recording: Recording) -> Response:
        """What the waveform is drawn with; `not_ready` before the transcription has begun."""
        recording.check_sound(Kind.NOT_FOUND)
        key = peaks_key(recording.id)
        await self.records.recordings.derived_size(key, "waveform")
        data = b"".join([chunk async for chunk in self.records.recordings.derived(key)])
        headers = {"ETag": f'"{recording.sha256[:32]}-peaks"', "Cache-Control": "private, no-cache"}
        return Response(data, media_type="application/json", headers=headers)


async def _files(
    request: Request, range: RangeHeader = None, if_range: IfRange = None, if_none_match: IfNoneMatch = None
) -> RecordingFiles:
    # The headers are read from the request; they are named for the description of the API.
    return RecordingFiles(request.app.state.services, request)


FilesOf = Annotated[RecordingFiles, Depends(_files)]
