"""`/meetings/{id}/audio`, `/video`, `/peaks`: a meeting's sound and picture, for its page."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import User
from minutebook.api.deps import Read, ServicesOf, Standing
from minutebook.api.recording_files import FilesOf
from minutebook.api.web.frame import SignedIn, SignInStanding
from minutebook.errors import not_found
from minutebook.recordings.model import Recording
from minutebook.sharing.model import Right

router = APIRouter(prefix="/meetings/{meeting_id}", include_in_schema=False)


async def recording_of(
    services: ServicesOf, read: AsyncConnection, user: User, meeting_id: str, least: Right = Right.READ
) -> Recording:
    """The recording of a meeting with which the user may do at least this; its `owner_id` is whom further calls act
    for. `session_not_found`, `share_too_little`, `recording_not_found`."""
    meeting = await services.sharing.meeting(read, user.id, meeting_id, least)
    recording = (await services.recordings.of_meetings(read, [meeting.id])).get(meeting.id)
    if recording is None:
        raise not_found("recording")
    return recording


async def _opened(user: SignedIn, services: ServicesOf, sign_in: SignInStanding, meeting_id: str) -> Standing:
    return sign_in.also(lambda read: services.sharing.meeting(read, user.id, meeting_id, Right.READ))


MeetingStanding = Annotated[Standing, Depends(_opened)]
"""Whether the sign-in, and the share of a meeting that is another's, still hold."""


@router.get("/audio")
@router.head("/audio")
async def audio(
    user: SignedIn, services: ServicesOf, standing: MeetingStanding, files: FilesOf, meeting_id: str, read: Read
) -> Response:
    """The sound as every browser plays it, whole or in part."""
    recording = await recording_of(services, read, user, meeting_id)
    return await files.preview(recording, standing.guarded)


@router.get("/recording")
@router.head("/recording")
async def original(
    user: SignedIn, services: ServicesOf, standing: MeetingStanding, files: FilesOf, meeting_id: str, read: Read
) -> Response:
    """The file as it was uploaded."""
    recording = await recording_of(services, read, user, meeting_id)
    return files.original(recording, standing.guarded)


@router.get("/peaks")
async def peaks(user: SignedIn, services: ServicesOf, files: FilesOf, meeting_id: str, read: Read) -> Response:
    """What the waveform is drawn with."""
    return await files.peaks(await recording_of(services, read, user, meeting_id))
