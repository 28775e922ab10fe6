"""Query parameters of lists of events. Pure."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from minutebook.api.baas.queries import moment_of, text_of
from minutebook.calendars.model import EventQuery
from minutebook.errors import invalid

PAGE: Final = 100
"""Events of one page, as the API says."""
STATUSES: Final = ("upcoming", "past", "all")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off", "null", ""})


def event_query(now: datetime, *, calendar_id: str, **given: str | None) -> EventQuery:
    """The query that the parameters of `GET /calendar_events/` mean, with one event more than a page has.

    "Upcoming" is what has not ended yet. Deleted events are listed to who asks what was updated: that is how a client
    learns of them. Raises `…_invalid`.
    """
    status = (given["status"] or "").strip().lower() or STATUSES[0]
    if status not in STATUSES:
        raise invalid("status_invalid", f"`status` is one of {', '.join(STATUSES)}.", "status")
    bounds: dict[str, Any] = {"upcoming": {"ends_after": now}, "past": {"ends_until": now}, "all": {}}
    updated_from = moment_of(given["updated_at_gte"], "updated_at_gte")
    return EventQuery(
        calendar_id=calendar_id.strip().lower(),
        starts_from=moment_of(given["start_date_gte"], "start_date_gte"),
        starts_until=moment_of(given["start_date_lte"], "start_date_lte"),
        updated_from=updated_from,
        attendee_email=_email(given["attendee_email"], "attendee_email"),
        organizer_email=_email(given["organizer_email"], "organizer_email"),
        with_deleted=updated_from is not None,
        after=place_of(given["cursor"]),
        limit=PAGE + 1,
        **bounds[status],
    )


def flag_of(text: str | None, name: str) -> bool:
    """A boolean parameter; absent, empty or null is false."""
    plain = (text or "").strip().lower()
    if plain not in _TRUE | _FALSE:
        raise invalid(f"{name}_invalid", f"`{name}` is true or false.", name)
    return plain in _TRUE


def cursor_of(start: datetime, number: int) -> str:
    """The place after this event, as text that means nothing to clients."""
    text = f"{(start - _EPOCH) // _MICROSECOND}.{number}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str | None) -> tuple[datetime, int] | None:
    """The inverse; a whole address that holds a cursor is taken too. Raises `cursor_invalid`."""
    text = text_of((cursor or "").strip(), "cursor")
    if text is None:
        return None
    if "://" in text or "?" in text:
        try:
            text = parse_qs(urlsplit(text).query).get("cursor", [""])[0]
        except ValueError:
            text = ""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        micros, _, number = plain.partition(".")
        place = int(number)
        if not 0 <= place < 2**31:
            raise ValueError(number)
        return _EPOCH + int(micros) * _MICROSECOND, place
    except (ValueError, OverflowError):
        raise invalid("cursor_invalid", "`cursor` is the value of `next` of an earlier page.", "cursor") from None


def _email(text: str | None, name: str) -> str | None:
    plain = text_of((text or "").strip(), name)
    if plain is not None and "\n" in plain:
        raise invalid(f"{name}_invalid", f"`{name}` is one e-mail address.", name)
    return plain
