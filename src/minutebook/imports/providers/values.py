"""Values out of platforms' answers; None for what is none."""

from datetime import UTC, datetime


def moment(value: object) -> datetime | None:
    """An ISO 8601 time, in UTC."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """How long something took."""
    return (end - start).total_seconds() if start and end and end > start else None


def whole(value: object) -> int | None:
    """A number of bytes."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**50 else None
