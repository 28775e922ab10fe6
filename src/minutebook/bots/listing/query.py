"""What a list of bots is asked for, and the cursor that says where its next page begins. Pure."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from minutebook.errors import MinutebookError, invalid
from minutebook.kit.text import is_storable

Direction = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class BotQuery:
    """Which bots, in which order.

    Texts are found anywhere, without regard to case; `extra_filters` are (member, value) of `extra`, all of which must
    be there exactly. `sort_extra` sorts by one member as text (its first 200 characters, by code points), bots without
    it last in either direction. Otherwise, and among equals, the newest come first.
    """

    limit: int = 10
    cursor: str | None = None
    bot_name: str | None = None
    meeting_url: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    ended_after: datetime | None = None
    extra_filters: tuple[tuple[str, str], ...] = ()
    sort_extra: tuple[str, Direction] | None = None
    speaker_name: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: the bot that stands there, by what the list is sorted by. `value` is None in lists that are
    not sorted by a member, and for bots that lack it."""

    number: int
    created_at: datetime
    value: str | None = None


def cursor_of(position: Position, sort: str) -> str:
    """The cursor for the page after this position, as text for a URL. `sort` tells lists in different orders apart:
    a place in one means nothing in another."""
    parts = [sort, position.number, position.created_at.astimezone(UTC).isoformat(), position.value]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def position_of(cursor: str, sort: str) -> Position:
    """The inverse; raises `cursor_invalid` for anything that `cursor_of` did not make for this order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, number, created_at, value = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(created_at)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise _not_ours() from None
    whole = isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**31
    text = value is None or (isinstance(value, str) and is_storable(value))
    if made_for != sort or not whole or not text or moment.tzinfo != UTC:
        raise _not_ours()
    return Position(number, moment, value)


def _not_ours() -> MinutebookError:
    message = "`cursor` is not one that this list gave out. Send the last page's `next_cursor`, with the same sorting."
    return invalid("cursor_invalid", message, "cursor")
