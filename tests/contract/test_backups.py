"""Backups over both databases and both storages: what comes back is what was there, byte for byte and row for row."""

import gzip
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Insert, text

from minutebook.accounts.passwords import Passwords
from minutebook.accounts.service import Accounts
from minutebook.backup import rows
from minutebook.backup.archive import Archive
from minutebook.backup.service import make, restore
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.events import Events
from minutebook.db.migrations import migrate
from minutebook.errors import MinutebookError
from minutebook.kit.clock import SystemClock, VirtualClock
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft, Meetings
from minutebook.storage import storage_of
from minutebook.storage.ports import Storage
from minutebook.webhooks.repository import messages as webhook_messages
from support.backends import Postgres, migrated_sqlite

START = datetime(2026, 11, 29, 12, tzinfo=UTC)
NewDatabase = Callable[[str], Database]


@dataclass
class Place:
    """An installation: migrated, or new."""

    db: Database
    storage: Storage


@pytest.fixture
async def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[str], Place]]:
    opened: list[Database] = []

    def new(kind: str) -> Place:
        folder = tmp_path / f"place{len(opened)}"
        folder.mkdir()
        url = f"sqlite:///{folder / 'minutebook.db'}"
        if kind == "postgres":
            server: Postgres = request.getfixturevalue("postgres_server")
            url = server.new_database(empty=True)
        opened.append(Database(url))
        return Place(opened[-1], storage_of(Settings(_env_file=None, data_dir=folder, storage_url=None)))

    yield new
    for db in opened:
        await db.close()


async def lived_in(place: Place, meetings: int = 3) -> None:
    """Users, meetings with texts of the world, objects small and of several reads."""
    if (file := place.db.url.database) and place.db.is_sqlite:
        migrated_sqlite(Path(file))
    await migrate(place.db)
    clock = SystemClock()
    accounts = Accounts(clock, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    service = Meetings(clock, Events(clock))
    async with place.db.transaction() as tx:
        user = await accounts.create_user(tx, "ada@example.com", "correct horse battery", "Ada Lovelace")
        for number in range(meetings):
            draft = MeetingDraft(f'Встреча {number} \U0001f680 "quoted"', "", [AttendeeDraft("eve@example.com", "Eve")])
            await service.create(tx, user.id, draft)
    for number in range(meetings):
        await place.storage.put_bytes(f"recordings/{number}/original.flac", os.urandom(1000 + number))


@asynccontextmanager
async def read_rows(db: Database) -> AsyncIterator[dict[str, list[bytes]]]:
    async with db.reading() as tx:
        _, tables = await rows.schema_of(tx)
        yield {
            table.name: sorted([line async for batch in rows.lines(tx, table) for line in batch]) for table in tables
        }


async def everything(place: Place) -> tuple[dict[str, list[bytes]], dict[str, bytes]]:
    async with read_rows(place.db) as found:
        pass
    return found, {s.key: await place.storage.get_bytes(s.key) async for s in place.storage.listing()}


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
@pytest.mark.parametrize("source", ["sqlite", "postgres"])
async def test_all_comes_back(new_place: Callable[[str], Place], tmp_path: Path, source: str, target: str) -> None:
    """Also from one database to the other."""
    here, there = new_place(source), new_place(target)
    await lived_in(here)
    made = await make(here.db, here.storage, SystemClock(), tmp_path / "backups", key=b"key", keep=7)
    assert (made.objects, made.copied) == (3, 3)
    restored = await restore(there.db, there.storage, tmp_path / "backups")
    assert (restored.name, restored.rows, restored.size) == (made.name, made.rows, made.size)
    assert await everything(there) == await everything(here)
    assert Archive(tmp_path / "backups").key(made.name) == b"key"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_restored_database_goes_on_counting(
    new_place: Callable[[str], Place], tmp_path: Path, kind: str
) -> None:
    here, there = new_place(kind), new_place(kind)
    await lived_in(here)
    async with here.db.transaction() as tx:
        await tx.execute(_message(1))
    await make(here.db, here.storage, SystemClock(), tmp_path, key=None, keep=7)
    await restore(there.db, there.storage, tmp_path)
    async with there.db.transaction() as tx:
        inserted = await tx.execute(_message(2))
    assert inserted.inserted_primary_key is not None
    assert inserted.inserted_primary_key.number == 2


def _message(number: int) -> Insert:
    texts = dict.fromkeys(("kind", "owner_id", "subject_id", "lane", "order_key", "host", "state"), "x")
    counts = dict.fromkeys(("failures", "attempts"), 0)
    moments = dict.fromkeys(("created_at", "due_at"), START)
    return webhook_messages.insert().values(id=str(number), payload={"a": None}, **texts, **counts, **moments)


async def test_only_what_is_new_is_copied(
    new_place: Callable[[str], Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, clock = new_place("sqlite"), VirtualClock(START)
    await lived_in(here)
    read = counted_reads(here.storage, monkeypatch)
    await make(here.db, here.storage, clock, tmp_path, key=None, keep=7)
    assert sum(read) == 1000 + 1001 + 1002
    read.clear()
    await here.storage.put_bytes("recordings/0/original.flac", b"another take")
    await here.storage.put_bytes("recordings/9/original.flac", b"new")
    await here.storage.delete("recordings/2/original.flac")
    await clock.sleep(1)
    second = await make(here.db, here.storage, clock, tmp_path, key=None, keep=7)
    assert (second.objects, second.copied) == (3, 2)
    assert sum(read) == second.copied_size == len(b"another take" + b"new")
    read.clear()
    await clock.sleep(1)
    third = await make(here.db, here.storage, clock, tmp_path, key=None, keep=7)
    assert (third.objects, third.copied, third.copied_size, read) == (3, 0, 0, [])
    first = new_place("sqlite")
    await restore(first.db, first.storage, tmp_path, Archive(tmp_path).names()[0])
    assert await first.storage.head("recordings/2/original.flac") is not None


def counted_reads(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the pieces that are read from the storage from now on."""
    read: list[int] = []
    stream = storage.stream

    async def counted(key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        async for piece in stream(key, start, end):
            read.append(len(piece))
            yield piece

    monkeypatch.setattr(storage, "stream", counted)
    return read


async def test_old_backups_go_with_the_bytes_that_only_they_need(
    new_place: Callable[[str], Place], tmp_path: Path
) -> None:
    here, clock = new_place("sqlite"), VirtualClock(START)
    await lived_in(here, meetings=1)
    for version in range(4):
        await here.storage.put_bytes("notes/a", b"version %d" % version)
        await make(here.db, here.storage, clock, tmp_path, key=None, keep=2)
        await clock.sleep(60)
    assert Archive(tmp_path).names() == ["20261129T120200000Z", "20261129T120300000Z"]
    assert len(list((tmp_path / "objects").glob("*/*"))) == 3  # one recording and two versions
    there = new_place("sqlite")
    await restore(there.db, there.storage, tmp_path, "20261129T120200000Z")
    assert await there.storage.get_bytes("notes/a") == b"version 2"


async def test_a_backup_of_an_earlier_schema(new_place: Callable[[str], Place], tmp_path: Path) -> None:
    here, there = new_place("sqlite"), new_place("sqlite")
    await migrate(here.db, "0012")
    async with here.db.transaction() as tx:
        await tx.execute(
            text(
                "insert into users (id, email, email_key, display_name, password_hash, is_owner, created_at) "
                "values ('u1', 'ada@example.com', 'ada@example.com', 'Ada', '', 1, '2026-11-29 12:00:00.000000')"
            )
        )
    await make(here.db, here.storage, SystemClock(), tmp_path, key=None, keep=7)
    await restore(there.db, there.storage, tmp_path)
    async with there.db.reading() as tx:
        assert (await tx.execute(text("select display_name from users"))).scalar_one() == "Ada"
        schema, _ = await rows.schema_of(tx)
    assert schema > "0012"


async def test_restores_only_into_nothing(new_place: Callable[[str], Place], tmp_path: Path) -> None:
    here, there, with_objects = new_place("sqlite"), new_place("sqlite"), new_place("sqlite")
    await lived_in(here)
    await make(here.db, here.storage, SystemClock(), tmp_path, key=None, keep=7)
    await lived_in(there)
    await with_objects.storage.put_bytes("recordings/other/original.flac", b"somebody's")
    before = await everything(there)
    for place in (there, with_objects):
        with pytest.raises(MinutebookError) as refused:
            await restore(place.db, place.storage, tmp_path)
        assert refused.value.code == "restore_not_empty"
    assert await everything(there) == before


async def test_a_restore_that_was_interrupted_is_begun_again(new_place: Callable[[str], Place], tmp_path: Path) -> None:
    here, there = new_place("sqlite"), new_place("sqlite")
    await lived_in(here)
    await make(here.db, here.storage, SystemClock(), tmp_path, key=None, keep=7)
    await migrate(there.db)
    await there.storage.put_bytes("recordings/1/original.flac", b"half")
    await restore(there.db, there.storage, tmp_path)
    assert await everything(there) == await everything(here)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _another_row(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).replace(b"Ada", b"Eve")
    path.write_bytes(gzip.compress(lines))


@pytest.mark.parametrize(
    ("where", "spoil"),
    [
        ("backups/*/manifest.json", _cut),
        ("backups/*/rows/users.jsonl.gz", _cut),
        ("backups/*/rows/users.jsonl.gz", _another_row),
        ("backups/*/rows/users.jsonl.gz", os.unlink),
        ("objects/*/*", _cut),
        ("objects/*/*", os.unlink),
    ],
    ids=["manifest", "rows cut", "rows changed", "rows gone", "object cut", "object gone"],
)
async def test_a_damaged_backup_is_not_put_to_use(
    new_place: Callable[[str], Place], tmp_path: Path, where: str, spoil: Callable[[Path], None]
) -> None:
    here, there = new_place("sqlite"), new_place("sqlite")
    await lived_in(here)
    await make(here.db, here.storage, SystemClock(), tmp_path / "b", key=None, keep=7)
    spoil(next((tmp_path / "b").glob(where)))
    with pytest.raises(MinutebookError) as refused:
        await restore(there.db, there.storage, tmp_path / "b")
    assert refused.value.code == "backup_damaged"
    async with there.db.reading() as tx:
        assert await rows.in_use(tx) is None
    assert [stored.key async for stored in there.storage.listing()] == []


async def test_a_backup_of_a_newer_program(new_place: Callable[[str], Place], tmp_path: Path) -> None:
    here, there = new_place("sqlite"), new_place("sqlite")
    await lived_in(here)
    made = await make(here.db, here.storage, SystemClock(), tmp_path, key=None, keep=7)
    manifest = tmp_path / "backups" / made.name / "manifest.json"
    for change in ({"schema": "9999"}, {"format": 99}):
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
        with pytest.raises(MinutebookError) as refused:
            await restore(there.db, there.storage, tmp_path)
        assert refused.value.code == "backup_newer"


async def test_an_unfinished_backup_counts_for_nothing(new_place: Callable[[str], Place], tmp_path: Path) -> None:
    here = new_place("sqlite")
    await lived_in(here)
    made = await make(here.db, here.storage, SystemClock(), tmp_path, key=None, keep=7)
    left = tmp_path / "backups" / "20990101T000000000Z"
    shutil.copytree(tmp_path / "backups" / made.name, left)
    (left / "manifest.json").unlink()
    assert Archive(tmp_path).chosen(None) == made.name
    with pytest.raises(MinutebookError, match="there are:"):
        Archive(tmp_path).chosen(left.name)
    await make(here.db, here.storage, SystemClock(), tmp_path, key=None, keep=7)
    assert not left.exists()


async def test_one_backup_at_a_time(new_place: Callable[[str], Place], tmp_path: Path) -> None:
    here = new_place("sqlite")
    await lived_in(here)
    with Archive(tmp_path).locked(), pytest.raises(MinutebookError) as refused:
        await make(here.db, here.storage, SystemClock(), tmp_path, key=None, keep=7)
    assert refused.value.code == "backup_busy"
