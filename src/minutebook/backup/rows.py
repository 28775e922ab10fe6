"""Rows as lines of JSON, the same from SQLite and Postgres, so that a backup of the one can be restored to the other.

Tables are read as the database itself describes them, not as today's code knows them: a backup of an earlier schema is
filled into that schema and migrated from there.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    null,
    select,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

DERIVED = ("search_",)
"""Tables whose names begin so are made anew from the others by the running server."""
VERSIONS = "alembic_version"
BATCH = 500
_DIGEST = 1 << 256


class Digest:
    """The sum of the rows' SHA-256: two databases that sort text differently agree on it."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        """Count one row."""
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(line).digest())) % _DIGEST

    def hex(self) -> str:
        """The sum, as 64 hexadecimal digits."""
        return f"{self._sum:064x}"


async def schema_of(tx: AsyncConnection) -> tuple[str, Sequence[Table]]:
    """The schema's revision, and the tables that belong into a backup, parents before children."""
    return await tx.run_sync(_schema_of)


def _schema_of(connection: Connection) -> tuple[str, Sequence[Table]]:
    metadata = MetaData()
    metadata.reflect(bind=connection, only=lambda name, _: not name.startswith(DERIVED) and name != VERSIONS)
    revision = connection.execute(text(f"select version_num from {VERSIONS}")).scalar_one()  # noqa: S608 - a constant
    return str(revision), metadata.sorted_tables


async def in_use(tx: AsyncConnection) -> str | None:
    """By what one sees that the database is somebody's: a row, or a table that is not ours; None when it is new, or
    just migrated."""
    if not await tx.run_sync(lambda connection: inspect(connection).has_table(VERSIONS)):
        names = await tx.run_sync(lambda connection: inspect(connection).get_table_names())
        return f"its database has a table {names[0]}, of another program" if names else None
    _, tables = await schema_of(tx)
    for table in tables:
        if (await tx.execute(select(1).select_from(table).limit(1))).first():
            return f"its table {table.name} has rows"
    return None


async def lines(tx: AsyncConnection, table: Table) -> AsyncIterator[list[bytes]]:
    """All rows of a table, some at a time, each as one line of JSON."""
    found = await tx.stream(select(table).order_by(*table.primary_key.columns))
    async for batch in found.mappings().partitions(BATCH):
        yield [_line(table, row) for row in batch]


async def fill(tx: AsyncConnection, table: Table, batches: Iterable[Sequence[bytes]]) -> None:
    """Insert lines."""
    for batch in batches:
        await tx.execute(insert(table), [_row(table, line) for line in batch])
    await _raise_counters(tx, table)


async def _raise_counters(tx: AsyncConnection, table: Table) -> None:
    """Postgres numbers rows by counters beside the tables, which know nothing of rows that bring their numbers."""
    if tx.dialect.name != "postgresql":
        return
    for column in table.columns:
        if isinstance(column.type, Integer):
            counter = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
            if (name := (await tx.execute(select(counter))).scalar()) is not None:
                following = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
                await tx.execute(select(func.setval(name, following, False)))


def _line(table: Table, row: Mapping[Any, Any]) -> bytes:
    cells = {column.name: _told(column, row[column.name]) for column in table.columns}
    return json.dumps(cells, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _told(column: Column[Any], value: Any) -> Any:
    if isinstance(value, datetime):
        # SQLite keeps no zone; what is stored is UTC (db.types).
        return (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    return bool(value) if value is not None and isinstance(column.type, Boolean) else value


def _row(table: Table, line: bytes) -> dict[str, Any]:
    cells = json.loads(line)
    return {column.name: _read(column, cells[column.name]) for column in table.columns if column.name in cells}


def _read(column: Column[Any], value: Any) -> Any:
    if isinstance(column.type, JSON) and value is None:
        return null()
    if isinstance(column.type, DateTime) and value is not None:
        return datetime.fromisoformat(value)
    return value
