"""`/meetings/new`: a form whose files become meetings, one each. The form is read as it comes, so files are never held
in memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import PurePath

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import User
from minutebook.analysis.model import AnalysisType
from minutebook.api.deps import ServicesOf, Standing
from minutebook.api.errors import failure_of
from minutebook.api.multipart import MultipartStream, Part, boundary_of, read_on
from minutebook.api.web.attendees import attendees_of
from minutebook.api.web.forms import PostedForm, check_token
from minutebook.api.web.frame import SignedIn, SignInStanding, shown
from minutebook.errors import MinutebookError, invalid
from minutebook.kit.languages import checked_language
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.formats import UNDECLARED, media_type_of
from minutebook.recordings.model import NUM_SPEAKERS_MAX, Incoming, Received, checked_num_speakers
from minutebook.recordings.service import Recordings
from minutebook.wiring import Services

router = APIRouter(prefix="/meetings/new", include_in_schema=False)

WHOLE_RECORD = (AnalysisType.KEY_POINTS, AnalysisType.SENTIMENT)
"""What a person sees besides transcript and note, which every upload starts."""
FIELDS = ("title", "attendees", "language", "num_speakers", "meeting")


@dataclass
class Upload:
    """What has come of a form so far."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[Received] = field(default_factory=list)


@router.get("")
async def form(request: Request, user: SignedIn) -> Response:
    """The form as a page of its own, for browsers without scripts."""
    return _form(request, user, {})


@router.post("")
async def upload(request: Request, user: SignedIn, services: ServicesOf, standing: SignInStanding) -> Response:
    """Store the files and make a meeting of each, all or none; on to the meeting, or to the list when there are
    several. Scripts get the meetings' addresses as JSON."""
    wants_json = "application/json" in request.headers.get("accept", "")
    sent: dict[str, str] = {}
    try:
        made = await _stored(request, user, services, standing, sent)
    except MinutebookError as error:
        if wants_json:
            failure = failure_of(error)
            return JSONResponse({"message": failure.message, "code": failure.code}, failure.status)
        return _form(request, user, sent, error)
    links = [f"/meetings/{meeting_id}" for meeting_id in made]
    if wants_json:
        return JSONResponse({"meetings": links}, 201)
    return RedirectResponse(links[0] if len(links) == 1 else "/", 303)


@router.post("/from-link")
async def from_link(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf) -> Response:
    """Have the server fetch a recording from an address."""
    language = checked_language(form.get("language"))
    try:
        draft = draft_of(form, user, form.get("url", "").rpartition("/")[2])
        async with services.db.transaction() as tx:
            meeting = await services.meetings.create(tx, user.id, draft)
        try:
            added = await services.recordings.add_from_url(user.id, meeting.id, form.get("url", ""), language=language)
            async with services.db.transaction() as tx:
                await services.analysis.schedule_for(tx, added, WHOLE_RECORD)
        except MinutebookError:
            async with services.db.transaction() as tx:
                await services.meetings.delete(tx, user.id, meeting.id)
            raise
    except MinutebookError as error:
        return _form(request, user, form, error)
    return RedirectResponse(f"/meetings/{meeting.id}", 303)


async def _stored(
    request: Request, user: User, services: ServicesOf, standing: Standing, sent: dict[str, str]
) -> Sequence[str]:
    body = request.stream()
    try:
        stream = MultipartStream(boundary_of(request.headers.get("content-type", "")), standing.arriving(body))
        async with _read(request, services.recordings, stream) as whole:
            sent.update(whole.fields)
            drafts = [draft_of(whole.fields, user, file.filename, alone=len(whole.files) == 1) for file in whole.files]
            made, voices = [], checked_num_speakers(whole.fields.get("num_speakers"))
            async with services.db.transaction() as tx:
                for file, draft in zip(whole.files, drafts, strict=True):
                    meeting_id = await meeting_for(services, tx, user, whole.fields, draft)
                    language = whole.fields.get("language")
                    recording = await services.recordings.attach(
                        tx, user.id, meeting_id, file, language=language, num_speakers=voices
                    )
                    await services.analysis.schedule_for(tx, recording, WHOLE_RECORD)
                    made.append(meeting_id)
            return made
    except MinutebookError:
        await read_on(body)
        raise


@asynccontextmanager
async def _read(request: Request, recordings: Recordings, form: MultipartStream) -> AsyncIterator[Upload]:
    """The form, read whole; its files are taken back when it turns out wrong or the block raises an error."""
    upload = Upload()
    try:
        async for part in form.parts():
            await _take(request, recordings, part, upload)
        if not upload.files:
            raise invalid("file_required", "Choose at least one recording.", "recording")
        yield upload
    except BaseException:
        for received in upload.files:
            await recordings.discard(received)
        raise


async def _take(request: Request, recordings: Recordings, part: Part, upload: Upload) -> None:
    if part.name == "form_token":
        upload.fields["form_token"] = await part.text()
    elif part.name in FIELDS:
        upload.fields[part.name] = await part.text()
    elif part.name == "recording" and part.filename:
        # The token comes first in our forms: nothing is stored for a form of somebody else's.
        check_token(request, upload.fields.get("form_token", ""))
        # Browsers declare what their system knows: where that is nothing, the name decides.
        declared = (part.content_type or "").partition(";")[0].strip().lower()
        content_type = media_type_of(part.filename) if declared in UNDECLARED else declared
        incoming = Incoming(part.filename, content_type, part.chunks)
        upload.files.append(await recordings.receive(incoming))


async def meeting_for(
    services: Services, tx: AsyncConnection, user: User, fields: Mapping[str, str], draft: MeetingDraft
) -> str:
    """The meeting that a file belongs to: the one that its form names where that waits for a recording still, else a
    new one. No recording is ever replaced by a form. `session_not_found`."""
    named = fields.get("meeting", "")
    if named:
        meeting = await services.meetings.get(tx, user.id, named, lock=True)
        if not await services.recordings.of_meetings(tx, [meeting.id]):
            return meeting.id
    return (await services.meetings.create(tx, user.id, draft)).id


def draft_of(fields: Mapping[str, str], user: User, filename: str, *, alone: bool = True) -> MeetingDraft:
    """The meeting that a file becomes. Several files under one title are told apart by their names."""
    stem = PurePath(filename).stem.replace("_", " ").strip()
    title = fields.get("title", "").strip()
    if not title or not alone:
        title = f"{title} · {stem}" if title and stem else title or stem
    return MeetingDraft(title=title[:300], attendees=attendees_of(fields.get("attendees", ""), user))


def _form(request: Request, user: User, fields: Mapping[str, str], error: MinutebookError | None = None) -> Response:
    context: dict[str, object] = {name: fields.get(name, "") for name in ("title", "attendees", "url", "num_speakers")}
    context |= {"language_wish": fields.get("language", ""), "num_speakers_max": NUM_SPEAKERS_MAX}
    return shown(request, user, "new_meeting.html", context, failure=failure_of(error) if error else None)
