"""`/meetings/{id}/download/…`: a meeting as files, called by its date and title."""

import asyncio
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from minutebook.accounts.model import User
from minutebook.api.deps import ServicesOf
from minutebook.api.exports import format_of
from minutebook.api.stored_files import disposition
from minutebook.api.web.documents.offline import offline_file, sound_of
from minutebook.api.web.documents.word import WORD_TYPE, word_file
from minutebook.api.web.frame import SignedIn
from minutebook.api.web.languages import language_of
from minutebook.api.web.media import MeetingStanding, recording_of
from minutebook.api.web.record import Record, kept_record, record_of
from minutebook.kit.filenames import file_stem
from minutebook.meetings.model import Meeting
from minutebook.recordings.model import Recording

router = APIRouter(prefix="/meetings/{meeting_id}/download", include_in_schema=False)

HTML_TYPE: Final = "text/html; charset=utf-8"


@router.get("/html")
async def offline(
    request: Request, user: SignedIn, services: ServicesOf, standing: MeetingStanding, meeting_id: str
) -> Response:
    """The whole meeting in one file, its sound inside, to be read without this server."""
    meeting, recording, record = await _whole(services, user, meeting_id)
    sound = await sound_of(services, recording)
    pieces = offline_file(meeting, record, language_of(request), sound)
    return StreamingResponse(standing.guarded(pieces), media_type=HTML_TYPE, headers=_as_file(meeting, "html"))


@router.get("/docx")
async def word(request: Request, user: SignedIn, services: ServicesOf, meeting_id: str) -> Response:
    """Note, key points and transcript as a Word document."""
    meeting, _, record = await _whole(services, user, meeting_id)
    data = await asyncio.to_thread(word_file, meeting, record, language_of(request))
    return Response(data, media_type=WORD_TYPE, headers=_as_file(meeting, "docx"))


@router.get("/{export_format}")
async def transcript(user: SignedIn, services: ServicesOf, meeting_id: str, export_format: str) -> Response:
    """The transcript in one of the formats of the API."""
    media_type, render = format_of(export_format)
    async with services.db.reading() as read:
        meeting = await services.sharing.meeting(read, user.id, meeting_id)
        recording = await recording_of(services, read, user, meeting_id)
        kept = await services.results.kept_transcript(read, meeting.owner_id, recording.id)
    text = await services.results.rendered(kept, render)
    return Response(text, media_type=media_type, headers=_as_file(meeting, export_format))


async def _whole(services: ServicesOf, user: User, meeting_id: str) -> tuple[Meeting, Recording, Record]:
    async with services.db.reading() as read:
        meeting = await services.sharing.meeting(read, user.id, meeting_id)
        recording = await recording_of(services, read, user, meeting_id)
        (entry,) = await services.library.entries(read, [meeting])
        kept = await kept_record(services, read, entry.meeting.owner_id, entry.recording)
    return meeting, recording, await record_of(services, kept)


def _as_file(meeting: Meeting, ending: str) -> dict[str, str]:
    name = f"{meeting.created_at:%Y-%m-%d} {file_stem(meeting.title)}.{ending}"
    return {"Content-Disposition": disposition(name, "attachment")}
