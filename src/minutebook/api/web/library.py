"""`/` and `/meetings/trash`: all of a person's meetings, and what can be done with several at once."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import User
from minutebook.api.deps import Read, ServicesOf, Tx
from minutebook.api.web.attendees import attendees_text
from minutebook.api.web.forms import PostedForm, local_path
from minutebook.api.web.forms import several as chosen
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.render import is_part
from minutebook.errors import invalid
from minutebook.kit.text import is_storable
from minutebook.library.model import LibraryQuery, Order, Origin, Status
from minutebook.meetings.model import TRASH_LIFE, Attendee
from minutebook.recordings.model import NUM_SPEAKERS_MAX

router = APIRouter(include_in_schema=False)

FILTERS = ("q", "person", "tag", "status", "origin", "since", "until", "sort")
Choice = TypeVar("Choice", bound=StrEnum)


@router.get("/")
async def library(request: Request, user: SignedIn, services: ServicesOf, read: Read) -> Response:
    """The list, filtered as the address says; for scripts its next part alone."""
    return await _listed(request, user, services, read, trash=False)


@router.get("/meetings/trash")
async def trash(request: Request, user: SignedIn, services: ServicesOf, read: Read) -> Response:
    """What was deleted and can still be had back."""
    return await _listed(request, user, services, read, trash=True)


@router.post("/meetings/several")
async def act(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, tx: Tx) -> Response:
    """Do something with the chosen meetings: trash, restore, tag, untag, or delete for good what is in the trash."""
    ids = await chosen(request, "chosen")
    back = local_path(form.get("back"))
    if not ids:
        raise invalid("meetings_required", "Choose at least one meeting.", "chosen")
    match form.get("act"):
        case "trash":
            moved = await services.meetings.trash(tx, user.id, ids)
            done = {"trashed": ",".join(meeting.id for meeting in moved)}
            return RedirectResponse(_with(back, done), 303)
        case "restore":
            await services.meetings.restore(tx, user.id, ids)
        case "tag":
            await services.library.tag(tx, user.id, ids, form.get("tag", ""))
        case "untag":
            await services.library.untag(tx, user.id, ids, form.get("tag", ""))
        case "delete":
            for meeting in await services.meetings.of_ids(tx, user.id, ids):
                if meeting.trashed_at is not None:
                    await services.meetings.delete(tx, user.id, meeting.id)
        case _:
            raise invalid("act_unknown", "This form is not one of this server's pages.", "act")
    return RedirectResponse(back, 303)


def _with(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode(parameters)}"


async def _listed(request: Request, user: User, services: ServicesOf, read: Read, *, trash: bool) -> Response:
    asked = {name: value for name, value in request.query_params.items() if is_storable(value)}
    query = _query(asked, trash=trash)
    found = await services.library.page(read, user.id, query)
    filters = {name: asked.get(name, "") for name in FILTERS}
    set_ones = {name: value for name, value in filters.items() if value}
    following = urlencode({**set_ones, "cursor": found.next_cursor}) if found.next_cursor else None
    context = {
        "entries": found.entries,
        "following": following,
        "trash": trash,
        "filters": filters,
        "filtered": query.is_filtered,
        "shortened": found.words if found.entries and found.words != query.words else "",
        "query": urlencode(set_ones),
        "trash_life": TRASH_LIFE,
    }
    if is_part(request) and query.cursor:
        return shown(request, user, "parts/entries.html", context)
    more = {
        "people": await services.library.people(read, user.id),
        "tags": await services.library.tags(read, user.id),
        "statuses": list(Status),
        "trashed": asked.get("trashed", ""),
        "unfinished": [] if trash else await services.uploads.unfinished(read, user.id),
        "num_speakers_max": NUM_SPEAKERS_MAX,
        "self_attendee": attendees_text([Attendee(user.email, user.display_name)]),
    }
    return shown(request, user, "library.html", {**context, **more})


def _query(asked: Mapping[str, str], *, trash: bool) -> LibraryQuery:
    """What the address asks for; what it cannot mean is passed over, so that an old link still shows something."""
    until = _day(asked.get("until"))
    return LibraryQuery(
        words=asked.get("q", "")[:300],
        person=asked.get("person", ""),
        tag=asked.get("tag", ""),
        status=_choice(Status, asked.get("status")),
        origin=_choice(Origin, asked.get("origin")),
        since=_day(asked.get("since")),
        until=until and until + timedelta(days=1),
        order=_choice(Order, asked.get("sort")) or Order.NEWEST,
        trash=trash,
        cursor=asked.get("cursor", ""),
    )


def _choice(choices: type[Choice], value: str | None) -> Choice | None:
    return choices(value) if value in set(choices) else None


def _day(text: str | None) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text or ""), time(), UTC)
    except ValueError:
        return None


@router.get("/meetings/{meeting_id}/entry")
async def entry(request: Request, user: SignedIn, services: ServicesOf, meeting_id: str, read: Read) -> Response:
    """One line of the list, as it is now."""
    meeting = await services.sharing.meeting(read, user.id, meeting_id)
    entries = await services.library.entries(read, [meeting], user.id)
    return shown(request, user, "parts/entry.html", {"entry": entries[0], "trash_life": TRASH_LIFE})
