"""All SQL of what bots are told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.commands import Command, CommandKind, CommandState
from minutebook.bots.repository.bots import bot_commands

_OPEN = (CommandState.WAITING.value, CommandState.GIVEN.value)


async def add(tx: AsyncConnection, command: Command) -> None:
    """Store a new command. The caller holds the bot's row."""
    values = {name: getattr(command, name) for name in bot_commands.c.keys()}  # noqa: SIM118 - a column collection
    await tx.execute(insert(bot_commands).values(**values))


async def find(tx: AsyncConnection, bot_id: str, command_id: str) -> Command | None:
    """One command of a bot."""
    query = select(bot_commands).where(bot_commands.c.bot_id == bot_id, bot_commands.c.id == command_id)
    row = (await tx.execute(query)).one_or_none()
    return _command(row) if row is not None else None


async def by_key(tx: AsyncConnection, bot_id: str, key: str) -> Command | None:
    """The command that was given with this key."""
    query = select(bot_commands).where(bot_commands.c.bot_id == bot_id, bot_commands.c.key == key)
    row = (await tx.execute(query)).one_or_none()
    return _command(row) if row is not None else None


async def of_bot(tx: AsyncConnection, bot_id: str, most: int) -> Sequence[Command]:
    """The newest commands of a bot, newest first."""
    query = select(bot_commands).where(bot_commands.c.bot_id == bot_id)
    query = query.order_by(bot_commands.c.created_at.desc(), bot_commands.c.id.desc()).limit(most)
    return [_command(row) for row in await tx.execute(query)]


async def open_ones(tx: AsyncConnection, bot_id: str, now: datetime) -> Sequence[Command]:
    """What nobody has answered, in the order in which it was given; without what waited for too long."""
    rows = bot_commands
    query = select(rows).where(
        rows.c.bot_id == bot_id,
        rows.c.state.in_(_OPEN),
        or_(rows.c.state == CommandState.GIVEN.value, rows.c.expires_at > now),
    )
    return [_command(row) for row in await tx.execute(query.order_by(rows.c.created_at, rows.c.id))]


async def count_waiting(tx: AsyncConnection, bot_id: str, now: datetime) -> int:
    """How many commands no runner has come to yet."""
    rows = bot_commands
    waiting = (rows.c.bot_id == bot_id, rows.c.state.in_(_OPEN), rows.c.expires_at > now)
    return int((await tx.execute(select(func.count()).where(*waiting))).scalar_one())


async def give(tx: AsyncConnection, ids: Sequence[str], attempt: int) -> None:
    """Note which runner is given these."""
    statement = update(bot_commands).where(bot_commands.c.id.in_(ids), bot_commands.c.state.in_(_OPEN))
    await tx.execute(statement.values(state=CommandState.GIVEN.value, attempt=attempt))


async def answer(
    tx: AsyncConnection,
    bot_id: str,
    attempt: int,
    command_id: str,
    state: CommandState,
    message: str | None,
    at: datetime,
) -> Command | None:
    """Note what became of a command that was given; None where that is known already, or nobody gave it."""
    rows = bot_commands
    statement = update(rows).where(
        rows.c.bot_id == bot_id,
        rows.c.id == command_id,
        rows.c.attempt == attempt,
        rows.c.state == CommandState.GIVEN.value,
    )
    if (await tx.execute(statement.values(state=state.value, message=message, answered_at=at))).rowcount == 0:
        return None
    return await find(tx, bot_id, command_id)


async def is_paused(tx: AsyncConnection, bot_id: str) -> bool:
    """Whether the bot's recording was paused and not resumed."""
    rows = bot_commands
    query = select(rows.c.kind).where(
        rows.c.bot_id == bot_id,
        rows.c.kind.in_([CommandKind.PAUSE.value, CommandKind.RESUME.value]),
        rows.c.state == CommandState.DONE.value,
    )
    order = (rows.c.answered_at.desc(), rows.c.created_at.desc(), rows.c.id.desc())
    return (await tx.execute(query.order_by(*order).limit(1))).scalar_one_or_none() == CommandKind.PAUSE.value


async def remove_of(tx: AsyncConnection, bot_id: str) -> int:
    """Delete what a bot was told; returns how much there was."""
    return (await tx.execute(sql_delete(bot_commands).where(bot_commands.c.bot_id == bot_id))).rowcount


def _command(row: Row[tuple[object, ...]]) -> Command:
    return Command(**{**row._mapping, "kind": CommandKind(row.kind), "state": CommandState(row.state)})
