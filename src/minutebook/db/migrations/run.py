"""Runs the migrations through Alembic, in one transaction, one process at a time."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook import __version__
from minutebook.db.database import Database
from minutebook.db.failures import damaged, told
from minutebook.errors import Kind, MinutebookError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
NEWER = "database_newer"
LOCK = 0x6D_62_6D_69_67  # "mbmig": the key of Postgres's advisory lock


@dataclass(frozen=True, slots=True)
class Step:
    """One migration: its revision, and what it changes."""

    revision: str
    title: str


async def migrate(database: Database, revision: str = "head") -> None:
    """Bring the database to the newest revision, or up to the one named. Processes that start together wait for each
    other: the second finds nothing left to do. A migration that fails leaves the database as it was. Raises
    `database_newer`, `database_damaged` and `database_unavailable`."""
    with told():
        if revision == "head" and await _is_newest(database):
            return
        if database.is_sqlite:
            await _migrate_sqlite(database, revision)
            return
        async with database.transaction() as tx:
            await tx.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await tx.run_sync(upgrade, revision)


async def _is_newest(database: Database) -> bool:
    """Whether there is nothing to do; told without Alembic, which takes longer to load than most commands take."""
    newest = max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))
    async with database.reading() as tx:
        if not await tx.run_sync(_is_versioned):
            return False
        return (await tx.execute(text("select version_num from alembic_version"))).scalars().all() == [newest]


async def is_new(database: Database) -> bool:
    """Whether nothing has ever been kept in the database. Raises what `migrate` raises."""
    with told():
        async with database.reading() as tx:
            return not await tx.run_sync(_is_versioned)


def _is_versioned(connection: Connection) -> bool:
    return inspect(connection).has_table("alembic_version")


async def _migrate_sqlite(database: Database, revision: str) -> None:
    async with database.engine.connect() as connection:
        # SQLite alters a table by rebuilding it; with foreign keys on, dropping the old one would delete its children.
        # The switch has no effect inside a transaction.
        await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        try:
            await _locked(connection, revision)
        finally:
            await connection.rollback()
            await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


async def _locked(connection: AsyncConnection, revision: str) -> None:
    await connection.exec_driver_sql("BEGIN IMMEDIATE")
    await connection.run_sync(upgrade, revision)
    if broken := (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all():
        raise RuntimeError(f"a migration left rows that point nowhere: {broken[:5]}")
    await connection.commit()


async def check_sound(database: Database) -> None:
    """Read the database; of a file every page. Raises `database_damaged`, `database_newer`, `database_unavailable`."""
    async with database.reading() as tx:
        await tx.run_sync(check_known)
        if database.is_sqlite and (await tx.exec_driver_sql("PRAGMA quick_check(1)")).scalar() != "ok":
            raise damaged()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run what is missing up to a revision on a connection that is in a transaction; committing is the caller's. Raises
    `database_newer`."""
    from alembic import command

    check_known(connection)
    command.upgrade(alembic_config(connection), revision)


def check_known(connection: Connection) -> None:
    """Raise `database_newer` when the database was brought further than this program knows the way."""
    from alembic.runtime.migration import MigrationContext

    history = steps()
    newest, revisions = history[-1].revision, {step.revision for step in history}
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in revisions:
            message = (
                f"A newer Minutebook has worked with this database: its schema is at revision {revision}, and this "
                f"program ({__version__}) knows those up to {newest}. Install that version again, or restore the "
                "backup that was made before the update. Nothing was changed."
            )
            raise MinutebookError(Kind.CONFLICT, NEWER, message)


def knows(revision: str) -> bool:
    """Whether this program has the way to a revision."""
    return any(step.revision == revision for step in steps())


async def missing(database: Database) -> list[Step]:
    """The steps that a database has not taken yet, the next first. Raises what `migrate` raises; changes nothing."""
    async with database.reading() as tx:
        current = await tx.run_sync(_current)
    history = steps()
    taken = next((number for number, step in enumerate(history, 1) if step.revision == current), 0)
    return history[taken:]


def _current(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    check_known(connection)
    return MigrationContext.configure(connection).get_current_revision()


def steps() -> list[Step]:
    """The whole history, the first step first."""
    from alembic.script import ScriptDirectory

    known = ScriptDirectory.from_config(alembic_config())
    return [Step(script.revision, script.doc.split(". ")[0].rstrip(".")) for script in known.walk_revisions()][::-1]


def alembic_config(connection: Connection | None = None) -> "Config":
    """Alembic's settings; `env.py` finds the connection in them."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
