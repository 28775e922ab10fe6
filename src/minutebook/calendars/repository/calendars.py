"""All SQL of the calendars themselves: who owns which, which is due, who reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.model import Calendar, CalendarState, ProviderName, Push, RawCalendar
from minutebook.calendars.repository.tables import calendars, connections
from minutebook.calendars.rules import rule_from_json, rule_to_json
from minutebook.kit.ids import fingerprint

UNREAD: Final[Mapping[str, object]] = {
    **{"state": CalendarState.CONNECTED.value, "error_message": None, "failures": 0},
    **dict.fromkeys(("cursor", "window_until", "read_at", "claim", "claimed_until")),
}
"""The columns of a calendar that has not been read yet; whoever reads it at this moment writes nothing."""


async def add(tx: AsyncConnection, calendar: Calendar) -> None:
    """Store a new calendar."""
    values = {
        "id": calendar.id,
        "owner_id": calendar.owner_id,
        "connection_id": calendar.connection_id,
        "provider": calendar.provider.value,
        **raw_columns(calendar.raw),
        "state": calendar.state.value,
        "failures": 0,
        "created_at": calendar.created_at,
        "due_at": calendar.due_at,
        "rule": rule_to_json(calendar.rule) if calendar.rule else None,
        "sealed_api_key": calendar.sealed_api_key,
    }
    await tx.execute(insert(calendars).values(**values))


async def find(tx: AsyncConnection, owner_id: str, calendar_id: str, *, lock: bool = False) -> Calendar | None:
    """One calendar of this owner; `lock` keeps other writers off it until the transaction ends."""
    return await _one(tx, calendars.c.id == calendar_id, calendars.c.owner_id == owner_id, lock=lock)


async def load(tx: AsyncConnection, calendar_id: str, *, lock: bool = False) -> Calendar | None:
    """One calendar, for work in its owner's name; `lock` as for `find`."""
    return await _one(tx, calendars.c.id == calendar_id, lock=lock)


async def of_connection(tx: AsyncConnection, connection_id: str, provider_calendar_id: str) -> Calendar | None:
    """The calendar that this account has under the provider's id, if it is connected."""
    key = fingerprint(provider_calendar_id)
    return await _one(tx, calendars.c.connection_id == connection_id, calendars.c.calendar_key == key)


async def of_push(tx: AsyncConnection, provider: ProviderName, push_id: str) -> Calendar | None:
    """The calendar whose changes are told under this id."""
    return await _one(tx, calendars.c.push_id == push_id, calendars.c.provider == provider.value)


async def of_owner(tx: AsyncConnection, owner_id: str) -> Sequence[Calendar]:
    """An owner's calendars, oldest first."""
    query = select(calendars).where(calendars.c.owner_id == owner_id)
    return [_calendar(row) for row in await tx.execute(query.order_by(calendars.c.created_at, calendars.c.id))]


async def claim_due(tx: AsyncConnection, claim: str, now: datetime, until: datetime) -> Calendar | None:
    """Take the calendar that is due longest and that nobody reads. One account's calendars are read one at a time, and
    not at all while the account is to be left alone: it takes no places from others."""
    other = calendars.alias()
    busy = select(other.c.id).where(other.c.connection_id == calendars.c.connection_id, other.c.claimed_until > now)
    free = and_(or_(connections.c.paused_until.is_(None), connections.c.paused_until <= now), ~busy.exists())
    query = (
        select(calendars.c.id)
        .join(connections, connections.c.id == calendars.c.connection_id)
        .where(calendars.c.due_at <= now, _is_free(now), free)
        .order_by(calendars.c.due_at, calendars.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=calendars)
    )
    calendar_id = (await tx.execute(query)).scalar_one_or_none()
    return await claim_one(tx, calendar_id, claim, now, until) if calendar_id is not None else None


async def is_any_due(tx: AsyncConnection, now: datetime) -> bool:
    """Whether there may be a calendar to read."""
    query = select(calendars.c.id).where(calendars.c.due_at <= now, _is_free(now)).limit(1)
    return (await tx.execute(query)).first() is not None


async def claim_one(
    tx: AsyncConnection, calendar_id: str, claim: str, now: datetime, until: datetime
) -> Calendar | None:
    """Take this calendar for reading; None while somebody else has it, or when it is gone."""
    statement = update(calendars).where(calendars.c.id == calendar_id, _is_free(now))
    taken = await tx.execute(statement.values(claim=claim, claimed_until=until, wanted_at=None))
    return await load(tx, calendar_id) if taken.rowcount == 1 else None


async def extend(tx: AsyncConnection, calendar_id: str, claim: str, until: datetime) -> None:
    """Keep a calendar that takes long to read."""
    mine = (calendars.c.id == calendar_id, calendars.c.claim == claim)
    await tx.execute(update(calendars).where(*mine).values(claimed_until=until))


async def hold_claimed(tx: AsyncConnection, calendar_id: str, claim: str) -> Calendar | None:
    """The calendar, locked, if this claim still holds; None when it was lost."""
    return await _one(tx, calendars.c.id == calendar_id, calendars.c.claim == claim, lock=True)


async def settle(tx: AsyncConnection, calendar_id: str, due_at: datetime, **columns: object) -> None:
    """Write what a reading came to and give the calendar free; when somebody asked for it while it was read, it stays
    due."""
    due = case((calendars.c.wanted_at.is_not(None), calendars.c.wanted_at), else_=due_at)
    values = {"claim": None, "claimed_until": None, "due_at": due, **columns}
    await tx.execute(update(calendars).where(calendars.c.id == calendar_id).values(**values))


async def want(tx: AsyncConnection, calendar_id: str, now: datetime, **columns: object) -> None:
    """Have a calendar read soon, also when it is being read at this moment."""
    values = {"wanted_at": now, "due_at": now, **columns}
    await tx.execute(update(calendars).where(calendars.c.id == calendar_id).values(**values))


async def change(tx: AsyncConnection, calendar_id: str, **columns: object) -> bool:
    """Write columns of a calendar; False when there is none."""
    statement = update(calendars).where(calendars.c.id == calendar_id)
    return (await tx.execute(statement.values(**columns))).rowcount == 1


async def revoke(tx: AsyncConnection, connection_id: str, message: str) -> Sequence[Calendar]:
    """Mark all calendars of an account as revoked; returns those that were not yet."""
    mine = (calendars.c.connection_id == connection_id, calendars.c.state != CalendarState.REVOKED.value)
    found = [_calendar(row) for row in await tx.execute(select(calendars).where(*mine))]
    values = {"state": CalendarState.REVOKED.value, "error_message": message}
    await tx.execute(update(calendars).where(*mine).values(**values))
    return found


async def remove(tx: AsyncConnection, calendar_id: str) -> None:
    """Delete a calendar with its events."""
    await tx.execute(delete(calendars).where(calendars.c.id == calendar_id))


async def count(tx: AsyncConnection, owner_id: str) -> int:
    """How many calendars an owner has connected."""
    query = select(func.count()).where(calendars.c.owner_id == owner_id)
    return int((await tx.execute(query)).scalar_one())


def raw_columns(raw: RawCalendar) -> dict[str, object]:
    """Which calendar of its account it is, as columns."""
    return {
        "provider_calendar_id": raw.id,
        "calendar_key": fingerprint(raw.id),
        "name": raw.name,
        "email": raw.email,
    }


def push_columns(push: Push | None) -> dict[str, object]:
    """A subscription as columns."""
    names = ("id", "resource_id", "secret_print", "expires_at")
    values = asdict(push) if push is not None else dict.fromkeys(names)
    return {f"push_{name}": values[name] for name in names}


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(calendars.c.claimed_until.is_(None), calendars.c.claimed_until <= now)


async def _one(tx: AsyncConnection, *where: ColumnElement[bool], lock: bool = False) -> Calendar | None:
    query = select(calendars).where(*where).limit(1)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _calendar(row) if row is not None else None


def _calendar(row: Row[tuple[object, ...]]) -> Calendar:
    push = None
    if row.push_id is not None:
        push = Push(row.push_id, row.push_resource_id, row.push_secret_print, row.push_expires_at)
    return Calendar(
        id=row.id,
        owner_id=row.owner_id,
        connection_id=row.connection_id,
        provider=ProviderName(row.provider),
        provider_calendar_id=row.provider_calendar_id,
        name=row.name,
        email=row.email,
        state=CalendarState(row.state),
        created_at=row.created_at,
        due_at=row.due_at,
        cursor=row.cursor,
        window_until=row.window_until,
        read_at=row.read_at,
        synced_at=row.synced_at,
        failures=row.failures,
        error_message=row.error_message,
        push=push,
        rule=rule_from_json(row.rule) if row.rule else None,
        sealed_api_key=row.sealed_api_key,
    )
