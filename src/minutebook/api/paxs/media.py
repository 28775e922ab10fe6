"""`/api/recordings/{id}/media`, `/preview`, `/peaks`: a recording's bytes and what is derived from them."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import Response

from minutebook.access_log.model import Action
from minutebook.api.deps import MediaCaller, Read, ServicesOf, StandingOf, actor_of
from minutebook.api.paxs.schemas import errors
from minutebook.api.stored_files import IfNoneMatch, IfRange, RangeHeader, disposition, served
from minutebook.oauth.model import Caller
from minutebook.recordings.model import Recording, peaks_key, preview_key

router = APIRouter(prefix="/api/recordings", tags=["recordings"])

_BYTES = {"content": {"application/octet-stream": {}}, "description": "The bytes."}
_RANGED = {200: _BYTES, 206: {**_BYTES, "description": "The bytes asked for."}, **errors(404, 416)}


@router.get("/{recording_id}/media", summary="The file as it was uploaded", responses=_RANGED)
@router.head("/{recording_id}/media", include_in_schema=False)
async def media(
    caller: MediaCaller,
    services: ServicesOf,
    standing: StandingOf,
    request: Request,
    recording_id: str,
    read: Read,
    range: RangeHeader = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The recording itself, whole or in part (`Range`)."""
    recording = await services.recordings.get(read, caller.user_id, recording_id)
    headers = {"ETag": f'"{recording.sha256}"', "Content-Disposition": disposition(recording.filename, "inline")}

    def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
        return standing.guarded(services.recordings.media(recording, start, end))

    await _noted(services, caller, recording, "media")
    return served(request, recording.content_type, recording.size, headers, chunks)


@router.get("/{recording_id}/preview", summary="Audio that plays in a browser", responses={**_RANGED, **errors(409)})
@router.head("/{recording_id}/preview", include_in_schema=False)
async def preview(
    caller: MediaCaller,
    services: ServicesOf,
    standing: StandingOf,
    request: Request,
    recording_id: str,
    read: Read,
    range: RangeHeader = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The sound as AAC in MP4, made at the beginning of the transcription; `not_ready` before."""
    recording = await services.recordings.get(read, caller.user_id, recording_id)
    key = preview_key(recording.id)
    size = await services.recordings.derived_size(key, "preview")
    name = f"{recording.filename.rpartition('.')[0]}.m4a"
    headers = {"ETag": f'"{recording.sha256[:32]}-{size}"', "Content-Disposition": disposition(name, "inline")}

    def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
        return standing.guarded(services.recordings.derived(key, start, end))

    await _noted(services, caller, recording, "preview")
    return served(request, "audio/mp4", size, headers, chunks)


@router.get(
    "/{recording_id}/peaks",
    summary="The waveform's peaks",
    responses={
        200: {
            "content": {"application/json": {"example": {"duration_s": 61.5, "peaks": [0.02, 0.31, 0.28]}}},
            "description": "The loudest sample, 0 to 1, of each of equal stretches of the recording.",
        },
        **errors(404, 409),
    },
)
async def peaks(caller: MediaCaller, services: ServicesOf, recording_id: str, read: Read) -> Response:
    """Peaks to draw the waveform with; `not_ready` before the transcription has begun."""
    recording = await services.recordings.get(read, caller.user_id, recording_id)
    key = peaks_key(recording.id)
    await services.recordings.derived_size(key, "waveform")
    data = b"".join([chunk async for chunk in services.recordings.derived(key)])
    return Response(data, media_type="application/json", headers=_cacheable(recording))


async def _noted(services: ServicesOf, caller: Caller, recording: Recording, what: str) -> None:
    await services.access_log.note(services.db, recording.owner_id, recording.id, actor_of(caller), Action.PLAYED, what)


def _cacheable(recording: Recording) -> dict[str, str]:
    return {"ETag": f'"{recording.sha256[:32]}-peaks"', "Cache-Control": "private, no-cache"}
