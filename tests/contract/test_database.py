"""Transactions, events and migrations on SQLite and Postgres."""

import asyncio
import random
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, create_engine, func, insert, inspect, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database, metadata
from minutebook.db.events import Event, Events, outbox
from minutebook.db.migrations import migrate
from minutebook.db.migrations.compare import differences, load_tables
from minutebook.db.migrations.run import alembic_config
from minutebook.kit.clock import VirtualClock

OLD = unicodedata.normalize("NFD", "Zürich")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OLD_USER = "INSERT INTO users VALUES ('u1', 'a@b.c', 'a@b.c', 'A', '', false, :at)"
OLD_MEETING = (
    "INSERT INTO meetings (id, owner_id, title, description, search_text, created_at, updated_at)"
    " VALUES (:id, 'u1', :title, '', :folded, :at, :at)"
)
OLD_TEMPLATE = (
    "INSERT INTO note_templates (id, owner_id, name, name_key, sections, instruction, created_at, updated_at)"
    " VALUES (:id, 'u1', :name, :key, '[]', '', :at, :at)"
)


async def count(database: Database) -> int:
    async with database.reading() as tx:
        return int((await tx.execute(select(func.count()).select_from(outbox))).scalar_one())


async def publish(tx: AsyncConnection, subject: str = "m1", events: Events | None = None) -> None:
    await (events or Events(VirtualClock())).publish(tx, Event("meeting.created", "u1", subject, {"n": 1}))


async def test_a_transaction_commits(database: Database) -> None:
    async with database.transaction() as tx:
        await publish(tx)
    assert await count(database) == 1


async def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await publish(tx)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await count(database) == 0


async def test_subscribers_share_the_transaction(database: Database) -> None:
    events = Events(VirtualClock())

    async def refuse(tx: AsyncConnection, event: Event) -> None:
        raise LookupError(event.subject_id)

    events.subscribe("meeting.created", refuse)
    with pytest.raises(LookupError):
        async with database.transaction() as tx:
            await publish(tx, events=events)
    assert await count(database) == 0


async def test_events_come_back_as_they_were(database: Database) -> None:
    clock = VirtualClock()
    async with database.transaction() as tx:
        at = await Events(clock).publish(tx, Event("meeting.created", "u1", "m1", {"title": "Ärger", "n": [1, None]}))
    async with database.reading() as tx:
        row = (await tx.execute(select(outbox))).one()
    assert (row.kind, row.owner_id, row.subject_id) == ("meeting.created", "u1", "m1")
    assert row.payload == {"title": "Ärger", "n": [1, None]}
    assert row.created_at == at == clock.now()


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7))], ids=["utc", "elsewhere"])
async def test_moments_keep_their_instant(database: Database, zone: timezone) -> None:
    moment = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=zone)
    async with database.transaction() as tx:
        await tx.execute(
            insert(outbox).values(id="e", kind="k", owner_id="o", subject_id="s", payload={}, created_at=moment)
        )
        found = (await tx.execute(select(outbox.c.created_at).where(outbox.c.created_at == moment))).scalar_one()
    assert found == moment
    assert found.tzinfo is UTC


async def test_moments_without_a_zone_are_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        async with database.transaction() as tx:
            await tx.execute(
                insert(outbox).values(
                    id="e", kind="k", owner_id="o", subject_id="s", payload={}, created_at=datetime(2026, 1, 1)
                )
            )


async def test_a_reader_sees_one_moment(database: Database) -> None:
    async with database.reading() as tx:
        before = (await tx.execute(select(func.count()).select_from(outbox))).scalar_one()
        async with database.transaction() as writer:
            await publish(writer)
        assert (await tx.execute(select(func.count()).select_from(outbox))).scalar_one() == before
    assert await count(database) == 1


async def test_many_writers_at_once(database: Database) -> None:
    async def read_then_write(index: int) -> None:
        async with database.transaction() as tx:
            await tx.execute(select(func.count()).select_from(outbox))
            await publish(tx, f"m{index}")

    await asyncio.gather(*(read_then_write(index) for index in range(60)))
    assert await count(database) == 60


async def test_cancelled_writers_hold_no_lock(database: Database) -> None:
    chance = random.Random(7)

    async def write(index: int) -> None:
        async with database.transaction() as tx:
            await publish(tx, f"m{index}")
            await asyncio.sleep(0)

    for _ in range(8):
        writers = [asyncio.create_task(write(index)) for index in range(12)]
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
    before = await count(database)
    async with asyncio.timeout(10), database.transaction() as tx:
        await publish(tx)
    assert await count(database) == before + 1


WRITER = """
import asyncio, sys
from sqlalchemy import func, select
from minutebook.db.database import Database
from minutebook.db.events import Event, Events, outbox
from minutebook.kit.clock import SystemClock
async def main(url, name):
    database, events = Database(url), Events(SystemClock())
    async def write(index):
        async with database.transaction() as tx:
            await tx.execute(select(func.count()).select_from(outbox))
            await events.publish(tx, Event("load", "u1", f"{name}-{index}"))
    for start in range(0, 100, 10):
        await asyncio.gather(*(write(index) for index in range(start, start + 10)))
    await database.close()
asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_processes_write_the_same_database(database: Database, database_url: str) -> None:
    """The server and a worker do; the lock inside a process does not cover both."""
    writers = [await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, database_url, name) for name in "abc"]
    for index in range(100):
        async with database.transaction() as tx:
            await publish(tx, f"here-{index}")
    assert [await writer.wait() for writer in writers] == [0, 0, 0]
    assert await count(database) == 400


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_url"))
    return f"sqlite:///{tmp_path / 'migrated.db'}"


@pytest.fixture
async def empty_database(empty_url: str) -> AsyncIterator[Database]:
    database = Database(empty_url)
    yield database
    await database.close()


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


def shape(connection: Connection) -> dict[str, object]:
    """Tables, columns, keys and indexes as the database itself tells them; the order of columns says nothing."""
    looked = inspect(connection)
    return {
        table: {
            "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in looked.get_columns(table)),
            "key": looked.get_pk_constraint(table)["constrained_columns"],
            "foreign": sorted(
                (k["constrained_columns"], k["referred_table"], k["options"]) for k in looked.get_foreign_keys(table)
            ),
            "unique": sorted(u["column_names"] for u in looked.get_unique_constraints(table)),
            "indexes": sorted((i["name"], i["column_names"], i["unique"]) for i in looked.get_indexes(table)),
        }
        for table in looked.get_table_names()
        if table != "alembic_version"
    }


async def test_migrated_equals_fresh(empty_database: Database, engine: Engine) -> None:
    load_tables()
    await migrate(empty_database)
    with engine.connect() as connection:
        assert differences(connection) == []
        migrated = shape(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert shape(connection) == migrated


async def test_migrating_again_changes_nothing(empty_database: Database) -> None:
    await migrate(empty_database)
    async with empty_database.transaction() as tx:
        await publish(tx)
    await migrate(empty_database)
    assert await count(empty_database) == 1


async def test_texts_of_an_old_database_are_found_as_they_are_typed(empty_database: Database, engine: Engine) -> None:
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0006")
        connection.execute(text(OLD_USER), {"at": NOON})
        for number, title in enumerate([OLD, "Weekly"] * 600):
            values = {"id": f"m{number}", "title": title, "folded": title.casefold(), "at": NOON}
            connection.execute(text(OLD_MEETING), values)
        values = {"id": "m1", "name": OLD}
        connection.execute(text("INSERT INTO attendees VALUES (:id, 0, 'a@b.c', :name, 'Unknown', 'manual')"), values)
        for number, name in enumerate([OLD, unicodedata.normalize("NFC", OLD)]):
            values = {"id": f"t{number}", "name": name, "key": name.casefold(), "at": NOON}
            connection.execute(text(OLD_TEMPLATE), values)
    await migrate(empty_database)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT DISTINCT title, search_text FROM meetings")).all()
        assert sorted(map(tuple, found)) == [("Weekly", "weekly"), ("Zürich", "zürich")]
        assert connection.execute(text("SELECT display_name FROM attendees")).scalar_one() == "Zürich"
        assert len(connection.execute(text("SELECT DISTINCT name_key FROM note_templates")).all()) == 2


MIGRATE = """
import asyncio, sys
from minutebook.db.database import Database
from minutebook.db.migrations import migrate
async def main(url):
    database = Database(url)
    await migrate(database)
    await database.close()
asyncio.run(main(sys.argv[1]))
"""


async def test_processes_that_start_together_migrate_once(empty_database: Database, empty_url: str) -> None:
    starting = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, empty_url, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    ends = [(await process.communicate(), process.returncode) for process in starting]
    assert [code for _, code in ends] == [0] * 4, ends
    assert await count(empty_database) == 0


def test_sqlite_can_do_what_we_ask() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)  # RETURNING, upserts


async def test_many_rows_come_whole_and_in_parts(database: Database) -> None:
    counted = "SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1599"
    numbers = f"WITH RECURSIVE numbers(n) AS ({counted}) SELECT n FROM numbers"
    async with database.reading() as read:
        whole = list((await read.execute(text(numbers))).scalars())
        streamed = await read.stream_scalars(text(numbers))
        parts = [list(part) async for part in streamed.partitions(300)]
        cut = await read.stream_scalars(text(numbers))
        first = await cut.fetchmany(3)
        await cut.close()
    assert whole == list(range(1600))
    assert [n for part in parts for n in part] == whole
    assert {len(part) for part in parts[:-1]} == {300}
    assert list(first) == [0, 1, 2]
