"""A link by which strangers see one meeting."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from minutebook.errors import MinutebookError, invalid

LINKS_MAX: Final = 100
"""Links of one meeting that are not revoked."""


class Lasts(StrEnum):
    """How long a link opens."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


LIFE: Final = {
    Lasts.DAY: timedelta(days=1),
    Lasts.WEEK: timedelta(days=7),
    Lasts.MONTH: timedelta(days=30),
    Lasts.YEAR: timedelta(days=365),
}


@dataclass(frozen=True, slots=True)
class ShareLink:
    """A link to a meeting; its secret is not kept. It opens until `expires_at`, unless it is revoked before."""

    id: str
    meeting_id: str
    owner_id: str
    shows_recording: bool
    shows_transcript: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def opens_at(self, now: datetime) -> bool:
        """Whether it opens."""
        return self.revoked_at is None and now < self.expires_at


def checked_lasts(text: str) -> Lasts:
    """How long a link is to open; raises `expires_unknown`."""
    try:
        return Lasts(text)
    except ValueError as error:
        raise invalid("expires_unknown", f"`expires` is one of {', '.join(Lasts)}.", "expires") from error


def too_many_links() -> MinutebookError:
    """The meeting has as many links as it can have."""
    return invalid("links_too_many", f"A meeting has at most {LINKS_MAX} links. Revoke one first.", "expires")
