"""All SQL of which bots calendars have made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.repository.tables import calendar_bots, events


@dataclass(frozen=True, slots=True)
class CalendarBot:
    """A bot that a calendar made: for which room, for when, and the fingerprint of what it was asked."""

    bot_id: str
    room: str
    start: datetime
    print: str


async def put(tx: AsyncConnection, owner_id: str, bot: CalendarBot) -> None:
    """Note a bot, or what it is by now."""
    values = {"room": bot.room, "start_at": bot.start, "print": bot.print}
    known = calendar_bots.c.bot_id == bot.bot_id
    if (await tx.execute(update(calendar_bots).where(known).values(**values))).rowcount == 0:
        await tx.execute(insert(calendar_bots).values(bot_id=bot.bot_id, owner_id=owner_id, **values))


async def in_rooms(tx: AsyncConnection, owner_id: str, rooms: Sequence[str], since: datetime) -> Sequence[CalendarBot]:
    """An owner's bots for these rooms, meant for `since` or later."""
    query = select(calendar_bots).where(
        calendar_bots.c.owner_id == owner_id, calendar_bots.c.room.in_(rooms), calendar_bots.c.start_at >= since
    )
    return [CalendarBot(row.bot_id, row.room, row.start_at, row.print) for row in await tx.execute(query)]


async def are_ours(tx: AsyncConnection, bot_ids: Iterable[str]) -> frozenset[str]:
    """Those of these bots that calendars have made."""
    query = select(calendar_bots.c.bot_id).where(calendar_bots.c.bot_id.in_(list(bot_ids)))
    return frozenset(row.bot_id for row in await tx.execute(query))


async def release(tx: AsyncConnection, bot_id: str) -> None:
    """Note that a bot was called off by us: no event has it any more, and none is served by it."""
    await tx.execute(delete(calendar_bots).where(calendar_bots.c.bot_id == bot_id))
    await tx.execute(update(events).where(events.c.bot_id == bot_id).values(bot_id=None))


async def forget(tx: AsyncConnection, before: datetime) -> int:
    """Forget which bots were made for times before this moment; the bots themselves stay."""
    return (await tx.execute(delete(calendar_bots).where(calendar_bots.c.start_at < before))).rowcount
