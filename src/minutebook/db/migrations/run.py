"""Runs the migrations through Alembic, in one transaction, one process at a time."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
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


async def migrate(database: Database) -> None:
    """Bring the database to the newest revision. Processes that start together wait for each other: the second finds
    nothing left to do. A migration that fails leaves the database as it was. Raises `database_newer`,
    `database_damaged` and `database_unavailable`."""
    with told():
        if database.is_sqlite:
            await _migrate_sqlite(database)
            return
        async with database.transaction() as tx:
            await tx.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await tx.run_sync(upgrade)


async def _migrate_sqlite(database: Database) -> None:
    async with database.engine.connect() as connection:
        # SQLite alters a table by rebuilding it; with foreign keys on, dropping the old one would delete its children.
        # The switch has no effect inside a transaction.
        await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        try:
            await _locked(connection)
        finally:
            await connection.rollback()
            await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


async def _locked(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("BEGIN IMMEDIATE")
    await connection.run_sync(upgrade)
    if broken := (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all():
        raise RuntimeError(f"a migration left rows that point nowhere: {broken[:5]}")
    await connection.commit()


async def check_sound(database: Database) -> None:
    """Read the database; of a file every page. Raises `database_damaged`, `database_newer`, `database_unavailable`."""
    async with database.reading() as tx:
        await tx.run_sync(check_known)
        if database.is_sqlite and (await tx.exec_driver_sql("PRAGMA quick_check(1)")).scalar() != "ok":
            raise damaged()


def upgrade(connection: Connection) -> None:
    """Run what is missing on a connection that is in a transaction; committing is the caller's. Raises
    `database_newer`."""
    from alembic import command

    check_known(connection)
    command.upgrade(alembic_config(connection), "head")


def check_known(connection: Connection) -> None:
    """Raise `database_newer` when the database was brought further than this program knows the way."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    known = ScriptDirectory.from_config(alembic_config(connection))
    newest, revisions = known.get_current_head(), {script.revision for script in known.walk_revisions()}
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in revisions:
            message = (
                f"A newer Minutebook has worked with this database: its schema is at revision {revision}, and this "
                f"program ({__version__}) knows those up to {newest}. Install that version again, or restore the "
                "backup that was made before the update. Nothing was changed."
            )
            raise MinutebookError(Kind.CONFLICT, NEWER, message)


def alembic_config(connection: Connection) -> "Config":
    """Alembic's settings; `env.py` finds the connection in them."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
