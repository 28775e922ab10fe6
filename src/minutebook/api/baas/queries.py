"""Query parameters of the v1 API's lists. Pure. Empty ones count as absent: clients send all they know."""

import re
from datetime import UTC, datetime
from typing import Final

from minutebook.bots.listing.page import BotQuery, Direction
from minutebook.errors import invalid
from minutebook.kit.text import is_storable

TERMS_MOST: Final = 50
EARLIEST_YEAR, LATEST_YEAR = 1000, 9000
"""Far from the ends of the calendar, where adding a day overflows."""

_OFFSET_AFTER_BLANK: Final = re.compile(r" (\d\d:?\d\d)$")
"""A plus sign that was not encoded arrives as a blank."""


def bot_query(
    *,
    limit: int,
    cursor: str | None,
    bot_name: str | None,
    meeting_url: str | None,
    created_after: str | None,
    created_before: str | None,
    ended_after: str | None,
    filter_by_extra: str | None,
    sort_by_extra: str | None,
    speaker_name: str | None,
) -> BotQuery:
    """The query that the parameters of `GET /bots/bots_with_metadata` mean."""
    return BotQuery(
        limit=limit,
        cursor=text_of(cursor, "cursor"),
        bot_name=text_of(bot_name, "bot_name"),
        meeting_url=text_of(meeting_url, "meeting_url"),
        created_after=moment_of(created_after, "created_after"),
        created_before=moment_of(created_before, "created_before"),
        ended_after=moment_of(ended_after, "ended_after"),
        extra_filters=filters_of(filter_by_extra),
        sort_extra=sort_of(sort_by_extra),
        speaker_name=text_of(speaker_name, "speaker_name"),
    )


def text_of(text: str | None, name: str) -> str | None:
    """The text, or None when there is none; `…_invalid` for what no database can look for."""
    if not text:
        return None
    if not is_storable(text):
        raise invalid(f"{name}_invalid", f"`{name}` holds characters that are not text.", name)
    return text


def moment_of(text: str | None, name: str) -> datetime | None:
    """A moment in ISO 8601; without a zone it is UTC."""
    if not text or not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(_OFFSET_AFTER_BLANK.sub(r"+\1", text.strip()))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValueError
        return moment
    except (ValueError, OverflowError):
        message = f"`{name}` is a date and time as in 2026-03-02T09:00:00Z."
        raise invalid(f"{name}_invalid", message, name) from None


def filters_of(text: str | None) -> tuple[tuple[str, str], ...]:
    """`member:value,member:value`: a term is split at its first colon; commas cannot be part of one."""
    given = text_of(text, "filter_by_extra")
    terms = [term.partition(":") for term in (given or "").split(",") if term.strip()]
    if len(terms) > TERMS_MOST:
        message = f"`filter_by_extra` holds more than {TERMS_MOST} terms."
        raise invalid("filter_by_extra_too_many", message, "filter_by_extra")
    if any(not colon or not member.strip() for member, colon, _ in terms):
        message = "`filter_by_extra` reads `member:value`, several joined by commas."
        raise invalid("filter_by_extra_invalid", message, "filter_by_extra")
    return tuple(dict.fromkeys((member.strip(), value) for member, _, value in terms))


def sort_of(text: str | None) -> tuple[str, Direction] | None:
    """`member`, `member:asc` or `member:desc`; any other ending is part of the member's name."""
    given = text_of(text, "sort_by_extra")
    if given is None or not given.strip():
        return None
    member, _, direction = given.strip().rpartition(":")
    if member and direction in {"asc", "desc"}:
        return member, "desc" if direction == "desc" else "asc"
    return given.strip(), "asc"
