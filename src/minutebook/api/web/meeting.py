"""`/meetings/{id}`: a meeting with its player, transcript, note, key points and mood."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import User
from minutebook.api.deps import ServicesOf, Tx
from minutebook.api.exports import FORMATS
from minutebook.api.web.attendees import attendees_of, attendees_text
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.languages import words_of
from minutebook.api.web.progress import progress_of
from minutebook.api.web.record import kept_record, record_of
from minutebook.language.model import MeetingType
from minutebook.meetings.service import MeetingDraft
from minutebook.sharing.model import Right

router = APIRouter(prefix="/meetings/{meeting_id}", include_in_schema=False)

PLAYED: Final = ("audio/mpeg", "audio/wav", "audio/flac", "audio/ogg", "audio/mp4", "video/mp4", "video/webm")
"""Media types of originals that browsers may play themselves."""


async def context_of(request: Request, user: User, services: ServicesOf, meeting_id: str) -> Mapping[str, Any]:
    """What the page's templates need, for its owner or somebody with whom it is shared. It is read in one go and
    rendered when the database is free again."""
    async with services.db.reading() as read:
        meeting = await services.sharing.meeting(read, user.id, meeting_id)
        right = await services.sharing.right_to(read, user.id, meeting)
        (entry,) = await services.library.entries(read, [meeting], user.id)
        kept = await kept_record(services, read, entry.meeting.owner_id, entry.recording)
        progress = await progress_of(services, read, entry, words_of(request))
        templates = await services.templates.list(read, user.id)
    recording = entry.recording
    return {
        "entry": entry,
        "meeting": meeting,
        "recording": recording,
        "record": await record_of(services, kept),
        "progress": progress,
        "owns": right is Right.OWN,
        "may_correct": right.allows(Right.CORRECT),
        "is_video": recording is not None and recording.content_type.startswith("video/"),
        "playable": recording is not None and recording.content_type in PLAYED,
        "formats": list(FORMATS),
        "templates": templates,
        "meeting_types": list(MeetingType),
        "follows_words": services.answers.available,
        "attendees_text": attendees_text(meeting.attendees),
    }


@router.get("")
async def meeting(request: Request, user: SignedIn, services: ServicesOf, meeting_id: str) -> Response:
    """The page."""
    return shown(request, user, "meeting.html", await context_of(request, user, services, meeting_id))


@router.get("/record")
async def record(request: Request, user: SignedIn, services: ServicesOf, meeting_id: str) -> Response:
    """All of the page but its frame and the player, to be renewed while the player plays on."""
    return shown(request, user, "parts/record.html", await context_of(request, user, services, meeting_id))


@router.post("/hold")
async def hold(user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str, tx: Tx) -> Response:
    """Keep it from being deleted, or let it go."""
    await services.meetings.hold(tx, user.id, meeting_id, held=form.get("act") == "hold")
    return RedirectResponse(f"/meetings/{meeting_id}", 303)


@router.post("/details")
async def details(user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str, tx: Tx) -> Response:
    """Change title, description and attendees."""
    draft = MeetingDraft(
        title=form.get("title", ""),
        description=form.get("description", ""),
        attendees=attendees_of(form.get("attendees", ""), user),
    )
    await services.meetings.update(tx, user.id, meeting_id, draft)
    return RedirectResponse(f"/meetings/{meeting_id}", 303)
