"""`/meetings/{id}/speaker`: who a voice is, and which voices are one."""

from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.edits.requests import NEW_VOICE, SegmentRequest
from minutebook.analysis.voices.model import Naming, without_guess
from minutebook.api.deps import Read, ServicesOf
from minutebook.api.web.answers import renewed
from minutebook.api.web.forms import PostedForm, several
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.media import recording_of
from minutebook.api.web.render import is_part
from minutebook.errors import invalid, not_found
from minutebook.meetings.model import Meeting
from minutebook.recordings.model import Recording
from minutebook.sharing.model import Right

PLACE_DIGITS = 9
"""More digits than the number of a segment has."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a voice says in one go: the numbers of its segments, its start in seconds, and its text."""

    places: str
    start: float
    text: str


router = APIRouter(prefix="/meetings/{meeting_id}/speaker", include_in_schema=False)


@router.get("")
async def ask(
    request: Request, user: SignedIn, services: ServicesOf, meeting_id: str, read: Read, speaker: str
) -> Response:
    """The dialog "Name this speaker"; a page of its own where no script asks."""
    meeting = await services.sharing.meeting(read, user.id, meeting_id, Right.CORRECT)
    recording = await recording_of(services, read, user, meeting_id, Right.CORRECT)
    speakers = await services.results.speakers(read, meeting.owner_id, recording.id)
    is_own = meeting.owner_id == user.id
    speakers = speakers if is_own else [without_guess(each) for each in speakers]
    chosen = next((each for each in speakers if each.id == speaker), None)
    if chosen is None:
        raise not_found("speaker")
    names = {each.id: each.name for each in speakers}
    turns = await _turns(services, read, meeting, recording, speaker)
    context = {"meeting": meeting, "speaker": chosen, "speakers": speakers, "names": names, "turns": turns}
    context["remembering"] = is_own and await services.remembering.is_on(read, user.id)
    return shown(request, user, "parts/speaker.html" if is_part(request) else "speaker.html", context)


@router.post("")
async def name(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str) -> Response:
    """Keep who the voice is, or that it is another voice's too; everything shown follows."""
    speaker = form.get("speaker", "")
    async with services.db.transaction() as tx:
        meeting = await services.sharing.meeting(tx, user.id, meeting_id, Right.CORRECT)
        recording = await recording_of(services, tx, user, meeting_id, Right.CORRECT)
        if also := form.get("also", ""):
            await services.corrections.merge_speakers(tx, meeting.owner_id, recording.id, speaker, also)
        else:
            naming = _naming(speaker, form.get("name", ""), meeting)
            await services.naming.name_speakers(tx, meeting.owner_id, recording.id, [naming])
    return await renewed(request, user, services, meeting_id)


@router.post("/split")
async def split(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str) -> Response:
    """Give the chosen turns to a voice that is not there yet."""
    chosen = " ".join(await several(request, "turn")).split()
    places = [int(place) for place in chosen if place.isdecimal() and len(place) < PLACE_DIGITS]
    if not places:
        raise invalid("turn_required", "Choose what the other voice says.", "turn")
    moved = [SegmentRequest(place, speaker=NEW_VOICE) for place in places]
    async with services.db.transaction() as tx:
        recording = await recording_of(services, tx, user, meeting_id, Right.CORRECT)
        await services.corrections.correct_transcript(tx, recording.owner_id, recording.id, moved)
    return await renewed(request, user, services, meeting_id)


async def _turns(
    services: ServicesOf, read: AsyncConnection, meeting: Meeting, recording: Recording, speaker: str
) -> list[Turn]:
    """What the voice says, between two others."""
    transcript = await services.corrections.transcript(read, meeting.owner_id, recording.id)
    by_voice = groupby(enumerate(transcript.segments), lambda each: each[1].speaker)
    groups = [list(segments) for voice, segments in by_voice if voice == speaker]
    return [
        Turn(" ".join(str(place) for place, _ in group), group[0][1].start, text)
        for group in groups
        if (text := " ".join(segment.text for _, segment in group).strip())
    ]


def _naming(speaker: str, name: str, meeting: Meeting) -> Naming:
    """A name that one attendee alone has is that attendee; nothing takes the name away."""
    name = " ".join(name.split())
    meant = [attendee for attendee in meeting.attendees if attendee.display_name == name]
    if len(meant) == 1:
        return Naming(speaker, attendee=meant[0].email)
    return Naming(speaker, name=name or None)
