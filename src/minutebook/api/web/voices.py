"""`/meetings/{id}/speaker`: who a voice is, and which voices are one."""

from fastapi import APIRouter, Request, Response

from minutebook.analysis.voices.model import Naming
from minutebook.api.deps import Read, ServicesOf
from minutebook.api.web.answers import renewed
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.media import recording_of
from minutebook.api.web.render import is_part
from minutebook.errors import not_found
from minutebook.meetings.model import Meeting
from minutebook.sharing.model import Right

router = APIRouter(prefix="/meetings/{meeting_id}/speaker", include_in_schema=False)


@router.get("")
async def ask(
    request: Request, user: SignedIn, services: ServicesOf, meeting_id: str, read: Read, speaker: str
) -> Response:
    """The dialog "Name this speaker"; a page of its own where no script asks."""
    meeting = await services.sharing.meeting(read, user.id, meeting_id, Right.CORRECT)
    recording = await recording_of(services, read, user, meeting_id, Right.CORRECT)
    speakers = await services.results.speakers(read, meeting.owner_id, recording.id)
    chosen = next((each for each in speakers if each.id == speaker), None)
    if chosen is None:
        raise not_found("speaker")
    names = {each.id: each.name for each in speakers}
    context = {"meeting": meeting, "speaker": chosen, "speakers": speakers, "names": names}
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


def _naming(speaker: str, name: str, meeting: Meeting) -> Naming:
    """A name that one attendee alone has is that attendee; nothing takes the name away."""
    name = " ".join(name.split())
    meant = [attendee for attendee in meeting.attendees if attendee.display_name == name]
    if len(meant) == 1:
        return Naming(speaker, attendee=meant[0].email)
    return Naming(speaker, name=name or None)
