"""Whether the engine's database is sound, and what is done when it is not: it is moved aside, and what waits is asked
for anew. Nothing but the order of work is lost with it: what is wanted stands in the application's database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from minutebook.db.failures import DAMAGED as DATABASE_DAMAGED
from minutebook.db.failures import outage_of
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.system import SystemTables, open_system

DAMAGED: Final = "jobs_damaged"
_BESIDE: Final = ("", "-wal", "-shm")
"""The files that make up one database of SQLite."""


def check_queue(url: sa.URL, *, thorough: bool = False) -> None:
    """Read the queue; `thorough` looks at every page of the file. Raises `jobs_damaged` or `database_unavailable`. A
    queue that is not there yet is sound."""
    if is_new(url):
        return
    engine = open_system(url)
    try:
        with engine.connect() as connection:
            connection.execute(sa.select(sa.func.count()).select_from(SystemTables(engine).workflows))
            if thorough and engine.dialect.name == "sqlite":
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
                if found != "ok":
                    raise damaged(url)
    except sa.exc.SQLAlchemyError as error:
        raise told_of_queue(error, url) from error
    finally:
        engine.dispose()


def told_of_queue(error: Exception, url: sa.URL) -> Exception:
    """What an error of the engine's database means; the error itself when it is something else."""
    outage = outage_of(error)
    if outage is None:
        return error
    return damaged(url) if outage.code == DATABASE_DAMAGED else outage


def damaged(url: sa.URL) -> MinutebookError:
    """The queue cannot be read; what waits is safe, but nothing of it runs."""
    name = Path(url.database or "").name if url.get_backend_name() == "sqlite" else "the schema dbos"
    message = (
        f"The queue of work ({name}) is damaged; nothing is lost, but nothing runs. Stop the server, run "
        "`minutebook admin repair`, and start it again."
    )
    return MinutebookError(Kind.UNAVAILABLE, DAMAGED, message)


def is_new(url: sa.URL) -> bool:
    """Whether no runner has made the engine's tables yet. Raises as `check_queue` does."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return True
    engine = open_system(url)
    try:
        workflows = SystemTables(engine).workflows
        return not sa.inspect(engine).has_table(workflows.name, schema=workflows.schema)
    except sa.exc.SQLAlchemyError as error:
        raise told_of_queue(error, url) from error
    finally:
        engine.dispose()


def set_aside(url: sa.URL) -> Path | None:
    """Move a damaged file out of the way, keeping it; returns its new name, None where the queue is sound. Nobody may
    have it open."""
    try:
        check_queue(url, thorough=True)
    except MinutebookError as error:
        if error.code != DAMAGED or url.get_backend_name() != "sqlite":
            raise
    else:
        return None
    file = Path(url.database or "")
    kept = file.with_name(f"{file.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    for end in _BESIDE:
        part = file.with_name(file.name + end)
        if part.exists():
            part.rename(kept.with_name(kept.name + end))
    return kept
