"""`/api/recordings`: uploading recordings."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from minutebook.api.deps import MediaCaller, Read, RecordsOf, Standing, StandingOf
from minutebook.api.multipart import MultipartStream, boundary_of, read_on
from minutebook.api.paxs.render import rendered_recording
from minutebook.api.paxs.schemas import RecordingFromUrl, RecordingOut, errors
from minutebook.api.paxs.upload import UploadForm
from minutebook.errors import Kind, MinutebookError
from minutebook.oauth.model import Caller
from minutebook.recordings.model import NUM_SPEAKERS_MAX, Recording

router = APIRouter(prefix="/api/recordings", tags=["recordings"])

_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "session_id"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "With its media type."},
                    "session_id": {"type": "string", "format": "uuid"},
                    "language": {"type": "string", "description": "Spoken language; detected when missing."},
                    "num_speakers": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": NUM_SPEAKERS_MAX,
                        "description": "How many voices there are at most; found out when missing.",
                    },
                },
            }
        },
        "application/json": {"schema": RecordingFromUrl.model_json_schema()},
    },
}


@router.post(
    "",
    status_code=201,
    summary="Upload a recording",
    responses=errors(400, 404, 413, 415),
    openapi_extra={"requestBody": _BODY},
)
async def upload(
    caller: MediaCaller,
    records: RecordsOf,
    standing: StandingOf,
    request: Request,
    session_id: Annotated[str | None, Query(include_in_schema=False)] = None,
) -> RecordingOut:
    """Store a recording and start its transcription and note. A meeting has one recording: a new one replaces the old
    one with everything derived from it. As JSON: `{"session_id", "url"}`, and the server fetches it."""
    content_type = request.headers.get("content-type", "")
    match content_type.partition(";")[0].strip().lower():
        case "multipart/form-data":
            recording = await _from_form(records, caller, standing, request, content_type, session_id)
        case "application/json":
            wanted = _parsed(await request.body())
            recording = await records.recordings.add_from_url(
                caller.user_id,
                wanted.session_id,
                wanted.url,
                language=wanted.language,
                num_speakers=wanted.num_speakers,
            )
        case _:
            message = "Send the recording as multipart/form-data, or as JSON with `session_id` and `url`."
            raise MinutebookError(Kind.UNSUPPORTED_MEDIA, "unsupported_media_type", message)
    async with records.db.reading() as read:
        return await rendered_recording(records, read, recording)


@router.get("/{recording_id}", summary="Get a recording", responses=errors(404))
async def get(caller: MediaCaller, records: RecordsOf, recording_id: str, read: Read) -> RecordingOut:
    """What is known of a recording."""
    recording = await records.recordings.get(read, caller.user_id, recording_id)
    return await rendered_recording(records, read, recording)


async def _from_form(
    records: RecordsOf,
    caller: Caller,
    standing: Standing,
    request: Request,
    content_type: str,
    in_query: str | None,
) -> Recording:
    async def check(session_id: str) -> None:
        async with records.db.reading() as read:
            await records.meetings.get(read, caller.user_id, session_id)

    body = request.stream()
    try:
        records.recordings.check_room(_announced(request))
        form = MultipartStream(boundary_of(content_type), standing.arriving(body))
        async with (
            UploadForm(records.recordings, check, in_query).read(form) as upload,
            records.db.transaction() as tx,
        ):
            return await records.recordings.attach(
                tx,
                caller.user_id,
                upload.session_id,
                upload.received,
                language=upload.language,
                num_speakers=upload.num_speakers,
            )
    except MinutebookError:
        await read_on(body)
        raise


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


def _parsed(body: bytes) -> RecordingFromUrl:
    try:
        return RecordingFromUrl.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in found]) from error
