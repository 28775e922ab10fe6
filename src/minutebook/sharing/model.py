"""Who sees a meeting besides its owner: users of this server, groups of them, and strangers with a link."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from minutebook.errors import MinutebookError, invalid

LINKS_MAX: Final = 100
"""Links of one meeting that are not revoked."""
SHARES_MAX: Final = 200
"""Users and groups with whom one meeting can be shared."""
GROUPS_MAX: Final = 100
MEMBERS_MAX: Final = 500
REVOKED_FOR: Final = timedelta(minutes=10)
"""How long a revoked link can be had back by whoever revoked it."""
GROUP_NAME_MAX: Final = 100


class Right(StrEnum):
    """What somebody may do with a meeting, from the least to the most: see it all; correct transcript, note and names
    of voices; everything, sharing and deleting among it."""

    READ = "read"
    CORRECT = "correct"
    OWN = "own"

    def allows(self, least: "Right") -> bool:
        """Whether it reaches as far as `least`."""
        return _RANK[self] >= _RANK[least]


_RANK: Final = {right: rank for rank, right in enumerate(Right)}


@dataclass(frozen=True, slots=True)
class Share:
    """A meeting shared with one user, whose address is `email`, or with one group; `name` is what it is called."""

    id: str
    meeting_id: str
    right: Right
    name: str
    email: str | None
    group_id: str | None
    created_at: datetime

    @property
    def is_group(self) -> bool:
        """Whether it is shared with a group."""
        return self.group_id is not None


@dataclass(frozen=True, slots=True)
class Group:
    """Users with whom its maker shares at once; `members` are (user id, name, address)."""

    id: str
    name: str
    members: tuple[tuple[str, str, str], ...]


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


def checked_right(text: str) -> Right:
    """What somebody with whom a meeting is shared may do; `right_unknown`."""
    if text not in {Right.READ, Right.CORRECT}:
        raise invalid("right_unknown", "`right` is `read` or `correct`.", "right")
    return Right(text)


def too_many(what: str, most: int) -> MinutebookError:
    """A limit is reached."""
    return invalid(f"{what}_too_many", f"There can be at most {most} {what}. Remove one first.", what)
