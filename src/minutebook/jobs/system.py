"""The engine's own database: where it is, how it is opened, and the few statements of ours that run on it.

With SQLite it is a file of its own beside the application's, so that polling and checkpoints never wait for, nor hold
up, the application's writers. With Postgres it is the schema `dbos` of the same database.
"""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

SCHEMA = "dbos"


def system_url(application: sa.URL) -> sa.URL:
    """The address of the engine's database, given the application's."""
    if application.get_backend_name() == "sqlite":
        file = Path(application.database or "").with_name("jobs.db")
        return sa.URL.create("sqlite", database=str(file))
    return application.set(drivername="postgresql+psycopg")


def open_system(url: sa.URL) -> sa.Engine:
    """An engine for that database. On SQLite each transaction takes the write lock when it begins to write, waits for
    it, and is on disk when it is committed: a request is deleted from the outbox once its job is here."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, pool_size=10)
    engine = sa.create_engine(url, pool_size=10, max_overflow=20, connect_args={"check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class SystemTables:
    """The engine's tables that we read or mend, by the columns that we use, and the table of runners' heartbeats."""

    def __init__(self, engine: sa.Engine) -> None:
        schema = None if engine.dialect.name == "sqlite" else SCHEMA
        self.workflows = sa.table(
            "workflow_status",
            *(
                sa.column(name)
                for name in ("workflow_uuid", "status", "name", "queue_name", "executor_id", "owner_xid",
                             "application_version", "recovery_attempts", "started_at_epoch_ms", "updated_at",
                             "completed_at", "priority", "authenticated_user", "delay_until_epoch_ms")
            ),
            schema=schema,
        )  # fmt: skip
        self.steps = sa.table(
            "operation_outputs",
            sa.column("workflow_uuid"),
            sa.column("completed_at_epoch_ms"),
            sa.column("error"),
            schema=schema,
        )
        self.runners = sa.Table(
            "minutebook_runners",
            sa.MetaData(),
            sa.Column("executor_id", sa.String(200), primary_key=True),
            sa.Column("beat", sa.Float, nullable=False),
            schema=schema,
        )
        self.now = sa.literal_column(
            "(julianday('now') - 2440587.5) * 86400.0"
            if engine.dialect.name == "sqlite"
            else "extract(epoch from clock_timestamp())",
            sa.Float,
        )
        """Seconds since 1970 by the database's clock: runners on several machines compare beats by one clock."""

    def create_runners(self, connection: sa.Connection) -> None:
        """Make the heartbeat table; two runners that start together do not collide."""
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('minutebook_runners'))"))
            connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
        connection.execute(sa.schema.CreateTable(self.runners, if_not_exists=True))
