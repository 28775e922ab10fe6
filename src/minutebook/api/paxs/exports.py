"""`/api/recordings/{id}/transcript.{json,txt,srt,vtt,md}`: transcripts to take away."""

from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import Response

from minutebook.api.deps import AnalysisCaller, RecordsOf
from minutebook.api.exports import FORMATS, format_of
from minutebook.api.paxs.schemas import TranscriptOut, errors

router = APIRouter(prefix="/api/recordings", tags=["analysis"])

_TEXTS: Final = {name: media_type.partition(";")[0] for name, (media_type, _) in FORMATS.items() if name != "json"}


@router.get(
    "/{recording_id}/transcript.json",
    summary="Export the transcript as JSON",
    responses={200: {"model": TranscriptOut, "description": "The transcript."}, **errors(404, 409)},
    response_class=Response,
)
async def export_json(caller: AnalysisCaller, records: RecordsOf, recording_id: str) -> Response:
    """The newest transcript with every word and its time, voices under their names; `not_ready` while there is none."""
    return await export(caller, records, recording_id, "json")


@router.get(
    "/{recording_id}/transcript.{export_format}",
    summary="Export the transcript",
    responses={
        200: {
            "content": {each: {"schema": {"type": "string"}} for each in _TEXTS.values()},
            "description": "The transcript.",
        },
        **errors(400, 404, 409),
    },
    response_class=Response,
)
async def export(
    caller: AnalysisCaller,
    records: RecordsOf,
    recording_id: str,
    export_format: Annotated[str, Path(json_schema_extra={"enum": list(_TEXTS)})],
) -> Response:
    """The newest transcript as `txt`, `srt`, `vtt` or `md`, voices under their names; `not_ready` while there is
    none."""
    media_type, render = format_of(export_format)
    async with records.db.reading() as read:
        transcript = await records.results.kept_transcript(read, caller.user_id, recording_id)
    disposition = f'attachment; filename="transcript.{export_format}"'
    text = await records.results.rendered(transcript, render)
    return Response(text, media_type=media_type, headers={"Content-Disposition": disposition})
