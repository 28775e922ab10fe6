"""`/meetings/{id}/segment`, `/item`, `/undo`, `/history`: correcting the transcript and the note."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from minutebook.analysis.edits.model import Edit, SpeakerChange
from minutebook.analysis.edits.requests import ItemRequest, Reach
from minutebook.api.deps import ServicesOf
from minutebook.api.web.answers import renewed
from minutebook.api.web.forms import PostedForm, several
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.media import recording_of
from minutebook.api.web.meeting import context_of
from minutebook.api.web.record import Line, Record
from minutebook.api.web.render import is_part
from minutebook.errors import not_found
from minutebook.sharing.model import Right

router = APIRouter(prefix="/meetings/{meeting_id}", include_in_schema=False)

ITEM_FIELDS = ("text", "owner", "due")


@router.get("/segment")
async def segment(
    request: Request,
    user: SignedIn,
    services: ServicesOf,
    meeting_id: str,
    place: Annotated[int, Query()],
    edit: Annotated[bool, Query()] = True,
) -> Response:
    """A segment, open to be corrected or closed again; a page of its own where no script asks."""
    context = await context_of(request, user, services, meeting_id)
    line = _line(context["record"], place)
    if not is_part(request):
        return shown(request, user, "edit.html", {**context, "line": line})
    return shown(request, user, "parts/line_edit.html" if edit else "parts/line.html", {**context, "line": line})


@router.post("/segment")
async def correct(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str
) -> Response:
    """Keep what was said, and by whom."""
    place = int(form.get("place", "")) if form.get("place", "").isdecimal() else -1
    moves = bool(form.get("speaker")) and form.get("speaker") != form.get("spoken_by")
    async with services.db.transaction() as tx:
        recording = await recording_of(services, tx, user, meeting_id, Right.CORRECT)
        owner_id, remember = recording.owner_id, "remember" in form
        if "text" in form:
            await services.corrections.reword(tx, owner_id, recording.id, place, form["text"], remember=remember)
        if moves:
            reach = Reach(form["reach"]) if form.get("reach") in set(Reach) else Reach.SEGMENT
            await services.corrections.move(tx, owner_id, recording.id, place, form["speaker"], reach)
    if moves:
        return await renewed(request, user, services, meeting_id)
    return await _line_answer(request, user, services, meeting_id, place)


@router.post("/undo")
async def undo(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str) -> Response:
    """Take corrections back."""
    chosen = await several(request, "edit")
    async with services.db.transaction() as tx:
        recording = await recording_of(services, tx, user, meeting_id, Right.CORRECT)
        edits = [await services.corrections.undo(tx, recording.owner_id, recording.id, each) for each in chosen]
    if form.get("place", "").isdecimal() and not any(isinstance(edit.change, SpeakerChange) for edit in edits):
        return await _line_answer(request, user, services, meeting_id, int(form["place"]))
    return await renewed(request, user, services, meeting_id)


@router.get("/item")
async def item(
    request: Request, user: SignedIn, services: ServicesOf, meeting_id: str, item: Annotated[int, Query()]
) -> Response:
    """An item of the note, open to be corrected."""
    context = await context_of(request, user, services, meeting_id)
    note = context["record"].note or {"items": ()}
    chosen = next((each for each in note["items"] if each["index"] == item), None)
    if chosen is None:
        raise not_found("item")
    page = "parts/item_edit.html" if is_part(request) else "edit.html"
    return shown(request, user, page, {**context, "item": chosen})


@router.post("/item")
async def correct_item(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str
) -> Response:
    """Keep what the item says, or take it out of the note."""
    place = int(form.get("item", "")) if form.get("item", "").isdecimal() else -1
    changed = {name: form[name].strip() or None for name in ITEM_FIELDS if form.get(name) != form.get(f"{name}_was")}
    wanted = ItemRequest(place, {}, remove=True) if form.get("act") == "remove" else ItemRequest(place, changed)
    async with services.db.transaction() as tx:
        recording = await recording_of(services, tx, user, meeting_id, Right.CORRECT)
        if wanted.remove or wanted.values:
            await services.corrections.correct_note(tx, recording.owner_id, recording.id, [wanted])
    return await renewed(request, user, services, meeting_id, "parts/note.html")


@router.get("/history")
async def history(request: Request, user: SignedIn, services: ServicesOf, meeting_id: str) -> Response:
    """What was corrected, newest first; what was made in one go is one entry."""
    context = await context_of(request, user, services, meeting_id)
    names = {speaker.id: speaker.name for speaker in context["record"].speakers}
    more = {"groups": _together(context["record"].edits), "speaker_names": names}
    page = "parts/history.html" if is_part(request) else "history.html"
    return shown(request, user, page, {**context, **more})


def _together(edits: Sequence[Edit]) -> list[list[Edit]]:
    """Edits, newest first; those that gave a voice's segments to another one in one go together."""

    def key(edit: Edit) -> object:
        if isinstance(edit.change, SpeakerChange):
            return (
                edit.change.before,
                edit.change.speaker,
                edit.created_at.replace(microsecond=0),
                edit.undone_at is None,
            )
        return edit.id

    ordered = sorted(edits, key=lambda edit: edit.created_at)[::-1]
    return [list(group) for _, group in groupby(ordered, key)]


def _line(record: Record, place: int) -> Line:
    line = next((line for line in record.lines if line.place == place), None)
    if line is None:
        raise not_found("segment")
    return line


async def _line_answer(request: Request, user: SignedIn, services: ServicesOf, meeting_id: str, place: int) -> Response:
    """The one segment where it is still there: a whole transcript is much to send for a word."""
    context = await context_of(request, user, services, meeting_id)
    line = next((line for line in context["record"].lines if line.place == place), None)
    if not is_part(request) or line is None:
        return await renewed(request, user, services, meeting_id)
    return shown(request, user, "parts/line_saved.html", {**context, "line": line})
