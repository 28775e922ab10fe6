"""All SQL of attempts: which host runs what, who may claim which bot, which status changes were told."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import Attempt, Bot, EndReason
from minutebook.bots.repository.bots import bot_attempts, bot_of, bot_status_changes, bots
from minutebook.bots.states import BotState, StatusChange

_WAITING: Final = (BotState.QUEUED.value, BotState.INTERRUPTED.value)


async def hold(tx: AsyncConnection, name: str) -> None:
    """Let nobody else hold this name until the transaction ends. SQLite has one writer at a time anyway."""
    if tx.dialect.name == "postgresql":
        await tx.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


async def add(tx: AsyncConnection, attempt: Attempt) -> None:
    """Store a new attempt and make it the bot's current one."""
    values = {name: getattr(attempt, name) for name in bot_attempts.c.keys()}  # noqa: SIM118 - a column collection
    await tx.execute(insert(bot_attempts).values(**values))
    await tx.execute(update(bots).where(bots.c.id == attempt.bot_id).values(attempt=attempt.attempt))


async def of_bot(tx: AsyncConnection, bot_id: str) -> Mapping[int, Attempt]:
    """The attempts of a bot, by number."""
    query = select(bot_attempts).where(bot_attempts.c.bot_id == bot_id).order_by(bot_attempts.c.attempt)
    return {row.attempt: _attempt(row) for row in await tx.execute(query)}


async def running(tx: AsyncConnection) -> Sequence[tuple[Attempt, Bot]]:
    """All attempts whose process has not ended, with their bots, oldest first."""
    open_ones = select(bot_attempts).where(bot_attempts.c.ended_at.is_(None))
    attempts = [_attempt(row) for row in await tx.execute(open_ones.order_by(bot_attempts.c.started_at))]
    ids = {attempt.bot_id for attempt in attempts}
    of_id = {row.id: bot_of(row) for row in await tx.execute(select(bots).where(bots.c.id.in_(ids)))}
    return [(attempt, of_id[attempt.bot_id]) for attempt in attempts]


async def count_running(tx: AsyncConnection, host: str) -> int:
    """How many attempts this machine runs."""
    query = select(func.count()).where(bot_attempts.c.ended_at.is_(None), bot_attempts.c.host == host)
    return int((await tx.execute(query)).scalar_one())


async def is_anything_due(tx: AsyncConnection, now: datetime, *, joinable: bool = True) -> bool:
    """Whether any bot waits for a runner now; without `joinable`, any for a meeting that no bot can join."""
    query = select(bots.c.number).where(bots.c.state.in_(_WAITING), bots.c.due_at <= now)
    query = query if joinable else query.where(bots.c.platform.is_(None))
    return (await tx.execute(query.limit(1))).first() is not None


async def due(tx: AsyncConnection, host: str, now: datetime, limit: int, handover: timedelta) -> Sequence[Bot]:
    """Bots that wait for a runner, locked until the transaction ends: the interrupted before the new ones, then those
    that wait longest. Ones that another host has locked are left out, and those that another host has lost stay with
    it for the time of `handover`: what they left behind is on its disk."""
    last_host = (
        select(bot_attempts.c.host)
        .where(bot_attempts.c.bot_id == bots.c.id, bot_attempts.c.attempt == bots.c.attempt)
        .scalar_subquery()
    )
    query = (
        select(bots)
        .where(
            bots.c.state.in_(_WAITING),
            bots.c.due_at <= now,
            or_(
                and_(bots.c.state == BotState.QUEUED.value, bots.c.platform.is_not(None)),
                and_(
                    bots.c.state == BotState.INTERRUPTED.value,
                    or_(last_host == host, bots.c.due_at <= now - handover),
                ),
            ),
        )
        .order_by(bots.c.state == BotState.QUEUED.value, bots.c.due_at, bots.c.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [bot_of(row) for row in await tx.execute(query)]


async def due_without_platform(tx: AsyncConnection, now: datetime, limit: int) -> Sequence[Bot]:
    """New bots that are due for a meeting that no bot can join, locked until the transaction ends."""
    query = select(bots).where(bots.c.state == BotState.QUEUED.value, bots.c.due_at <= now, bots.c.platform.is_(None))
    rows = await tx.execute(query.order_by(bots.c.number).limit(limit).with_for_update(skip_locked=True))
    return [bot_of(row) for row in rows]


async def change(tx: AsyncConnection, bot_id: str, attempt: int, **columns: object) -> None:
    """Write columns of an attempt."""
    await tx.execute(update(bot_attempts).where(*_is(bot_id, attempt)).values(**columns))


async def close(tx: AsyncConnection, bot_id: str, attempt: int, at: datetime) -> bool:
    """Note that an attempt's process is gone; False when that was known."""
    statement = update(bot_attempts).where(*_is(bot_id, attempt), bot_attempts.c.ended_at.is_(None))
    return (await tx.execute(statement.values(ended_at=at))).rowcount == 1


async def tell(
    tx: AsyncConnection, bot_id: str, change: StatusChange, at: datetime, details: Mapping[str, object]
) -> int:
    """Note a status change; returns its number. The caller holds the bot's row."""
    query = select(func.coalesce(func.max(bot_status_changes.c.seq) + 1, 0))
    seq = int((await tx.execute(query.where(bot_status_changes.c.bot_id == bot_id))).scalar_one())
    values = {"bot_id": bot_id, "seq": seq, "change": change.value, "at": at, "details": dict(details)}
    await tx.execute(insert(bot_status_changes).values(**values))
    return seq


async def was_told(tx: AsyncConnection, bot_id: str, change: StatusChange) -> bool:
    """Whether this was told of a bot."""
    query = select(bot_status_changes.c.seq).where(
        bot_status_changes.c.bot_id == bot_id, bot_status_changes.c.change == change.value
    )
    return (await tx.execute(query.limit(1))).first() is not None


def _is(bot_id: str, attempt: int) -> tuple[ColumnElement[bool], ...]:
    return bot_attempts.c.bot_id == bot_id, bot_attempts.c.attempt == attempt


def _attempt(row: Row[tuple[object, ...]]) -> Attempt:
    return Attempt(**{**row._mapping, "stop_reason": EndReason(row.stop_reason) if row.stop_reason else None})
