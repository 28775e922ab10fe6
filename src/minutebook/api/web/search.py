"""`/search`: what was said, by its words; the whole search stands in the address."""

from collections.abc import Mapping
from datetime import date
from math import ceil
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from minutebook.api.deps import Read, ServicesOf
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.render import is_part
from minutebook.errors import MinutebookError
from minutebook.search.model import Asked, Found, FoundMeeting, Hit, day_end, day_start

router = APIRouter(include_in_schema=False)

FIELDS = ("q", "person", "since", "until", "meeting")


@router.get("/search")
async def search(request: Request, user: SignedIn, services: ServicesOf, read: Read) -> Response:
    """The box and what was found; for scripts the next part of the list alone."""
    asked = {name: request.query_params.get(name, "") for name in FIELDS}
    set_ones = {name: value for name, value in asked.items() if value}
    found, failure = Found(()), None
    try:
        wanted = _asked(asked, request.query_params.get("cursor", ""))
        found = await services.search.find(read, user.id, wanted, shared=True)
    except MinutebookError as error:
        failure = failure_of(error)
    context: dict[str, Any] = {
        "asked": asked,
        "can_ask": services.answers.available,
        "searched": bool(asked["q"].strip()),
        "found": found,
        "link_of": link_of,
        "following": urlencode({**set_ones, "cursor": found.next_cursor}) if found.next_cursor else None,
        "without_meeting": urlencode({name: value for name, value in set_ones.items() if name != "meeting"}),
        "all_of": lambda each: f"/search?{urlencode({**set_ones, 'meeting': each.meeting_id})}",
    }
    if is_part(request) and request.query_params.get("cursor"):
        return shown(request, user, "parts/results.html", context)
    return shown(request, user, "search.html", context, failure=failure)


@router.post("/search/ask")
async def ask(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf) -> Response:
    """An answer to the question, out of what was said; a page of its own where no script asks."""
    answer, failure = None, None
    try:
        answer = await services.answers.ask(user.id, form.get("q", ""))
    except MinutebookError as error:
        if is_part(request):
            raise
        failure = failure_of(error)
    context = {"answer": answer, "question": form.get("q", "")}
    return shown(request, user, "parts/answer.html" if is_part(request) else "answer.html", context, failure=failure)


def link_of(meeting: FoundMeeting, hit: Hit) -> str:
    """Where a hit is heard, with the words to mark there; what has no second leads to the meeting. A second is rounded
    up: a moment earlier the word before is still said."""
    start = hit.passage.start_s
    if start is None:
        return f"/meetings/{meeting.meeting_id}"
    found = " ".join(dict.fromkeys(piece.text for piece in hit.snippet if piece.found))
    return f"/meetings/{meeting.meeting_id}?" + urlencode({"t": ceil(start * 100) / 100, "found": found})


def _asked(asked: Mapping[str, str], cursor: str) -> Asked:
    """What the address asks for; a day that is none is passed over, so that an old link still shows something."""
    return Asked(
        query=asked["q"],
        person=asked["person"],
        since=day_start(_day(asked["since"])),
        until=day_end(_day(asked["until"])),
        meeting_id=asked["meeting"] or None,
        cursor=cursor,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
