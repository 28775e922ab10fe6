"""`/api/recordings/{id}/media`, `/preview`, `/peaks`: a recording's bytes and what is derived from them."""

from fastapi import APIRouter
from fastapi.responses import Response

from minutebook.api.deps import MediaCaller, Read, RecordsOf, StandingOf
from minutebook.api.paxs.schemas import PeaksOut, errors
from minutebook.api.recording_files import FilesOf
from minutebook.api.stored_files import file_answers

router = APIRouter(prefix="/api/recordings", tags=["recordings"])

_RANGED = {**file_answers("application/octet-stream", "The bytes."), **errors(404, 416)}


@router.get("/{recording_id}/media", summary="The file as it was uploaded", responses=_RANGED, response_class=Response)
@router.head("/{recording_id}/media", include_in_schema=False)
async def media(
    caller: MediaCaller, records: RecordsOf, standing: StandingOf, files: FilesOf, recording_id: str, read: Read
) -> Response:
    """The recording itself, whole or in part (`Range`)."""
    recording = await records.recordings.get(read, caller.user_id, recording_id)
    return files.original(recording, standing.guarded)


@router.get(
    "/{recording_id}/preview",
    summary="Audio that plays in a browser",
    responses={**_RANGED, **errors(409)},
    response_class=Response,
)
@router.head("/{recording_id}/preview", include_in_schema=False)
async def preview(
    caller: MediaCaller, records: RecordsOf, standing: StandingOf, files: FilesOf, recording_id: str, read: Read
) -> Response:
    """The sound as AAC in MP4, made at the beginning of the transcription; `not_ready` before."""
    recording = await records.recordings.get(read, caller.user_id, recording_id)
    return await files.preview(recording, standing.guarded)


@router.get(
    "/{recording_id}/peaks",
    summary="The waveform's peaks",
    responses={
        200: {
            "model": PeaksOut,
            "description": "The loudest sample, 0 to 1, of each of equal stretches of the recording.",
        },
        **errors(404, 409),
    },
    response_class=Response,
)
async def peaks(caller: MediaCaller, records: RecordsOf, files: FilesOf, recording_id: str, read: Read) -> Response:
    """Peaks to draw the waveform with; `not_ready` before the transcription has begun."""
    return await files.peaks(await records.recordings.get(read, caller.user_id, recording_id))
