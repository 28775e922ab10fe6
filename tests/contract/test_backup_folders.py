"""Folders that are given to backups: what is somebody else's stays, and what is wrong is told with what to do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from minutebook.accounts.service import Accounts
from minutebook.backup.archive import Archive
from minutebook.backup.service import make, restore
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.migrations import migrate
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.storage import storage_of
from minutebook.storage.ports import Storage

START = datetime(2026, 11, 29, 12, tzinfo=UTC)
FIRST, SECOND = "20261129T120000000Z", "20261129T120001000Z"


@dataclass
class Here:
    """An installation without users, and where it may be restored to."""

    db: Database
    storage: Storage
    clock: VirtualClock

    async def backed_up(self, folder: Path, keep: int = 7) -> None:
        await make(self.db, self.storage, self.clock, folder, key=None, keep=keep)


def place(folder: Path) -> Here:
    folder.mkdir()
    storage = storage_of(Settings(_env_file=None, data_dir=folder, storage_url=None))
    return Here(Database(f"sqlite:///{folder / 'minutebook.db'}"), storage, VirtualClock(START))


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    found = place(tmp_path / "here")
    await migrate(found.db)
    await found.storage.put_bytes("recordings/1/original.flac", b"said")
    yield found
    await found.db.close()


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Here]:
    found = place(tmp_path / "there")
    yield found
    await found.db.close()


@pytest.mark.parametrize("theirs", ["backups/photos/a.jpg", "objects/recordings/1/original.flac", "objects/a.part"])
async def test_a_folder_with_something_else_in_it_is_left_as_it_is(here: Here, tmp_path: Path, theirs: str) -> None:
    folder = tmp_path / "home"
    (folder / theirs).parent.mkdir(parents=True)
    (folder / theirs).write_bytes(b"precious")
    with pytest.raises(MinutebookError) as refused:
        await here.backed_up(folder)
    assert refused.value.code == "backup_folder"
    assert "/".join(theirs.split("/")[:2]) in refused.value.message
    assert f"such as {folder / 'minutebook'}" in refused.value.message
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / theirs]


async def test_what_is_put_between_backups_stays(here: Here, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    await here.backed_up(folder, keep=1)
    theirs = [
        folder / "backups" / "read me" / "a.txt",
        folder / "objects" / "ab" / "a.txt",
        folder / "objects" / "b.part",
    ]
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    await here.clock.sleep(1)
    await here.backed_up(folder, keep=1)
    assert Archive(folder).names() == [SECOND]
    assert [path.read_text() for path in theirs] == ["mine"] * 3


async def test_after_a_damaged_backup_an_older_one_is_restored(here: Here, there: Here, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    await here.backed_up(folder)
    await here.storage.put_bytes("recordings/2/original.flac", b"said later")
    await here.storage.put_bytes("recordings/3/original.flac", b"said last")
    await here.clock.sleep(1)
    await here.backed_up(folder)
    last = Archive(folder).manifest(SECOND).objects["recordings/3/original.flac"].sha256
    (folder / "objects" / last[:2] / last).write_bytes(b"other bytes")
    with pytest.raises(MinutebookError) as refused:
        await restore(there.db, there.storage, folder)
    assert refused.value.code == "backup_damaged"
    assert refused.value.message.startswith(f"{SECOND}: ")
    assert refused.value.message.endswith(f"--at {FIRST}.")
    assert [stored.key async for stored in there.storage.listing()] == []
    restored = await restore(there.db, there.storage, folder, FIRST)
    assert (restored.name, restored.objects) == (FIRST, 1)


@pytest.mark.parametrize("place_from_end", [40, 20, 8], ids=["begins", "goes on", "sum"])
async def test_one_byte_among_the_rows_is_found_before_anything_is_put_to_use(
    here: Here, there: Here, tmp_path: Path, place_from_end: int
) -> None:
    async with here.db.transaction() as tx:
        await Accounts(here.clock).create_user(tx, "ada@example.com", "correct horse battery", "Ada")
    await here.backed_up(tmp_path / "b")
    rows = tmp_path / "b" / "backups" / FIRST / "rows" / "users.jsonl.gz"
    kept = bytearray(rows.read_bytes())
    kept[-place_from_end] ^= 0xFF
    rows.write_bytes(kept)
    with pytest.raises(MinutebookError, match="There is no older one in this folder") as refused:
        await restore(there.db, there.storage, tmp_path / "b")
    assert refused.value.code == "backup_damaged"
    assert [stored.key async for stored in there.storage.listing()] == []


async def test_an_installation_in_use_is_told_by_what_is_in_it(here: Here, there: Here, tmp_path: Path) -> None:
    await here.backed_up(tmp_path / "b")
    await there.storage.put_bytes("recordings/other/original.flac", b"somebody's")
    with pytest.raises(MinutebookError, match=r"\(its storage holds recordings/other/original\.flac\)"):
        await restore(there.db, there.storage, tmp_path / "b")


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(MinutebookError, match="There is no folder"):
        Archive(tmp_path / "nothing").chosen(None)
    with pytest.raises(MinutebookError, match="holds no finished backup"):
        Archive(tmp_path).chosen(None)
    with (
        pytest.raises(MinutebookError, match="a file stands where a folder has to be"),
        Archive(tmp_path / "file").locked(),
    ):
        pass
