"""Lists of bots: filtered, sorted and paged by the database, at a cost that does not grow with the number of bots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.listing.query import BotQuery, Direction, cursor_of, position_of
from minutebook.bots.listing.search import SCAN_MOST, Search
from minutebook.bots.model import Bot
from minutebook.bots.repository.bots import bot_of, bot_speakers, bots
from minutebook.errors import invalid
from minutebook.kit.text import folded

__all__ = [
    "PAGE_MOST",
    "SCAN_MOST",
    "BotPage",
    "BotQuery",
    "Direction",
    "OverviewQuery",
    "overview",
    "page",
    "speakers_of",
]

PAGE_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class BotPage:
    """A page of bots, who spoke in their recordings (by the bot's number), and where the next page begins; None at the
    end."""

    bots: tuple[Bot, ...]
    next_cursor: str | None
    speakers: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


async def page(tx: AsyncConnection, owner_id: str, query: BotQuery) -> BotPage:
    """One page of an owner's bots; pages fit together while bots are added. `limit_invalid`, `cursor_invalid`."""
    if not 1 <= query.limit <= PAGE_MOST:
        raise invalid("limit_invalid", f"`limit` is a number from 1 to {PAGE_MOST}.", "limit")
    sort = ":".join(query.sort_extra) if query.sort_extra else ""
    after = position_of(query.cursor, sort) if query.cursor else None
    found, go_on = await Search(tx, owner_id, query).positions(after, query.limit + 1)
    shown = found[: query.limit]
    end = shown[-1] if len(found) > query.limit else go_on
    numbers = [position.number for position in shown]
    cursor = cursor_of(end, sort) if end else None
    return BotPage(await _bots_of(tx, numbers), cursor, await speakers_of(tx, numbers))


async def _bots_of(tx: AsyncConnection, numbers: Sequence[int]) -> tuple[Bot, ...]:
    rows = (await tx.execute(select(bots).where(bots.c.number.in_(numbers)))).all()
    by_number = {row.number: bot_of(row) for row in rows}
    return tuple(by_number[number] for number in numbers)


async def speakers_of(tx: AsyncConnection, numbers: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """Who spoke in the recordings of the bots of these numbers, in the order in which they are kept."""
    """The names of those who spoke, by the bots' numbers."""
    chosen = select(bot_speakers).where(bot_speakers.c.bot_number.in_(numbers))
    found: dict[int, tuple[str, ...]] = {}
    for row in await tx.execute(chosen.order_by(bot_speakers.c.bot_number, bot_speakers.c.position)):
        found[row.bot_number] = (*found.get(row.bot_number, ()), row.name)
    return found


@dataclass(frozen=True, slots=True)
class OverviewQuery:
    """A stretch of an owner's bots, newest first: `limit` of them after the first `offset`. `ids` and `meeting_urls`
    name those that are wanted, `url_parts` what their address holds (any of them); empty is all."""

    limit: int
    offset: int = 0
    ids: tuple[str, ...] = ()
    meeting_urls: tuple[str, ...] = ()
    url_parts: tuple[str, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None


async def overview(tx: AsyncConnection, owner_id: str, query: OverviewQuery) -> tuple[tuple[Bot, ...], bool]:
    """That stretch, and whether there are more bots behind it."""
    where = [bots.c.owner_id == owner_id]
    if query.ids:
        where.append(bots.c.id.in_(query.ids))
    if query.meeting_urls:
        where.append(bots.c.url_folded.in_([folded(url) for url in query.meeting_urls]))
    if query.url_parts:
        where.append(or_(*(bots.c.url_folded.contains(folded(part), autoescape=True) for part in query.url_parts)))
    if query.created_after:
        where.append(bots.c.created_at >= query.created_after)
    if query.created_before:
        where.append(bots.c.created_at <= query.created_before)
    newest = select(bots).where(*where).order_by(bots.c.created_at.desc(), bots.c.number.desc())
    rows = (await tx.execute(newest.limit(query.limit + 1).offset(query.offset))).all()
    return tuple(bot_of(row) for row in rows[: query.limit]), len(rows) > query.limit
