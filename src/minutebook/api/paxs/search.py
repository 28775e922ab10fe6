"""`GET /api/search`: what was said, found again."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from minutebook.api.deps import AnalysisCaller, Read, RecordsOf
from minutebook.api.paxs.schemas import errors
from minutebook.search.model import Asked, FoundMeeting, Hit, day_end, day_start

router = APIRouter(prefix="/api/search", tags=["search"])


class SnippetOut(BaseModel):
    """A piece of a hit's text; `found` where it is what was searched."""

    text: str
    found: bool


class HitOut(BaseModel):
    """A place where it is said or written; `start_s` is the second at which it is heard, null outside of the sound."""

    part: str = Field(description="`title`, `description`, `attendee`, `note` or `transcript`.")
    speaker: str | None
    start_s: float | None
    text: str
    snippet: list[SnippetOut]


class FoundOut(BaseModel):
    """A meeting with its best hits; `more` counts the others."""

    session_id: str
    title: str
    created_at: datetime
    hits: list[HitOut]
    more: int


class SearchPage(BaseModel):
    """Meetings, newest first. `read_as` holds what stood in for words that nobody said, `left_out` the words of the
    query that were not looked for, as nothing has all of them."""

    items: list[FoundOut]
    next_cursor: str | None
    read_as: dict[str, list[str]]
    left_out: list[str]


@router.get("", summary="Search what was said", responses=errors(400))
async def search(
    caller: AnalysisCaller,
    records: RecordsOf,
    read: Read,
    q: Annotated[str, Query(description='Words, in any form; "phrases" in quotes.')] = "",
    person: Annotated[str, Query(description="Part of the name or address of somebody who took part.")] = "",
    since: Annotated[date | None, Query(description="From this day (UTC) on.")] = None,
    until: Annotated[date | None, Query(description="Up to and with this day (UTC).")] = None,
    session_id: Annotated[str | None, Query(description="Of this meeting only, then all hits.")] = None,
    cursor: Annotated[str, Query(description="The page before's `next_cursor`.")] = "",
) -> SearchPage:
    """Transcripts, notes, titles, descriptions and names of your meetings that hold every word, newest first. What
    nothing holds in full is looked for without function words and words that nobody said."""
    asked = Asked(q, person, day_start(since), day_end(until), session_id, cursor)
    found = await records.search.find(read, caller.user_id, asked)
    return SearchPage(
        items=[_meeting(each) for each in found.meetings],
        next_cursor=found.next_cursor,
        read_as={word: list(words) for word, words in found.read_as.items()},
        left_out=list(found.left_out),
    )


def _meeting(found: FoundMeeting) -> FoundOut:
    return FoundOut(
        session_id=found.meeting_id,
        title=found.title,
        created_at=found.created_at,
        hits=[_hit(hit) for hit in found.hits],
        more=found.more,
    )


def _hit(hit: Hit) -> HitOut:
    return HitOut(
        part=hit.passage.part.value,
        speaker=hit.passage.speaker or None,
        start_s=hit.passage.start_s,
        text=hit.passage.text,
        snippet=[SnippetOut(text=part.text, found=part.found) for part in hit.snippet],
    )
