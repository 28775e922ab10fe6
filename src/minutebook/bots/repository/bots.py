"""The tables of bots, and the SQL of the bots themselves; attempts and what they bring home have files of their own."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import Bot, BotWish, EndReason, Failure
from minutebook.bots.search_keys import extra_rows
from minutebook.bots.states import BotState, sources_of
from minutebook.bots.wish_json import wish_from_json, wish_to_json
from minutebook.db.batches import AT_ONCE
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.kit.text import folded

SORTED = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared by code points on both databases, as SQLite always does."""

bots = Table(
    "bots",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("owner_id", String(36), nullable=False),
    # What was asked for: whole as JSON; single members again where lists search for them.
    Column("wish", JSON, nullable=False),
    Column("name_folded", Text, nullable=False),
    Column("url_folded", Text, nullable=False),
    Column("platform", String(32)),
    Column("sealed_api_key", Text),
    Column("sameness", String(64), nullable=False),
    # How it goes. `due_at`: when a host is to start a runner, the first or the next.
    Column("state", String(16), nullable=False),
    Column("start_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("stop_requested_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("joined_at", UtcDateTime),
    Column("recording_started_at", UtcDateTime),
    Column("exited_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("duration_s", Float, nullable=False),
    Column("end_reason", String(32)),
    Column("failure", String(32)),
    Column("failure_message", Text),
    # What came of it. `files`: the names of what lies beside the recording.
    Column("meeting_id", String(36), index=True),
    Column("recording_id", String(36), index=True),
    Column("files", JSON, nullable=False),
    Column("data_deleted", Boolean, nullable=False),
    Index("ix_bots_owner_id_created_at", "owner_id", "created_at", "number"),
    Index("ix_bots_owner_id_ended_at", "owner_id", "ended_at", "created_at"),
    Index("ix_bots_owner_id_start_at", "owner_id", "start_at"),
    Index("ix_bots_state_due_at", "state", "due_at"),
    Index("ix_bots_sameness_start_at", "sameness", "start_at"),
    sqlite_autoincrement=True,
)

bot_extras = Table(
    "bot_extras",
    metadata,
    Column("bot_number", Integer, ForeignKey("bots.number", ondelete="CASCADE"), primary_key=True),
    # A name longer than 200 characters stands here as its SHA-256 (`search_keys.field_key`).
    Column("field", String(200), primary_key=True),
    Column("owner_id", String(36), nullable=False),
    Column("value", SORTED, nullable=False),
    # The value's first 200 characters: an index cannot hold long values.
    Column("value_head", SORTED, nullable=False),
    # The bot's: lists read these rows newest first, by the index alone.
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_bot_extras_value_head", "owner_id", "field", "value_head", "created_at", "bot_number"),
)
# Ascending values with the newest first among equals: no other index can be read that way.
Index(
    "ix_bot_extras_value_head_newest",
    bot_extras.c.owner_id,
    bot_extras.c.field,
    bot_extras.c.value_head,
    bot_extras.c.created_at.desc(),
    bot_extras.c.bot_number.desc(),
)

bot_attempts = Table(
    "bot_attempts",
    metadata,
    Column("bot_id", String(36), ForeignKey("bots.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer),
    Column("stop_reason", String(32)),
    Column("next_seq", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_bot_attempts_ended_at_host", "ended_at", "host"),
)

bot_status_changes = Table(
    "bot_status_changes",
    metadata,
    Column("bot_id", String(36), ForeignKey("bots.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("change", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("details", JSON, nullable=False),
)

bot_pieces = Table(
    "bot_pieces",
    metadata,
    Column("bot_id", String(36), ForeignKey("bots.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("stream", String(100), primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("start_ms", BigInteger, nullable=False),
    Column("length_ms", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("size", Integer, nullable=False),
)

bot_notices = Table(
    "bot_notices",
    metadata,
    Column("bot_id", String(36), ForeignKey("bots.id", ondelete="CASCADE"), primary_key=True),
    Column("trouble", String(32), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

bot_commands = Table(
    "bot_commands",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("bot_id", String(36), ForeignKey("bots.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("text", Text),
    Column("sound", String(255)),
    Column("key", String(255)),
    Column("attempt", Integer),
    Column("answered_at", UtcDateTime),
    Column("message", Text),
    UniqueConstraint("bot_id", "key"),
    Index("ix_bot_commands_bot_id_created_at", "bot_id", "created_at"),
)

bot_screenshots = Table(
    "bot_screenshots",
    metadata,
    Column("bot_id", String(36), ForeignKey("bots.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("index", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("key", Text, nullable=False),
    UniqueConstraint("bot_id", "attempt", "index", name="uq_bot_screenshots_bot_id_attempt_index"),
)

bot_speakers = Table(
    "bot_speakers",
    metadata,
    Column("bot_number", Integer, ForeignKey("bots.number", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_folded", Text, nullable=False),
)

bot_retranscriptions = Table(
    "bot_retranscriptions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("bot_id", String(36), ForeignKey("bots.id", ondelete="CASCADE"), nullable=False),
    Column("report_id", String(36), nullable=False, index=True),
    Column("webhook_url", Text),
)


NewBot = tuple[Bot, str | None, str]
"""A bot that is not stored yet, its platform, and what tells whether another one is the same."""


async def add(tx: AsyncConnection, new: Sequence[NewBot]) -> dict[str, int]:
    """Store new bots and their extras, in few statements; returns their numbers by id (those they came with do not
    count)."""
    numbers: dict[str, int] = {}
    extras: list[dict[str, object]] = []
    for first in range(0, len(new), AT_ONCE):
        some = {bot.id: bot for bot, _, _ in new[first : first + AT_ONCE]}
        await tx.execute(insert(bots), [_row(*each) for each in new[first : first + AT_ONCE]])
        rows = await tx.execute(select(bots.c.id, bots.c.number).where(bots.c.id.in_(some)))
        numbers |= {row.id: row.number for row in rows}
        for bot in some.values():
            of_bot = {"bot_number": numbers[bot.id], "owner_id": bot.owner_id, "created_at": bot.created_at}
            for row in extra_rows(bot.wish.extra):
                extras.append({**of_bot, "field": row.field, "value": row.value, "value_head": row.head})
    if extras:
        await tx.execute(insert(bot_extras), extras)
    return numbers


def _row(bot: Bot, platform: str | None, sameness: str) -> dict[str, object]:
    return {
        "id": bot.id,
        "owner_id": bot.owner_id,
        "wish": wish_to_json(bot.wish),
        "name_folded": folded(bot.wish.bot_name),
        "url_folded": folded(bot.wish.meeting_url),
        "platform": platform,
        "sealed_api_key": bot.sealed_api_key,
        "sameness": sameness,
        "state": bot.state.value,
        "start_at": bot.start_at,
        "due_at": bot.start_at,
        "attempt": 0,
        "created_at": bot.created_at,
        "updated_at": bot.updated_at,
        "duration_s": 0.0,
        "files": [],
        "data_deleted": False,
    }


async def load(tx: AsyncConnection, bot_id: str, *, lock: bool = False) -> Bot | None:
    """One bot, for work in its owner's name; `lock` keeps other writers off it until the transaction ends."""
    query = select(bots).where(bots.c.id == bot_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return bot_of(row) if row is not None else None


async def platform_of(tx: AsyncConnection, bot_id: str) -> str | None:
    """The platform of a bot's meeting; None for one that no bot can join."""
    return (await tx.execute(select(bots.c.platform).where(bots.c.id == bot_id))).scalar_one_or_none()


async def files_of(tx: AsyncConnection, bot_id: str) -> Sequence[str]:
    """The names of what lies beside a bot's recording."""
    return (await tx.execute(select(bots.c.files).where(bots.c.id == bot_id))).scalar_one_or_none() or ()


async def same(tx: AsyncConnection, sameness: str, after: datetime, before: datetime, ignored: BotState) -> str | None:
    """A bot that was asked for alike and starts between the two moments, other than those in one state."""
    query = select(bots.c.id).where(
        bots.c.sameness == sameness,
        bots.c.start_at > after,
        bots.c.start_at < before,
        bots.c.state != ignored.value,
    )
    return (await tx.execute(query.limit(1))).scalar_one_or_none()


async def of_recording(tx: AsyncConnection, recording_id: str, *, lock: bool = False) -> Bot | None:
    """The bot that made a recording; `lock` as for `load`."""
    query = select(bots).where(bots.c.recording_id == recording_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return bot_of(row) if row is not None else None


async def standing(tx: AsyncConnection, ids: Sequence[str]) -> Mapping[str, tuple[BotState, bool, datetime | None]]:
    """Of bots by id: the state, whether the data was deleted, and when the call was over."""
    query = select(bots.c.id, bots.c.state, bots.c.data_deleted, bots.c.ended_at).where(bots.c.id.in_(ids))
    return {row.id: (BotState(row.state), row.data_deleted, row.ended_at) for row in await tx.execute(query)}


async def unfinished(tx: AsyncConnection) -> Sequence[Bot]:
    """Bots whose call is over and whose recording is still to be put together."""
    query = select(bots).where(bots.c.state == BotState.ENDED.value, bots.c.recording_id.is_(None))
    return [bot_of(row) for row in await tx.execute(query.order_by(bots.c.number))]


async def find(tx: AsyncConnection, owner_id: str, bot_id: str, *, lock: bool = False) -> Bot | None:
    """One bot of this owner; `lock` as for `load`."""
    query = select(bots).where(bots.c.id == bot_id, bots.c.owner_id == owner_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return bot_of(row) if row is not None else None


async def move(tx: AsyncConnection, bot_id: str, to: BotState, at: datetime, /, **columns: object) -> bool:
    """Take a bot to another state, if the table of transitions allows it from where it stands. The only place where a
    state is written; False means that nothing was changed."""
    statement = update(bots).where(bots.c.id == bot_id, bots.c.state.in_([state.value for state in sources_of(to)]))
    return (await tx.execute(statement.values(state=to.value, updated_at=at, **columns))).rowcount == 1


async def change(tx: AsyncConnection, bot_id: str, at: datetime, /, **columns: object) -> None:
    """Write columns of a bot, other than its state."""
    await tx.execute(update(bots).where(bots.c.id == bot_id).values(updated_at=at, **columns))


def bot_of(row: Row[tuple[object, ...]]) -> Bot:
    """The bot in a row of `bots`."""
    wish: BotWish = wish_from_json(row.wish)
    return Bot(
        id=row.id,
        number=row.number,
        owner_id=row.owner_id,
        wish=wish,
        state=BotState(row.state),
        created_at=row.created_at,
        updated_at=row.updated_at,
        start_at=row.start_at,
        attempt=row.attempt,
        sealed_api_key=row.sealed_api_key,
        joined_at=row.joined_at,
        recording_started_at=row.recording_started_at,
        exited_at=row.exited_at,
        ended_at=row.ended_at,
        duration_s=row.duration_s,
        end_reason=EndReason(row.end_reason) if row.end_reason else None,
        failure=Failure(row.failure) if row.failure else None,
        failure_message=row.failure_message,
        stop_requested=row.stop_requested_at is not None,
        data_deleted=row.data_deleted,
        meeting_id=row.meeting_id,
        recording_id=row.recording_id,
        stop_requested_at=row.stop_requested_at,
    )
