"""`/meetings/{id}/audio`, `/video`, `/peaks`, `/download/…`: a meeting's sound and files, for its page."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import Response

from minutebook.access_log.model import Action, Actor, Via
from minutebook.accounts.model import User
from minutebook.api.deps import Read, ServicesOf
from minutebook.api.exports import format_of
from minutebook.api.stored_files import IfNoneMatch, IfRange, RangeHeader, disposition, served
from minutebook.api.web.frame import SignedIn
from minutebook.errors import not_found
from minutebook.recordings.model import Recording, peaks_key, preview_key

router = APIRouter(prefix="/meetings/{meeting_id}", include_in_schema=False)


async def recording_of(services: ServicesOf, read: Read, user: User, meeting_id: str) -> Recording:
    """The recording of one of the user's meetings; `session_not_found`, `recording_not_found`."""
    meeting = await services.meetings.get(read, user.id, meeting_id)
    recording = (await services.recordings.of_meetings(read, [meeting.id])).get(meeting.id)
    if recording is None:
        raise not_found("recording")
    return recording


async def _noted(services: ServicesOf, user: User, recording: Recording, action: Action, what: str) -> None:
    actor = Actor(user.id, Via.WEB, "")
    await services.access_log.note(services.db, recording.owner_id, recording.id, actor, action, what)


@router.get("/audio")
@router.head("/audio")
async def audio(
    request: Request,
    user: SignedIn,
    services: ServicesOf,
    meeting_id: str,
    read: Read,
    range: RangeHeader = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The sound as every browser plays it, whole or in part."""
    recording = await recording_of(services, read, user, meeting_id)
    key = preview_key(recording.id)
    size = await services.recordings.derived_size(key, "preview")

    def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
        return services.recordings.derived(key, start, end)

    await _noted(services, user, recording, Action.PLAYED, "preview")
    return served(request, "audio/mp4", size, {"ETag": f'"{recording.sha256[:32]}-{size}"'}, chunks)


@router.get("/recording")
@router.head("/recording")
async def original(
    request: Request,
    user: SignedIn,
    services: ServicesOf,
    meeting_id: str,
    read: Read,
    range: RangeHeader = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The file as it was uploaded."""
    recording = await recording_of(services, read, user, meeting_id)
    headers = {"ETag": f'"{recording.sha256}"', "Content-Disposition": disposition(recording.filename, "inline")}

    def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
        return services.recordings.media(recording, start, end)

    await _noted(services, user, recording, Action.PLAYED, "media")
    return served(request, recording.content_type, recording.size, headers, chunks)


@router.get("/peaks")
async def peaks(user: SignedIn, services: ServicesOf, meeting_id: str, read: Read) -> Response:
    """What the waveform is drawn with."""
    recording = await recording_of(services, read, user, meeting_id)
    key = peaks_key(recording.id)
    await services.recordings.derived_size(key, "waveform")
    data = b"".join([chunk async for chunk in services.recordings.derived(key)])
    return Response(data, media_type="application/json", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/download/{export_format}")
async def download(user: SignedIn, services: ServicesOf, meeting_id: str, export_format: str) -> Response:
    """The transcript in one of the formats of the API."""
    media_type, render = format_of(export_format)
    async with services.db.reading() as read:
        meeting = await services.meetings.get(read, user.id, meeting_id)
        recording = await recording_of(services, read, user, meeting_id)
        transcript = await services.results.kept_transcript(read, user.id, recording.id)
    await _noted(services, user, recording, Action.EXPORTED, f"transcript.{export_format}")
    name = f"{meeting.title.replace('/', '-')}.{export_format}"
    headers = {"Content-Disposition": disposition(name, "attachment")}
    text = await services.results.rendered(transcript, render)
    return Response(text, media_type=media_type, headers=headers)
