"""All SQL of what runners bring home: pieces of media, notices, screenshots, names of speakers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import Screenshot, StoredPiece
from minutebook.bots.protocol import AUDIO
from minutebook.bots.repository.bots import (
    bot_notices,
    bot_pieces,
    bot_retranscriptions,
    bot_screenshots,
    bot_speakers,
)
from minutebook.bots.sound_trouble import SoundNotice, SoundTrouble
from minutebook.db.upserts import insert_into
from minutebook.kit.ids import new_id
from minutebook.kit.text import folded


async def keep(tx: AsyncConnection, piece: StoredPiece) -> None:
    """Store a piece's row; one that comes again replaces the first."""
    values = {name: getattr(piece, name) for name in bot_pieces.c.keys()}  # noqa: SIM118 - a column collection
    changed = {name: values[name] for name in ("start_ms", "length_ms", "key", "size")}
    statement = insert_into(tx, bot_pieces).values(**values)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=["bot_id", "attempt", "stream", "index"], set_=changed)
    )


async def of_bot(tx: AsyncConnection, bot_id: str) -> Sequence[StoredPiece]:
    """The pieces of a bot, by stream and time."""
    query = select(bot_pieces).where(bot_pieces.c.bot_id == bot_id)
    order = (bot_pieces.c.stream, bot_pieces.c.start_ms, bot_pieces.c.attempt, bot_pieces.c.index)
    return [StoredPiece(**row._mapping) for row in await tx.execute(query.order_by(*order))]


async def has_sound(tx: AsyncConnection, bot_id: str) -> bool:
    """Whether anything was recorded."""
    query = select(bot_pieces.c.index).where(bot_pieces.c.bot_id == bot_id, bot_pieces.c.stream == AUDIO)
    return (await tx.execute(query.limit(1))).first() is not None


async def remove_of(tx: AsyncConnection, bot_id: str) -> int:
    """Delete the rows of a bot's pieces; returns how many there were."""
    return (await tx.execute(delete(bot_pieces).where(bot_pieces.c.bot_id == bot_id))).rowcount


async def keep_notice(tx: AsyncConnection, bot_id: str, notice: SoundNotice) -> None:
    """Store a notice; of each trouble only a bot's first one, whichever of its attempts tells it."""
    statement = insert_into(tx, bot_notices).values(bot_id=bot_id, trouble=notice.trouble.value, at=notice.at)
    await tx.execute(statement.on_conflict_do_nothing(index_elements=["bot_id", "trouble"]))


async def notices_of(tx: AsyncConnection, bot_id: str) -> Sequence[SoundNotice]:
    """The notices of a bot, by time."""
    rows = bot_notices
    query = select(rows.c.trouble, rows.c.at).where(rows.c.bot_id == bot_id).order_by(rows.c.at, rows.c.trouble)
    return [SoundNotice(SoundTrouble(row.trouble), row.at) for row in await tx.execute(query)]


async def keep_screenshot(
    tx: AsyncConnection, bot_id: str, attempt: int, index: int, name: str, taken_at: datetime, key: str
) -> None:
    """Store a screenshot's row; one that comes again replaces the first. The caller holds the bot's row."""
    shots = bot_screenshots
    known = (shots.c.bot_id == bot_id, shots.c.attempt == attempt, shots.c.index == index)
    changed = {"name": name, "taken_at": taken_at, "key": key}
    if (await tx.execute(update(shots).where(*known).values(**changed))).rowcount == 0:
        query = select(func.coalesce(func.max(shots.c.number) + 1, 0)).where(shots.c.bot_id == bot_id)
        number = (await tx.execute(query)).scalar_one()
        await tx.execute(insert(shots).values(bot_id=bot_id, number=number, attempt=attempt, index=index, **changed))


async def screenshots_of(tx: AsyncConnection, bot_id: str) -> Sequence[Screenshot]:
    """The screenshots of a bot, by time."""
    shots = bot_screenshots
    query = select(shots.c.number, shots.c.name, shots.c.taken_at, shots.c.key).where(shots.c.bot_id == bot_id)
    return [Screenshot(**row._mapping) for row in await tx.execute(query.order_by(shots.c.taken_at, shots.c.number))]


async def remove_screenshots_of(tx: AsyncConnection, bot_id: str) -> int:
    """Delete the rows of a bot's screenshots; returns how many there were."""
    return (await tx.execute(delete(bot_screenshots).where(bot_screenshots.c.bot_id == bot_id))).rowcount


async def name_speakers(tx: AsyncConnection, bot_number: int, names: Sequence[str]) -> None:
    """Write who spoke, in place of what was known before."""
    await tx.execute(delete(bot_speakers).where(bot_speakers.c.bot_number == bot_number))
    rows = [
        {"bot_number": bot_number, "position": position, "name": name, "name_folded": folded(name)}
        for position, name in enumerate(names)
    ]
    if rows:
        await tx.execute(insert(bot_speakers), rows)


async def await_transcription(tx: AsyncConnection, bot_id: str, report_id: str, webhook_url: str | None) -> None:
    """Remember that somebody asked for this report of a bot's recording, and where that is to be told."""
    values = {"id": new_id(), "bot_id": bot_id, "report_id": report_id, "webhook_url": webhook_url}
    await tx.execute(insert(bot_retranscriptions).values(**values))


async def take_awaited(tx: AsyncConnection, report_id: str) -> Sequence[tuple[str, str | None]]:
    """Who waits for this report: (bot id, webhook address); they are forgotten."""
    rows = bot_retranscriptions
    query = select(rows.c.bot_id, rows.c.webhook_url).where(rows.c.report_id == report_id).order_by(rows.c.id)
    found = [(row.bot_id, row.webhook_url) for row in await tx.execute(query)]
    if found:
        await tx.execute(delete(rows).where(rows.c.report_id == report_id))
    return found
