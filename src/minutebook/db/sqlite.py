"""Connections to SQLite for the event loop, each with a thread of its own: a statement is one visit to that thread.

aiosqlite's cursors go there four times for each (make, execute, fetch, close), and each time wait for the loop to come
round. In a loop that is busy this is what a transaction's time consists of, and who writes holds up all who want to.
For the same reason a transaction begins together with its first statement, and nobody waits for its rollback.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", "secure_delete=ON")
"""The last: what is deleted is overwritten; some builds of SQLite leave it in the file."""


def sqlite_engine(url: URL, connections: int) -> AsyncEngine:
    """An engine with so many connections at most; they stay open."""
    return create_async_engine(
        url, pool_size=connections, max_overflow=0, connect_args={"async_creator_fn": _connected}
    )


def _connected(*args: Any, **options: Any) -> "_Connection":
    connection = _Connection(partial(_opened, *args, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does: who forgets to close must not keep the process from ending
    return connection


def _opened(*args: Any, **options: Any) -> sqlite3.Connection:
    # The driver must not open transactions of its own: transaction() says BEGIN IMMEDIATE itself, so that a writer
    # never has to upgrade a read lock and fail with "database is locked".
    connection: sqlite3.Connection = sqlite3.connect(*args, **{**options, "isolation_level": None})
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()
        raise
    return connection


_AT_ONCE = 500
"""Rows that come with the statement; what has more is fetched as it is asked for."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a statement came to, with its first rows; `rest` is the open cursor where there may be more."""

    description: Any = None
    rows: list[Any] = field(default_factory=list)
    rowcount: int = -1
    lastrowid: int | None = None
    rest: sqlite3.Cursor | None = None


class _Connection(aiosqlite.Connection):
    _beginning: str | None = None
    """The BEGIN that goes with the next statement."""
    _begun = False
    """Whether the thread was told to begin a transaction, and not to end it since."""

    def cursor(self) -> Any:
        return _Cursor(self)

    async def outcome(self, run: str, statement: str, parameters: Sequence[Any]) -> _Outcome:
        """`run`: the method of a cursor."""
        if statement.startswith("BEGIN"):
            self._beginning = statement
            return _Outcome()
        beginning, self._beginning = self._beginning, None
        self._begun = self._begun or beginning is not None
        outcome: _Outcome = await self.visit(_outcome, self._conn, beginning, run, statement, parameters)
        return outcome

    async def commit(self) -> None:
        if self._begun:
            await self.visit(self._conn.commit)
        self._beginning, self._begun = None, False

    async def rollback(self) -> None:
        if self._begun:
            self._tx.put_nowait((None, self._conn.rollback))  # the thread does it before whatever comes next
        self._beginning, self._begun = None, False

    async def visit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Have this done by the connection's thread."""
        return await self._execute(work, *arguments)  # type: ignore[no-untyped-call]


def _outcome(
    connection: sqlite3.Connection, beginning: str | None, run: str, statement: str, parameters: Sequence[Any]
) -> _Outcome:
    if beginning is not None:
        connection.execute(beginning).close()
    with ExitStack() as stack:
        cursor = stack.enter_context(closing(connection.cursor()))
        getattr(cursor, run)(statement, parameters)
        rows = cursor.fetchmany(_AT_ONCE) if cursor.description else []
        if len(rows) == _AT_ONCE:
            stack.pop_all()
            return _Outcome(cursor.description, rows, cursor.rowcount, cursor.lastrowid, cursor)
        return _Outcome(cursor.description, rows, cursor.rowcount, cursor.lastrowid)


class _Cursor:
    """As much of a cursor as SQLAlchemy asks for."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._outcome = _Outcome()
        self.arraysize = 1

    @property
    def description(self) -> Any:
        return self._outcome.description

    @property
    def rowcount(self) -> int:
        return self._outcome.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._outcome.lastrowid

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "_Cursor":
        self._outcome = await self._connection.outcome("execute", statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Sequence[Any]) -> "_Cursor":
        self._outcome = await self._connection.outcome("executemany", statement, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        return await self.fetchmany()

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """So many rows more, by default all."""
        rows, rest = self._outcome.rows, self._outcome.rest
        if rest is not None and (size is None or len(rows) < size):
            rows += await self._connection.visit(rest.fetchall if size is None else partial(rest.fetchmany, size))
        taken = rows[:size]
        del rows[:size]
        return taken

    async def close(self) -> None:
        """Give up what was not fetched."""
        if self._outcome.rest is not None:
            await self._connection.visit(self._outcome.rest.close)
