"""A process that reads a calendar, so many seconds after the start, and is killed at a statement of its choice:
`python -m support.calendars.mortal`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event

from minutebook.db.database import Database
from support.calendars.rig import Rig, busy_truth, meeting, rig_over
from support.calendars.world import Truth


def edited() -> Truth:
    """What the calendar shows in the end; the same in every process."""
    truth = busy_truth()
    truth.put(meeting("new", 5))
    truth.remove("single3")
    truth.change_series("daily", title="Stand-up")
    return truth


async def rejoined(database: Database, folder: Path, truth: Truth) -> Rig:
    """A rig over a database that has a calendar already, in which the provider shows `truth`."""
    rig = await rig_over(database, folder)
    account = rig.google.account("ada@example.com")
    account.calendars["ada@example.com"] = truth
    return rig


async def main(url: str, folder: Path, dies_at: int, after_s: float) -> None:
    database = Database(url)
    rig = await rejoined(database, folder, edited())
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for engine in {database.engine.sync_engine, database.writer.sync_engine}:
        event.listen(engine, "before_cursor_execute", count)
    await rig.later(after_s)
    print(seen, flush=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
