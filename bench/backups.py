"""What backups cost: of so many meetings, the first, one after a tenth came anew, one of nothing new; and a restore.

    python -m bench.backups [--meetings 500] [--mb 1]

Meetings have a transcript of 200 turns and a recording of random bytes each, over SQLite and a folder. Told are
the time that passed, processor time, bytes copied, and how big the folder of backups is. The disk's writing through is
in the times: a backup waits until the disk has what it keeps.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

from minutebook.backup.model import Summary
from minutebook.backup.service import make, restore
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.migrations import migrate
from minutebook.kit.clock import SystemClock
from minutebook.storage import storage_of
from minutebook.wiring import Services
from support.searching import meeting, recorded, services_over

SAID = [(f"speaker_{turn % 4}", f"What was said in turn {turn} is a sentence of ten words.") for turn in range(200)]
MB = 1_000_000


async def add(services: Services, owner: str, count: int, size: int) -> None:
    """Meetings with a transcript and an object each."""
    for _ in range(count):
        made = await meeting(services, owner, title="Weekly")
        await recorded(services, made, SAID, owner_id=owner)
        await services.storage.put_bytes(f"recordings/{made}/bench", os.urandom(size))


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


async def measured(name: str, folder: Path, work: Awaitable[Summary]) -> None:
    """Do it and tell what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    told = await work
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    size = await asyncio.to_thread(size_of, folder)
    print(
        f"| {name} | {told.rows} | {told.objects} | {told.copied_size / MB:.1f} MB | {size / MB:.1f} MB "
        f"| {wall:.1f} s | {cpu:.1f} s |",
        flush=True,
    )


async def run(folder: Path, meetings: int, size: int) -> None:
    """Fill, back up three times, restore."""
    kept, clock = folder / "backups", SystemClock()
    db = Database(f"sqlite:///{folder / 'minutebook.db'}")
    await migrate(db)
    services = services_over(db, folder / "data")
    async with db.transaction() as tx:
        owner = (await services.accounts.local_user(tx)).id
    storage = services.storage
    await add(services, owner, meetings, size)
    print("| | rows | objects | copied | folder | wall | processor |\n|---|---:|---:|---:|---:|---:|---:|")
    await measured(f"first, {meetings} meetings", kept, make(db, storage, clock, kept, key=None, keep=7))
    await add(services, owner, meetings // 10, size)
    await measured(f"{meetings // 10} more", kept, make(db, storage, clock, kept, key=None, keep=7))
    await measured("nothing new", kept, make(db, storage, clock, kept, key=None, keep=7))
    there = Database(f"sqlite:///{folder / 'there.db'}")
    elsewhere = storage_of(Settings(_env_file=None, data_dir=folder / "there"))
    await measured("restore", kept, restore(there, elsewhere, kept))
    await db.close()
    await there.close()


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=500)
    parser.add_argument("--mb", type=float, default=1.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), given.meetings, int(given.mb * MB)))


if __name__ == "__main__":
    main()
