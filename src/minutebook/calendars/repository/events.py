"""All SQL of calendars' events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars.diff import Known
from minutebook.calendars.diff import fingerprint as content_print
from minutebook.calendars.model import EventQuery, Fetch, FetchedEvent, Person, Skip, StoredEvent
from minutebook.calendars.parts import Span
from minutebook.calendars.repository.tables import events, series_wishes
from minutebook.calendars.rules import people_of
from minutebook.db.batches import AT_ONCE, batches
from minutebook.kit.ids import fingerprint
from minutebook.kit.text import folded

_LIGHT: Final = tuple(column for column in events.c if column.name != "raw")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event meets: its address, and its room."""

    meeting_url: str
    room: str | None


async def known_for(tx: AsyncConnection, calendar_id: str, fetch: Fetch) -> list[Known]:
    """What the diff needs of the store for this fetch. For one that is not complete that is little: its cost does not
    grow with the calendar."""
    columns = (
        *(events.c.id, events.c.provider_id, events.c.fingerprint, events.c.start_at, events.c.end_at),
        *(events.c.deleted, events.c.series_id, events.c.group_id, events.c.title),
    )
    wanted: dict[str, Known] = {}

    async def add(where: ColumnElement[bool]) -> None:
        query = select(*columns).where(events.c.calendar_id == calendar_id, where)
        for row in await tx.execute(query):
            wanted[row.id] = Known(
                row.id, row.provider_id, row.fingerprint, row.start_at, row.end_at, row.deleted, row.series_id,
                row.group_id, row.title,
            )  # fmt: skip

    named = {each.provider_id for each in fetch.events} | fetch.removed
    for keys in batches(fingerprint(name) for name in named):
        await add(events.c.provider_key.in_(keys))
    for keys in batches(fingerprint(name) for name in fetch.removed):
        await add(and_(events.c.series_key.in_(keys), events.c.deleted.is_(False)))
    for keys in batches(fingerprint(name) for name in fetch.groups):
        await add(and_(events.c.group_key.in_(keys), events.c.deleted.is_(False)))
    if fetch.complete:
        window = fetch.window
        await add(and_(events.c.end_at >= window.since, events.c.start_at < window.until, events.c.deleted.is_(False)))
    return list(wanted.values())


async def add(
    tx: AsyncConnection, calendar_id: str, owner_id: str, new: Mapping[str, tuple[FetchedEvent, Place]], now: datetime
) -> None:
    """Store new events under the given ids."""
    rows = [
        {
            **_columns(event, place),
            "id": event_id,
            "calendar_id": calendar_id,
            "owner_id": owner_id,
            "deleted": False,
            "updated_at": now,
            "by_rule": False,
            "refused": False,
        }
        for event_id, (event, place) in new.items()
    ]
    for first in range(0, len(rows), AT_ONCE):
        await tx.execute(insert(events), rows[first : first + AT_ONCE])


async def rewrite(tx: AsyncConnection, event_id: str, event: FetchedEvent, place: Place, now: datetime) -> None:
    """Write what an event is by now; it is not deleted any more if it was."""
    values = {**_columns(event, place), "deleted": False, "updated_at": now}
    await tx.execute(update(events).where(events.c.id == event_id).values(**values))


async def mark_deleted(tx: AsyncConnection, ids: Sequence[str], now: datetime) -> None:
    """Note that events are gone."""
    for keys in batches(ids):
        await tx.execute(update(events).where(events.c.id.in_(keys)).values(deleted=True, updated_at=now))


async def change(tx: AsyncConnection, event_ids: Sequence[str], **columns: object) -> None:
    """Write columns of events."""
    for keys in batches(event_ids):
        await tx.execute(update(events).where(events.c.id.in_(keys)).values(**columns))


async def assign(tx: AsyncConnection, bots: Mapping[str, str]) -> None:
    """Note which bot each event has, by the event's id."""
    if bots:
        statement = update(events).where(events.c.id == bindparam("event")).values(bot_id=bindparam("bot"))
        await tx.execute(statement, [{"event": key, "bot": bot_id} for key, bot_id in bots.items()])


async def find(tx: AsyncConnection, owner_id: str, event_id: str) -> StoredEvent | None:
    """One event of this owner, whole."""
    row = (await tx.execute(select(events).where(events.c.id == event_id, events.c.owner_id == owner_id))).one_or_none()
    return _event(row, with_raw=True) if row is not None else None


async def of_ids(tx: AsyncConnection, ids: Iterable[str], *, with_raw: bool = False) -> list[StoredEvent]:
    """Events by id; without the provider's own objects unless these are asked for."""
    found: list[StoredEvent] = []
    for keys in batches(ids):
        query = select(*(events.c if with_raw else _LIGHT)).where(events.c.id.in_(keys))
        found += [_event(row, with_raw=with_raw) for row in await tx.execute(query)]
    return sorted(found, key=lambda event: (event.start, event.id))


async def of_series(tx: AsyncConnection, calendar_id: str, series_id: str) -> list[StoredEvent]:
    """The stored occurrences of a series that are not deleted, whole, by time."""
    query = select(events).where(
        events.c.calendar_id == calendar_id,
        events.c.series_key == fingerprint(series_id),
        events.c.deleted.is_(False),
    )
    rows = await tx.execute(query.order_by(events.c.start_at, events.c.number))
    return [_event(row, with_raw=True) for row in rows]


async def in_rooms(
    tx: AsyncConnection, owner_id: str, rooms: Sequence[str], spans: Sequence[Span], ends_after: datetime
) -> list[StoredEvent]:
    """An owner's events in these rooms with a wish for a bot, that start in these times and are not deleted."""
    found: list[StoredEvent] = []
    for keys in batches(rooms):
        query = select(*_LIGHT).where(
            events.c.owner_id == owner_id,
            events.c.room.in_(keys),
            events.c.end_at > ends_after,
            or_(*(events.c.start_at.between(first, last) for first, last in spans)),
            events.c.wish.is_not(None),
            events.c.deleted.is_(False),
        )
        found += [_event(row) for row in await tx.execute(query)]
    return found


async def with_bots(tx: AsyncConnection, bot_ids: Iterable[str]) -> list[StoredEvent]:
    """The events that have these bots, oldest first."""
    found: list[StoredEvent] = []
    for keys in batches(bot_ids):
        query = select(*_LIGHT).where(events.c.bot_id.in_(keys)).order_by(events.c.number)
        found += [_event(row) for row in await tx.execute(query)]
    return found


async def upcoming(
    tx: AsyncConnection, calendar_id: str, since: datetime, until: datetime | None = None
) -> list[StoredEvent]:
    """A calendar's events that end after `since` and start before `until`, and are not deleted."""
    query = select(*_LIGHT).where(
        events.c.calendar_id == calendar_id, events.c.end_at > since, events.c.deleted.is_(False)
    )
    query = query.where(events.c.start_at < until) if until is not None else query
    return [_event(row) for row in await tx.execute(query.order_by(events.c.start_at, events.c.number))]


async def wished_of(tx: AsyncConnection, calendar_id: str, since: datetime) -> list[StoredEvent]:
    """A calendar's events that have a bot, or are to have one, and end after `since`."""
    query = select(*_LIGHT).where(
        events.c.calendar_id == calendar_id,
        events.c.end_at > since,
        or_(events.c.wish.is_not(None), events.c.bot_id.is_not(None)),
    )
    return [_event(row) for row in await tx.execute(query)]


async def soon(tx: AsyncConnection, since: datetime, until: datetime) -> list[StoredEvent]:
    """Events of all owners that start in this time and are to have a bot."""
    query = select(*_LIGHT).where(
        events.c.start_at >= since,
        events.c.start_at < until,
        events.c.wish.is_not(None),
        events.c.room.is_not(None),
        events.c.deleted.is_(False),
    )
    return [_event(row) for row in await tx.execute(query)]


async def page(tx: AsyncConnection, query: EventQuery) -> list[tuple[int, StoredEvent]]:
    """Events with their numbers, by start, at most `limit`."""
    wanted = [events.c.calendar_id == query.calendar_id]
    if not query.with_deleted:
        wanted.append(events.c.deleted.is_(False))
    bounds = (
        (query.ends_after, events.c.end_at.__gt__),
        (query.ends_until, events.c.end_at.__le__),
        (query.starts_from, events.c.start_at.__ge__),
        (query.starts_until, events.c.start_at.__le__),
        (query.updated_from, events.c.updated_at.__ge__),
    )
    wanted += [compare(bound) for bound, compare in bounds if bound is not None]
    if query.attendee_email is not None:
        wanted.append(events.c.attendees_folded.contains(f"\n{folded(query.attendee_email)}\n", autoescape=True))
    if query.organizer_email is not None:
        wanted.append(events.c.organizer_folded == folded(query.organizer_email))
    if query.after is not None:
        start, number = query.after
        wanted.append(or_(events.c.start_at > start, and_(events.c.start_at == start, events.c.number > number)))
    rows = await tx.execute(
        select(events).where(*wanted).order_by(events.c.start_at, events.c.number).limit(query.limit)
    )
    return [(row.number, _event(row, with_raw=True)) for row in rows]


async def forget(tx: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete events that ended before this moment, at most so many; returns how many."""
    old = select(events.c.id).where(events.c.end_at < before).limit(limit)
    ids = [row.id for row in await tx.execute(old)]
    await tx.execute(delete(events).where(events.c.id.in_(ids)))
    return len(ids)


async def wish_for_series(
    tx: AsyncConnection, calendar_id: str, series_id: str, wish: Mapping[str, object] | None, sealed_api_key: str | None
) -> None:
    """Keep what was asked for all occurrences of a series, those to come included; None takes it back."""
    key = fingerprint(series_id)
    mine = (series_wishes.c.calendar_id == calendar_id, series_wishes.c.series_key == key)
    await tx.execute(delete(series_wishes).where(*mine))
    if wish is not None:
        values = {"calendar_id": calendar_id, "series_key": key, "wish": dict(wish), "sealed_api_key": sealed_api_key}
        await tx.execute(insert(series_wishes).values(**values))


async def series_wishes_of(
    tx: AsyncConnection, calendar_id: str, series_ids: Iterable[str]
) -> Mapping[str, tuple[Mapping[str, object], str | None]]:
    """By series id: what was asked for all its occurrences, and the sealed key it was asked with."""
    of_key = {fingerprint(each): each for each in series_ids}
    found: dict[str, tuple[Mapping[str, object], str | None]] = {}
    for keys in batches(of_key):
        query = select(series_wishes).where(
            series_wishes.c.calendar_id == calendar_id, series_wishes.c.series_key.in_(keys)
        )
        found |= {of_key[row.series_key]: (row.wish, row.sealed_api_key) for row in await tx.execute(query)}
    return found


def _columns(event: FetchedEvent, place: Place) -> dict[str, object]:
    return {
        "provider_id": event.provider_id,
        "provider_key": fingerprint(event.provider_id),
        "series_id": event.series_id,
        "series_key": fingerprint(event.series_id) if event.series_id else None,
        "group_id": event.group,
        "group_key": fingerprint(event.group) if event.group else None,
        "fingerprint": content_print(event),
        "title": _plain(event.title),
        "start_at": event.start,
        "end_at": event.end,
        "meeting_url": place.meeting_url,
        "room": place.room,
        "skip": event.skip.value if event.skip else None,
        "is_free": event.is_free,
        "is_private": event.is_private,
        "is_organizer": event.is_organizer,
        "organizer_email": _plain(event.organizer_email) if event.organizer_email else None,
        "organizer_folded": folded(_plain(event.organizer_email)) if event.organizer_email else None,
        "attendees": [asdict(person) for person in event.attendees],
        "attendees_folded": _plain(people_of(event)),
        "raw": dict(event.raw),
    }


def _plain(text: str) -> str:
    """Without what no database can keep."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _event(row: Row[tuple[object, ...]], *, with_raw: bool = False) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        calendar_id=row.calendar_id,
        owner_id=row.owner_id,
        provider_id=row.provider_id,
        series_id=row.series_id,
        title=row.title,
        start=row.start_at,
        end=row.end_at,
        meeting_url=row.meeting_url,
        room=row.room,
        skip=Skip(row.skip) if row.skip else None,
        is_free=row.is_free,
        is_private=row.is_private,
        is_organizer=row.is_organizer,
        organizer_email=row.organizer_email,
        attendees=tuple(Person(**person) for person in row.attendees),
        deleted=row.deleted,
        updated_at=row.updated_at,
        fingerprint=row.fingerprint,
        group=row.group_id,
        raw=row.raw if with_raw else {},
        wish=row.wish,
        by_rule=row.by_rule,
        refused=row.refused,
        sealed_api_key=row.sealed_api_key,
        bot_id=row.bot_id,
    )


async def forget_series_wishes(tx: AsyncConnection, calendar_id: str) -> None:
    """Take back what was asked for all series of a calendar."""
    await tx.execute(delete(series_wishes).where(series_wishes.c.calendar_id == calendar_id))
