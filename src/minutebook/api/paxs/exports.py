"""`/api/recordings/{id}/transcript.{json,txt,srt,vtt,md}`: transcripts to take away."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from minutebook.access_log.model import Action
from minutebook.api.deps import AnalysisCaller, Read, ServicesOf, actor_of
from minutebook.api.paxs.schemas import errors
from minutebook.errors import invalid
from minutebook.transcript.model import Transcript
from minutebook.transcript.render import content, markdown, srt, txt, vtt

router = APIRouter(prefix="/api/recordings", tags=["analysis"])


def _json(transcript: Transcript) -> str:
    return json.dumps(content(transcript), ensure_ascii=False)


FORMATS: Final[Mapping[str, tuple[str, Callable[[Transcript], str]]]] = {
    "json": ("application/json", _json),
    "txt": ("text/plain; charset=utf-8", txt),
    "srt": ("application/x-subrip; charset=utf-8", srt),
    "vtt": ("text/vtt; charset=utf-8", vtt),
    "md": ("text/markdown; charset=utf-8", markdown),
}


@router.get(
    "/{recording_id}/transcript.{export_format}",
    summary="Export the transcript",
    responses={
        200: {"content": {media_type.partition(";")[0]: {} for media_type, _ in FORMATS.values()}},
        **errors(400, 404, 409),
    },
    response_class=Response,
)
async def export(
    caller: AnalysisCaller, services: ServicesOf, recording_id: str, export_format: str, read: Read
) -> Response:
    """The newest transcript as `json`, `txt`, `srt`, `vtt` or `md`, voices under their names; `not_ready` while there
    is none."""
    if export_format not in FORMATS:
        known = ", ".join(FORMATS)
        raise invalid("format_unknown", f"A transcript is exported as one of: {known}.", "format")
    transcript = await services.results.transcript(read, caller.user_id, recording_id)
    await services.access_log.note(
        services.db, caller.user_id, recording_id, actor_of(caller), Action.EXPORTED, f"transcript.{export_format}"
    )
    media_type, render = FORMATS[export_format]
    disposition = f'attachment; filename="transcript.{export_format}"'
    return Response(render(transcript), media_type=media_type, headers={"Content-Disposition": disposition})
