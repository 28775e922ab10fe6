"""What a failing database means to the user: it is away, it is full, or it is damaged. Anything else is a defect."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from minutebook.errors import Kind, MinutebookError

AGAIN_S: Final = 5.0
"""What a client is asked to wait: a database that restarts is back within seconds."""

_FULL: Final = frozenset({sqlite3.SQLITE_FULL})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_AWAY: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes, https://sqlite.org/rescode.html."""
_PRIMARY: Final = 0xFF

_FULL_STATES: Final = ("53100",)
_DAMAGED_STATES: Final = ("XX001", "XX002")
_DEFECTS: Final = ("57014",)
"""SQLSTATEs of Postgres (its manual, appendix A): disk full; data or index corrupted; a query that was cancelled, which
is the one `OperationalError` that comes back when it is tried again."""

UNAVAILABLE: Final = "database_unavailable"
FULL: Final = "storage_full"
DAMAGED: Final = "database_damaged"

_MESSAGES: Final = {
    UNAVAILABLE: "The database does not answer. Nothing is lost; try again shortly. `minutebook doctor` says what it "
    "finds.",
    FULL: "There is no room left on the database's disk. Free some space; waiting work then goes on by itself.",
    DAMAGED: "The database is damaged. Stop the server, copy what is there, and restore the last backup; "
    "docs/operations.md says how.",
}


@contextmanager
def told() -> Iterator[None]:
    """Turns what an outage of the database raises into an error that the user is told about; other errors pass."""
    try:
        yield
    except Exception as error:
        meaning = outage_of(error)
        if meaning is None or meaning is error:
            raise
        raise meaning from error


def outage_of(error: BaseException) -> MinutebookError | None:
    """The outage behind an error of the database; None when the error is something else, a defect above all."""
    code = _code_of(error)
    return None if code is None else _meaning(code)


def damaged() -> MinutebookError:
    """The database was looked at and is not as it should be."""
    return _meaning(DAMAGED)


def _meaning(code: str) -> MinutebookError:
    return MinutebookError(Kind.UNAVAILABLE, code, _MESSAGES[code], retryable=True, retry_after_s=AGAIN_S)


def _code_of(error: BaseException) -> str | None:
    if isinstance(error, exc.TimeoutError):  # no connection of the pool came free
        return UNAVAILABLE
    if not isinstance(error, exc.DBAPIError):
        return None
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    return UNAVAILABLE if error.connection_invalidated else _of_postgres(cause)


def _of_sqlite(error: sqlite3.Error) -> str | None:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY
    kinds = ((FULL, _FULL), (DAMAGED, _DAMAGED), (UNAVAILABLE, _AWAY))
    return next((kind for kind, codes in kinds if code in codes), None)


def _of_postgres(error: BaseException | None) -> str | None:
    import psycopg  # costs an installation that uses SQLite a tenth of a second at each start

    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    if state in _DAMAGED_STATES:
        return DAMAGED
    if state in _FULL_STATES:
        return FULL
    away = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and state not in _DEFECTS
    return UNAVAILABLE if away else None
