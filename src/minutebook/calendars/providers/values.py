"""What Google's and Microsoft's JSON have in common. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from minutebook.calendars.providers.calls import Json


def objects_in(value: object) -> list[Json]:
    """The objects of a list; none of anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def object_in(value: object) -> Json:
    """The object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def newest(items: Iterable[Json]) -> dict[str, Json]:
    """By id, the last one said of each: a list may name an event more than once."""
    return {item["id"]: item for item in items if isinstance(item.get("id"), str)}


def moment_in(text: str, zone: object = None) -> datetime | None:
    """A moment; one that has no offset is in `zone`, a name of IANA's or of Windows, and in UTC where that says
    nothing."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@cache
def zone_of(name: object) -> tzinfo:
    """The zone of a name; UTC for none, and for one that nobody knows."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    try:
        return ZoneInfo(WINDOWS_TO_OLSON.get(str(name), str(name))) if name else UTC
    except (ValueError, OSError):
        return UTC


def stamp(moment: datetime) -> str:
    """A moment as both take it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
