"""`/meetings/{id}/share`: a meeting's links; `/s/{secret}`: what a stranger sees of it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.access_log.model import Access, Action, Actor, Via
from minutebook.accounts.model import User
from minutebook.api.deps import ServicesOf, Standing, Tx, base_url
from minutebook.api.recording_files import FilesOf
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.record import kept_record, record_of
from minutebook.api.web.render import is_part, page
from minutebook.errors import not_found
from minutebook.kit.origin import is_loopback
from minutebook.sharing.model import Lasts, Right, checked_lasts, checked_right

router = APIRouter(include_in_schema=False)

ACCESSES_SHOWN = 20
LONGEST_S = 1e6


@router.get("/meetings/{meeting_id}/share")
async def sheet(request: Request, user: SignedIn, services: ServicesOf, meeting_id: str) -> Response:
    """With whom it is shared, the links that open, who opened it, and the forms; for scripts without the frame. `t` is
    where the player stands, in seconds: a link may begin there."""
    return await _sheet(request, user, services, meeting_id, moment=_moment(request.query_params.get("t")))


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
    await _told(services, user, meeting_id, link.id, "link")
    at = _moment(form.get("t"))
    made = f"{base_url(request)}/s/{secret}{'' if at is None else f'?t={at}'}"
    return await _sheet(request, user, services, meeting_id, made=made, moment=at)


@router.post("/meetings/{meeting_id}/share/people")
async def share(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str) -> Response:
    """Share with a user or a group of this server."""
    async with services.db.transaction() as tx:
        right = checked_right(form.get("right", Right.READ))
        group_id, email = form.get("group", ""), form.get("email", "").strip()
        await services.sharing.share(tx, user.id, meeting_id, right, email=email, group_id=group_id)
    await _told(services, user, meeting_id, group_id or email, f"{'group' if group_id else 'user'}, {right}")
    return await _answer(request, user, services, meeting_id, "shared")


@router.post("/meetings/{meeting_id}/share/end")
async def unshare(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str
) -> Response:
    """Share with somebody no longer; the answer to a script has what shares it again."""
    share_id = form.get("share", "")
    async with services.db.transaction() as tx:
        shares = await services.sharing.shares(tx, user.id, meeting_id)
        await services.sharing.unshare(tx, user.id, meeting_id, share_id)
    (ended,) = (each for each in shares if each.id == share_id)
    whom = {"group": ended.group_id} if ended.group_id else {"email": ended.email or ""}
    undo = {"to": "people", "right": ended.right.value, **whom}
    return await _answer(request, user, services, meeting_id, "ended", undo)


@router.post("/meetings/{meeting_id}/leave")
async def leave(user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str, tx: Tx) -> Response:
    """Have a meeting that somebody shares no longer in one's own list."""
    await services.sharing.leave(tx, user.id, meeting_id)
    return RedirectResponse("/", 303)


@router.post("/meetings/{meeting_id}/share/revoke")
async def revoke(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str) -> Response:
    """Let a link open no more; the answer to a script has what takes that back."""
    link_id = form.get("link", "")
    async with services.db.transaction() as tx:
        await services.sharing.revoke(tx, user.id, meeting_id, link_id)
    return await _answer(request, user, services, meeting_id, "revoked", {"to": "restore", "link": link_id})


@router.post("/meetings/{meeting_id}/share/restore")
async def restore(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str
) -> Response:
    """Let a link open again that was revoked a moment ago."""
    link_id = form.get("link", "")
    async with services.db.transaction() as tx:
        await services.sharing.restore(tx, user.id, meeting_id, link_id)
    await _told(services, user, meeting_id, link_id, "link")
    return await _answer(request, user, services, meeting_id, "restored")


async def _answer(
    request: Request,
    user: User,
    services: ServicesOf,
    meeting_id: str,
    done: str,
    undo: Mapping[str, str] | None = None,
) -> Response:
    if is_part(request):
        return await _sheet(request, user, services, meeting_id, done=done, undo=undo)
    return RedirectResponse(f"/meetings/{meeting_id}/share?done={done}", 303)


def _moment(text: str | None) -> float | None:
    """A place in a recording, in seconds to the tenth; None for what is none."""
    try:
        at = round(float(text or ""), 1)
    except ValueError:
        return None
    return at if 0 < at < LONGEST_S else None


async def _told(services: ServicesOf, user: User, meeting_id: str, label: str, what: str) -> None:
    async with services.db.reading() as read:
        recording = (await services.recordings.of_meetings(read, [meeting_id])).get(meeting_id)
    if recording is not None:
        actor = Actor(user.id, Via.WEB, label)
        await services.access_log.note(services.db, user.id, recording.id, actor, Action.SHARED, what)


async def _sheet(
    request: Request,
    user: User,
    services: ServicesOf,
    meeting_id: str,
    made: str | None = None,
    done: str = "",
    undo: Mapping[str, str] | None = None,
    moment: float | None = None,
) -> Response:
    """The sheet; `undo` holds the fields of the form, and the address it goes `to`, that takes back what was done."""
    async with services.db.reading() as read:
        meeting = await services.meetings.get(read, user.id, meeting_id)
        recording = (await services.recordings.of_meetings(read, [meeting.id])).get(meeting.id)
        log: list[Access] = []
        if recording is not None:
            log = await services.access_log.of_recording(read, user.id, recording.id, ACCESSES_SHOWN)
        people = await services.accounts.management.users(read)
        context = {
            "meeting": meeting,
            "links": await services.sharing.links(read, user.id, meeting_id),
            "shares": await services.sharing.shares(read, user.id, meeting_id),
            "groups": await services.sharing.groups.list(read, user.id),
            "people": [each for each in people if each.id != user.id and each.disabled_at is None],
            "accesses": log,
            "names": {each.id: each.display_name for each in people},
            "lasts": list(Lasts),
            "made": made,
            "leads_here_alone": is_loopback(base_url(request)),
            "done": done or request.query_params.get("done", ""),
            "undo": undo,
            "moment": moment,
        }
    part = "parts/share_sheet.html" if request.method == "GET" else "parts/share.html"
    return shown(request, user, part if is_part(request) else "share.html", context)


@router.get("/s/{secret}")
async def stranger(request: Request, services: ServicesOf, secret: str) -> Response:
    """The meeting as a stranger sees it: no frame, no addresses of people, nothing that the link hides."""
    async with services.db.reading() as read:
        link, meeting = await services.sharing.open(read, secret)
        (entry,) = await services.library.entries(read, [meeting])
        kept = await kept_record(services, read, entry.meeting.owner_id, entry.recording)
    context: Mapping[str, Any] = {
        "link": link,
        "meeting": meeting,
        "record": await record_of(services, kept),
        "recording": entry.recording,
        "secret": secret,
    }
    request.state.actor = Actor(None, Via.LINK, link.id)
    return page(request, "stranger.html", context)


@router.get("/s/{secret}/audio")
@router.head("/s/{secret}/audio")
async def audio(request: Request, services: ServicesOf, files: FilesOf, secret: str) -> Response:
    """The sound, whole or in part, unless the link hides it."""
    async with services.db.reading() as read:
        link, meeting = await services.sharing.open(read, secret)
        recording = (await services.recordings.of_meetings(read, [meeting.id])).get(meeting.id)
    if recording is None or not link.shows_recording:
        raise not_found("recording")
    request.state.actor = Actor(None, Via.LINK, link.id)
    standing = Standing(services, lambda read: services.sharing.open(read, secret))
    return await files.preview(recording, standing.guarded)
