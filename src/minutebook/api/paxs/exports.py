"""`/api/recordings/{id}/transcript.{json,txt,srt,vtt,md}`: transcripts to take away."""

from fastapi import APIRouter
from fastapi.responses import Response

from minutebook.api.deps import AnalysisCaller, ServicesOf
from minutebook.api.exports import FORMATS, format_of
from minutebook.api.paxs.schemas import errors

router = APIRouter(prefix="/api/recordings", tags=["analysis"])


@router.get(
    "/{recording_id}/transcript.{export_format}",
    summary="Export the transcript",
    responses={
        200: {"content": {media_type.partition(";")[0]: {} for media_type, _ in FORMATS.values()}},
        **errors(400, 404, 409),
    },
    response_class=Response,
)
async def export(caller: AnalysisCaller, services: ServicesOf, recording_id: str, export_format: str) -> Response:
    """The newest transcript as `json`, `txt`, `srt`, `vtt` or `md`, voices under their names; `not_ready` while there
    is none."""
    media_type, render = format_of(export_format)
    async with services.db.reading() as read:
        transcript = await services.results.kept_transcript(read, caller.user_id, recording_id)
    disposition = f'attachment; filename="transcript.{export_format}"'
    text = await services.results.rendered(transcript, render)
    return Response(text, media_type=media_type, headers={"Content-Disposition": disposition})
