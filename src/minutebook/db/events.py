"""Domain events: told to subscribers inside the transaction that causes them, and kept in the outbox table.

A capability publishes what happened and never knows who listens: `analysis` plans work when a recording arrives,
webhooks (later) deliver from the outbox.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import JSON, Column, Index, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database, metadata
from minutebook.db.types import UtcDateTime
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id

outbox = Table(
    "events",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("owner_id", String(36), nullable=False),
    Column("subject_id", String(36), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_events_owner_id_id", "owner_id", "id"),
    Index("ix_events_created_at", "created_at"),
)

FORGET_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `kind` reads "recording.uploaded"; `owner_id` is the user whose data it is;
    `subject_id` what it happened to; `payload` holds JSON values, never transcript text or secrets."""

    kind: str
    owner_id: str
    subject_id: str
    payload: Mapping[str, object] = field(default_factory=dict)
    id: str = field(default_factory=new_id)


Subscriber = Callable[[AsyncConnection, Event], Awaitable[None]]


class Events:
    """Publishes events; subscribers run in the publisher's transaction, so either all of it happens or nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._subscribers: defaultdict[str, list[Subscriber]] = defaultdict(list)
        self._expected: dict[str, Callable[[], object]] = {}

    def subscribe(self, kind: str, subscriber: Subscriber) -> None:
        """Call `subscriber(tx, event)` for each event of this kind. Called by `wiring` only."""
        self._subscribers[kind].append(subscriber)

    def expect(self, kinds: Collection[str], subscribe: Callable[[], object]) -> None:
        """Call `subscribe()` before the first event of one of these kinds is told: whoever follows them is put together
        and subscribes only then."""
        self._expected.update(dict.fromkeys(kinds, subscribe))

    async def publish(self, tx: AsyncConnection, event: Event) -> datetime:
        """Write the event to the outbox and tell the subscribers; returns the event's time."""
        return await self.publish_all(tx, [event])

    async def publish_all(self, tx: AsyncConnection, events: Sequence[Event]) -> datetime:
        """Write events to the outbox at once and tell the subscribers of each, in order; returns their time."""
        at = self._clock.now()
        rows = [
            {
                "id": event.id,
                "kind": event.kind,
                "owner_id": event.owner_id,
                "subject_id": event.subject_id,
                "payload": dict(event.payload),
                "created_at": at,
            }
            for event in events
        ]
        if rows:
            await tx.execute(insert(outbox), rows)
        for event in events:
            if (subscribe := self._expected.get(event.kind)) is not None:
                self._expected = {kind: each for kind, each in self._expected.items() if each != subscribe}
                subscribe()
            for subscriber in self._subscribers.get(event.kind, ()):
                await subscriber(tx, event)
        return at

    async def touched(self, tx: AsyncConnection, since: datetime) -> Mapping[str, datetime]:
        """What something happened to from this moment on, and when it did last: the subjects of the events, and the
        recordings and meetings that these name in their payload."""
        rows = await tx.execute(
            select(outbox.c.subject_id, outbox.c.payload, outbox.c.created_at)
            .where(outbox.c.created_at >= since)
            .order_by(outbox.c.created_at)
        )
        found: dict[str, datetime] = {}
        for subject_id, payload, at in rows:
            named = (payload.get(name) for name in ("recording_id", "meeting_id"))
            found.update({key: at for key in (subject_id, *named) if isinstance(key, str)})
        return found

    async def forget(self, db: Database, days: int) -> int:
        """Delete events older than so many days, in small transactions; returns how many. What is still to be delivered
        of them stands in the webhooks' own tables."""
        before, forgotten = self._clock.now() - timedelta(days=days), 0
        while True:
            async with db.transaction() as tx:
                old = select(outbox.c.id).where(outbox.c.created_at < before).limit(FORGET_AT_ONCE)
                gone = (await tx.execute(delete(outbox).where(outbox.c.id.in_(old)))).rowcount
            forgotten += gone
            if gone < FORGET_AT_ONCE:
                return forgotten
