"""`/meetings/{id}/share`: a meeting's links; `/s/{secret}`: what a stranger sees of it."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.access_log.model import Action, Actor, Via
from minutebook.accounts.model import User
from minutebook.api.deps import Read, ServicesOf, Tx, base_url
from minutebook.api.stored_files import IfNoneMatch, IfRange, RangeHeader, served
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.record import record_of
from minutebook.api.web.render import is_part, page
from minutebook.errors import not_found
from minutebook.recordings.model import preview_key
from minutebook.sharing.model import Lasts, ShareLink, checked_lasts

router = APIRouter(include_in_schema=False)


@router.get("/meetings/{meeting_id}/share")
async def links(request: Request, user: SignedIn, services: ServicesOf, meeting_id: str, read: Read) -> Response:
    """The links that open, and the form for another one; for scripts without the frame."""
    return await _links(request, user, services, read, meeting_id)


@router.post("/meetings/{meeting_id}/share")
async def create(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str) -> Response:
    """Make a link; the answer shows it, this once."""
    async with services.db.transaction() as tx:
        link, secret = await services.sharing.create_link(
            tx,
            user.id,
            meeting_id,
            checked_lasts(form.get("expires", Lasts.WEEK)),
            shows_recording="recording" in form,
            shows_transcript="transcript" in form,
        )
    async with services.db.reading() as read:
        recording = (await services.recordings.of_meetings(read, [meeting_id])).get(meeting_id)
        answer = await _links(request, user, services, read, meeting_id, made=f"{base_url(request)}/s/{secret}")
    if recording is not None:
        actor = Actor(user.id, Via.WEB, link.id)
        await services.access_log.note(services.db, user.id, recording.id, actor, Action.SHARED, "link")
    return answer


@router.post("/meetings/{meeting_id}/share/revoke")
async def revoke(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str, tx: Tx
) -> Response:
    """Let a link open no more."""
    await services.sharing.revoke(tx, user.id, meeting_id, form.get("link", ""))
    if is_part(request):
        return await _links(request, user, services, tx, meeting_id)
    return RedirectResponse(f"/meetings/{meeting_id}/share", 303)


async def _links(
    request: Request, user: User, services: ServicesOf, tx: AsyncConnection, meeting_id: str, made: str | None = None
) -> Response:
    context = {
        "meeting": await services.meetings.get(tx, user.id, meeting_id),
        "links": await services.sharing.links(tx, user.id, meeting_id),
        "lasts": list(Lasts),
        "made": made,
    }
    part = "parts/share_sheet.html" if request.method == "GET" else "parts/share.html"
    return shown(request, user, part if is_part(request) else "share.html", context)


@router.get("/s/{secret}")
async def stranger(request: Request, services: ServicesOf, secret: str) -> Response:
    """The meeting as a stranger sees it: no frame, no addresses of people, nothing that the link hides."""
    async with services.db.reading() as read:
        link, meeting = await services.sharing.open(read, secret)
        (entry,) = await services.library.entries(read, [meeting])
        context: Mapping[str, Any] = {
            "link": link,
            "meeting": meeting,
            "record": await record_of(services, read, entry),
            "recording": entry.recording,
            "secret": secret,
        }
    if entry.recording is not None:
        await _noted(services, link, entry.recording.id, Action.READ, "page")
    return page(request, "stranger.html", context)


@router.get("/s/{secret}/audio")
@router.head("/s/{secret}/audio")
async def audio(
    request: Request,
    services: ServicesOf,
    secret: str,
    range: RangeHeader = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The sound, whole or in part, unless the link hides it."""
    async with services.db.reading() as read:
        link, meeting = await services.sharing.open(read, secret)
        recording = (await services.recordings.of_meetings(read, [meeting.id])).get(meeting.id)
    if recording is None or not link.shows_recording:
        raise not_found("recording")
    key = preview_key(recording.id)
    size = await services.recordings.derived_size(key, "preview")

    def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
        return services.recordings.derived(key, start, end)

    await _noted(services, link, recording.id, Action.PLAYED, "preview")
    return served(request, "audio/mp4", size, {"ETag": f'"{recording.sha256[:32]}-{size}"'}, chunks)


async def _noted(services: ServicesOf, link: ShareLink, recording_id: str, action: Action, what: str) -> None:
    actor = Actor(None, Via.LINK, link.id)
    await services.access_log.note(services.db, link.owner_id, recording_id, actor, action, what)
