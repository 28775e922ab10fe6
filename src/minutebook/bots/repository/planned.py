"""All SQL of bots that are not sent yet, for those who plan them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import Bot, BotWish
from minutebook.bots.repository.bots import bot_extras, bot_of, bots
from minutebook.bots.search_keys import extra_rows
from minutebook.bots.states import LIVE, BotState
from minutebook.bots.wish_json import wish_to_json
from minutebook.db.batches import batches
from minutebook.kit.text import folded


async def of_ids(tx: AsyncConnection, ids: Sequence[str], *, lock: bool) -> Sequence[Bot]:
    """Bots by id, oldest first; `lock` keeps other writers off them until the transaction ends."""
    found: list[Bot] = []
    for keys in batches(ids):
        query = select(bots).where(bots.c.id.in_(keys)).order_by(bots.c.number)
        found += [bot_of(row) for row in await tx.execute(query.with_for_update() if lock else query)]
    return sorted(found, key=lambda bot: bot.number)


async def active(tx: AsyncConnection, owner_id: str, spans: Sequence[tuple[datetime, datetime]]) -> Sequence[Bot]:
    """An owner's bots that start in these times and wait, or that are at work, oldest first."""
    then = or_(*(bots.c.start_at.between(first, last) for first, last in spans))
    waits = (bots.c.state == BotState.QUEUED.value) & then
    works = bots.c.state.in_([state.value for state in LIVE])
    found = {
        bot.id: bot
        for those in (waits, works)
        for bot in map(bot_of, await tx.execute(select(bots).where(bots.c.owner_id == owner_id, those)))
    }
    return sorted(found.values(), key=lambda bot: bot.number)


async def reschedule(
    tx: AsyncConnection, bot: Bot, wish: BotWish, start_at: datetime, platform: str | None, sameness: str, now: datetime
) -> bool:
    """Give a bot that waits another wish; False when it does not wait any more."""
    values = {
        "wish": wish_to_json(wish),
        "name_folded": folded(wish.bot_name),
        "url_folded": folded(wish.meeting_url),
        "platform": platform,
        "sameness": sameness,
        "sealed_api_key": bot.sealed_api_key,
        "start_at": start_at,
        "due_at": start_at,
        "updated_at": now,
    }
    waits = (bots.c.id == bot.id, bots.c.state == BotState.QUEUED.value)
    if (await tx.execute(update(bots).where(*waits).values(**values))).rowcount == 0:
        return False
    await tx.execute(delete(bot_extras).where(bot_extras.c.bot_number == bot.number))
    of_bot = {"bot_number": bot.number, "owner_id": bot.owner_id, "created_at": bot.created_at}
    rows = [
        {**of_bot, "field": row.field, "value": row.value, "value_head": row.head} for row in extra_rows(wish.extra)
    ]
    if rows:
        await tx.execute(insert(bot_extras), rows)
    return True
