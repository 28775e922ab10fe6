"""Runs the migrations through Alembic, in one transaction, one process at a time."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
LOCK = 0x6D_62_6D_69_67  # "mbmig": the key of Postgres's advisory lock


async def migrate(database: Database) -> None:
    """Bring the database to the newest revision. Processes that start together wait for each other: the second finds
    nothing left to do. A migration that fails leaves the database as it was."""
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


def upgrade(connection: Connection) -> None:
    """Run what is missing on a connection that is in a transaction; committing is the caller's."""
    from alembic import command

    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> "Config":
    """Alembic's settings; `env.py` finds the connection in them."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
