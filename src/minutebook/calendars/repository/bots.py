"""All SQL of which bots calendars have made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.parts import Span
from minutebook.calendars.repository.tables import calendar_bots, events
from minutebook.db.batches import batches


@dataclass(frozen=True, slots=True)
class CalendarBot:
    """A bot that a calendar made: for which room, for when, and the fingerprint of what it was asked."""

    bot_id: str
    room: str
    start: datetime
    print: str


async def add(tx: AsyncConnection, owner_id: str, made: Sequence[CalendarBot]) -> None:
    """Note new bots."""
    if made:
        await tx.execute(insert(calendar_bots), [{"owner_id": owner_id, **_columns(each)} for each in made])


async def change(tx: AsyncConnection, bot: CalendarBot) -> None:
    """Note what a bot is by now."""
    await tx.execute(update(calendar_bots).where(calendar_bots.c.bot_id == bot.bot_id).values(**_columns(bot)))


async def in_rooms(
    tx: AsyncConnection, owner_id: str, rooms: Sequence[str], spans: Sequence[Span]
) -> Sequence[CalendarBot]:
    """An owner's bots for these rooms, meant for these times."""
    meant = or_(*(calendar_bots.c.start_at.between(first, last) for first, last in spans))
    return await _of(tx, calendar_bots.c.room, rooms, calendar_bots.c.owner_id == owner_id, meant)


async def of_ids(tx: AsyncConnection, bot_ids: Iterable[str]) -> Sequence[CalendarBot]:
    """What is noted of these bots."""
    return await _of(tx, calendar_bots.c.bot_id, bot_ids)


async def are_ours(tx: AsyncConnection, bot_ids: Iterable[str]) -> frozenset[str]:
    """Those of these bots that calendars have made."""
    return frozenset(each.bot_id for each in await of_ids(tx, bot_ids))


async def release(tx: AsyncConnection, bot_id: str) -> None:
    """Note that a bot was called off by us: no event has it any more, and none is served by it."""
    await tx.execute(delete(calendar_bots).where(calendar_bots.c.bot_id == bot_id))
    await tx.execute(update(events).where(events.c.bot_id == bot_id).values(bot_id=None))


async def forget(tx: AsyncConnection, before: datetime) -> int:
    """Forget which bots were made for times before this moment; the bots themselves stay."""
    return (await tx.execute(delete(calendar_bots).where(calendar_bots.c.start_at < before))).rowcount


async def _of(
    tx: AsyncConnection, column: Column[Any], values: Iterable[str], *where: ColumnElement[bool]
) -> list[CalendarBot]:
    found: list[CalendarBot] = []
    for keys in batches(values):
        query = select(calendar_bots).where(column.in_(keys), *where)
        found += [CalendarBot(row.bot_id, row.room, row.start_at, row.print) for row in await tx.execute(query)]
    return found


def _columns(bot: CalendarBot) -> dict[str, object]:
    return {"bot_id": bot.bot_id, "room": bot.room, "start_at": bot.start, "print": bot.print}
