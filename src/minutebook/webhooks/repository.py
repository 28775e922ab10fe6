"""All SQL of webhooks: the queues and who sends them, their messages, what was tried, who is gone, whose address is
what."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    Update,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.events import Event
from minutebook.db.messages import Lane
from minutebook.db.types import UtcDateTime
from minutebook.db.upserts import insert_into
from minutebook.kit.ids import fingerprint
from minutebook.webhooks.model import Claim, DeliveryAttempt, Message, MessageQuery, MessageState, Target
from minutebook.webhooks.rules import Settlement

LONGEST_KEY = 80
LONGEST_HOST = 300

queues = Table(
    "webhook_queues",
    metadata,
    Column("order_key", String(LONGEST_KEY), primary_key=True),
    Column("host", String(LONGEST_HOST), nullable=False),
    # When it is to be looked at; None while nothing waits. `paused_until`: its receiver asked for a pause.
    Column("due_at", UtcDateTime, index=True),
    Column("paused_until", UtcDateTime),
    Column("claim", String(36)),
    Column("claimed_until", UtcDateTime),
)

messages = Table(
    "webhook_messages",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("kind", String(64), nullable=False),
    Column("owner_id", String(36), nullable=False),
    Column("subject_id", String(36), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("lane", String(8), nullable=False),
    Column("order_key", String(LONGEST_KEY), nullable=False),
    Column("host", String(LONGEST_HOST), nullable=False),
    Column("state", String(16), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, index=True),
    Column("replayed_at", UtcDateTime),
    Index("ix_webhook_messages_order_key_state_number", "order_key", "state", "number"),
    Index("ix_webhook_messages_owner_id_number", "owner_id", "number"),
    Index("ix_webhook_messages_subject_id_number", "subject_id", "number"),
    # Numbers are places in a queue: a number that was used is never given again.
    sqlite_autoincrement=True,
)

attempts = Table(
    "webhook_attempts",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("message_id", String(36), ForeignKey("webhook_messages.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("url", Text),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("answer", Text, nullable=False),
    sqlite_autoincrement=True,
)

stops = Table(
    "webhook_stops",
    metadata,
    Column("owner_id", String(36), primary_key=True),
    Column("url_key", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
"""Addresses that answered 410 Gone."""

addresses = Table(
    "webhook_addresses",
    metadata,
    Column("user_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)
"""Where accounts want what has no address of its own."""


async def append(tx: AsyncConnection, event: Event, lane: Lane, order_key: str, host: str, now: datetime) -> None:
    """Put a message at the end of its queue, due at once."""
    values = {
        "id": event.id,
        "kind": event.kind,
        "owner_id": event.owner_id,
        "subject_id": event.subject_id,
        "payload": dict(event.payload),
        "lane": lane.value,
        "order_key": order_key,
        "host": host,
        "state": MessageState.WAITING.value,
        "failures": 0,
        "attempts": 0,
        "created_at": now,
        "due_at": now,
    }
    await tx.execute(insert(messages).values(**values))
    await wake(tx, order_key, host, now)


async def wake(tx: AsyncConnection, order_key: str, host: str, now: datetime) -> None:
    """Have a queue looked at now; it stays locked until the transaction ends."""
    row = insert_into(tx, queues).values(order_key=order_key, host=host, due_at=now)
    await tx.execute(row.on_conflict_do_update(index_elements=["order_key"], set_={"host": host, "due_at": now}))


async def due_queues(
    tx: AsyncConnection, now: datetime, busy: Collection[str], per_host: int, limit: int
) -> Sequence[tuple[str, str]]:
    """Queues that may be sent now, (order key, host), the longest overdue first; at most `per_host` of one host and
    none of the `busy` hosts, so that the many queues of one receiver never crowd out the others."""
    place = func.row_number().over(partition_by=queues.c.host, order_by=queues.c.due_at).label("place")
    free = select(queues.c.order_key, queues.c.host, queues.c.due_at, place).where(
        _is_free(now), queues.c.host.not_in(busy)
    )
    ranked = free.subquery()
    query = select(ranked.c.order_key, ranked.c.host).where(ranked.c.place <= per_host)
    rows = await tx.execute(query.order_by(ranked.c.due_at, ranked.c.order_key).limit(limit))
    return [(row.order_key, row.host) for row in rows]


async def claim(tx: AsyncConnection, claim: Claim, now: datetime, until: datetime) -> bool:
    """Take a queue for this sender; False when somebody was quicker."""
    statement = update(queues).where(queues.c.order_key == claim.order_key, _is_free(now))
    return (await tx.execute(statement.values(claim=claim.token, claimed_until=until))).rowcount == 1


async def renew(tx: AsyncConnection, claim: Claim, until: datetime) -> bool:
    """Keep a claim for longer; False when it was lost. The queue stays locked until the transaction ends."""
    return (await tx.execute(_claimed(claim).values(claimed_until=until))).rowcount == 1


async def release(tx: AsyncConnection, claim: Claim, due_at: datetime | None) -> None:
    """Give a queue back, to be looked at again at `due_at`."""
    await tx.execute(_claimed(claim).values(claim=None, claimed_until=None, due_at=due_at))


async def note_receiver(tx: AsyncConnection, claim: Claim, host: str, paused_until: datetime | None) -> None:
    """Keep which host a queue's messages go to now, and that it asked for a pause."""
    await tx.execute(_claimed(claim).values(host=host, paused_until=paused_until))


async def waiting_in(tx: AsyncConnection, order_key: str) -> Sequence[Message]:
    """What waits in a queue, in order."""
    query = select(messages).where(messages.c.order_key == order_key, messages.c.state == MessageState.WAITING.value)
    return [_message(row) for row in await tx.execute(query.order_by(messages.c.number))]


async def record(
    tx: AsyncConnection, message: Message, attempt: DeliveryAttempt, settlement: Settlement, at: datetime
) -> None:
    """Keep what was tried and what became of the message."""
    await tx.execute(
        insert(attempts).values(
            message_id=message.id,
            at=attempt.at,
            duration_s=attempt.duration_s,
            url=attempt.url,
            status=attempt.status,
            error=attempt.error,
            answer=attempt.answer,
        )
    )
    ended_at = None if settlement.state is MessageState.WAITING else at
    statement = update(messages).where(messages.c.number == message.number)
    await tx.execute(
        statement.values(
            state=settlement.state.value,
            failures=settlement.failures,
            attempts=messages.c.attempts + 1,
            due_at=settlement.due_at,
            ended_at=ended_at,
        )
    )


async def send_again(tx: AsyncConnection, message: Message, now: datetime) -> None:
    """Put a message back to the beginning of its ladder, whatever became of it."""
    await wake(tx, message.order_key, message.host, now)
    values = {"state": MessageState.WAITING.value, "failures": 0, "due_at": now, "ended_at": None, "replayed_at": now}
    await tx.execute(update(messages).where(messages.c.number == message.number).values(**values))


async def load(tx: AsyncConnection, message_id: str) -> Message | None:
    """One message."""
    row = (await tx.execute(select(messages).where(messages.c.id == message_id))).one_or_none()
    return _message(row) if row is not None else None


async def found(tx: AsyncConnection, query: MessageQuery) -> Sequence[Message]:
    """Messages, newest first."""
    statement: Select[Any] = select(messages)
    wanted = {
        messages.c.owner_id: query.owner_id,
        messages.c.subject_id: query.subject_id,
        messages.c.state: query.state.value if query.state else None,
    }
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    if query.beginning:
        statement = statement.where(messages.c.id.startswith(query.beginning, autoescape=True))
    rows = await tx.execute(statement.order_by(messages.c.number.desc()).limit(query.limit))
    return [_message(row) for row in rows]


async def attempts_of(tx: AsyncConnection, message_id: str) -> Sequence[DeliveryAttempt]:
    """What was tried for a message, oldest first."""
    rows = await tx.execute(select(attempts).where(attempts.c.message_id == message_id).order_by(attempts.c.number))
    return [DeliveryAttempt(row.at, row.duration_s, row.url, row.status, row.error, row.answer) for row in rows]


async def forget_before(tx: AsyncConnection, moment: datetime, limit: int) -> int:
    """Delete messages that ended before `moment`, oldest first, with what was tried, and queues that are empty then;
    returns how many messages there were."""
    old = select(messages.c.number).where(messages.c.ended_at < moment).order_by(messages.c.ended_at).limit(limit)
    removed = (await tx.execute(delete(messages).where(messages.c.number.in_(old)))).rowcount
    is_used = exists().where(messages.c.order_key == queues.c.order_key)
    await tx.execute(delete(queues).where(queues.c.due_at.is_(None), queues.c.claim.is_(None), ~is_used))
    return removed


async def stopped_at(tx: AsyncConnection, owner_id: str, url: str) -> datetime | None:
    """When an address last answered 410 Gone to this account's messages."""
    query = select(stops.c.at).where(stops.c.owner_id == owner_id, stops.c.url_key == fingerprint(url))
    return (await tx.execute(query)).scalar_one_or_none()


async def stop(tx: AsyncConnection, owner_id: str, url: str, at: datetime) -> None:
    """Keep that an address answered 410 Gone."""
    row = insert_into(tx, stops).values(owner_id=owner_id, url_key=fingerprint(url), at=at)
    await tx.execute(row.on_conflict_do_update(index_elements=["owner_id", "url_key"], set_={"at": at}))


async def unstop(tx: AsyncConnection, owner_id: str, url: str) -> None:
    """Forget that an address was gone: it is back."""
    await tx.execute(delete(stops).where(stops.c.owner_id == owner_id, stops.c.url_key == fingerprint(url)))


async def address_of(tx: AsyncConnection, user_id: str) -> Target | None:
    """An account's own address."""
    row = (await tx.execute(select(addresses).where(addresses.c.user_id == user_id))).one_or_none()
    return Target(row.url, row.set_at) if row is not None else None


async def set_address(tx: AsyncConnection, user_id: str, target: Target | None) -> None:
    """Keep an account's own address, or take it away."""
    if target is None:
        await tx.execute(delete(addresses).where(addresses.c.user_id == user_id))
        return
    values = {"url": target.url, "set_at": target.asked_at}
    row = insert_into(tx, addresses).values(user_id=user_id, **values)
    await tx.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))


def _is_free(now: datetime) -> ColumnElement[bool]:
    """Due, not paused, and in nobody's hands."""
    return and_(
        queues.c.due_at <= now,
        or_(queues.c.paused_until.is_(None), queues.c.paused_until <= now),
        or_(queues.c.claimed_until.is_(None), queues.c.claimed_until <= now),
    )


def _claimed(claim: Claim) -> Update:
    return update(queues).where(queues.c.order_key == claim.order_key, queues.c.claim == claim.token)


def _message(row: Row[tuple[object, ...]]) -> Message:
    return Message(
        number=row.number,
        event=Event(row.kind, row.owner_id, row.subject_id, row.payload, row.id),
        lane=Lane(row.lane),
        order_key=row.order_key,
        host=row.host,
        state=MessageState(row.state),
        failures=row.failures,
        attempts=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        replayed_at=row.replayed_at,
    )
