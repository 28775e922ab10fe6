"""What reading calendars costs: 10,000 events in 200 calendars, and 10,000 in one, over SQLite in one process.

    python -m bench.calendars [--calendars 200] [--events 10000]

Prints, per reading: wall time, processor time of this process, SQL statements, and the process' highest memory (RSS) so
far in MB. The provider is the tests' fake Google without a network, in this process too: its share is in the times and
grows with the calendar (it compares all that it has), which the statements do not. The second part shows that a reading
in part costs what changed, not what there is: the same three changes in calendars of 100, 1,000 and 10,000 events.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine, event

from minutebook.calendars.model import ProviderName, Rule
from minutebook.db.database import Database, metadata
from minutebook.db.migrations.compare import load_tables
from support.calendars.rig import START, Rig, meeting, rig_over
from support.calendars.world import Truth


def truth_of(count: int, name: str) -> Truth:
    """So many events over the next thirty days, a link in each, every room its own."""
    truth = Truth()
    for number in range(count):
        url = f"https://zoom.us/j/{10_000_000_000 + hash((name, number)) % 10_000_000_000}"
        truth.put(meeting(f"{name}e{number}", 1 + number * 700 / count, url=url, minutes=30))
    return truth


class Meter:
    """Measures one thing after the other."""

    def __init__(self, database: Database) -> None:
        self.statements = 0

        @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
        def _count(*_: object) -> None:
            self.statements += 1

    async def measure(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        began, cpu, before = time.perf_counter(), time.process_time(), self.statements
        await work()
        wall, used = time.perf_counter() - began, time.process_time() - cpu
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {name} | {wall:.2f} s | {used:.2f} s | {self.statements - before} | {memory:.0f} MB |", flush=True)


async def many(rig: Rig, meter: Meter, calendars: int, events: int) -> None:
    """Many calendars, one account each."""
    truths = [truth_of(events // calendars, f"c{number}") for number in range(calendars)]

    async def connect() -> None:
        for number, truth in enumerate(truths):
            await rig.connected(ProviderName.GOOGLE, truth, email=f"u{number}@example.com", rule=None)

    async def one_each() -> None:
        for truth in truths[::20]:
            key = next(iter(truth.singles))
            truth.change(key, title="Changed")
        await rig.later()

    async def rules() -> None:
        async with rig.db.transaction() as tx:
            found = await rig.calendars.list(tx, rig.owner.id)
        for calendar in found:
            async with rig.db.transaction() as tx:
                await rig.calendars.event_bots.set_rule(tx, rig.owner.id, calendar.id, Rule())

    await meter.measure(f"{calendars} calendars, {events} events: first reading", connect)
    await meter.measure("all again, nothing changed", rig.later)
    await meter.measure("all again, a change in every twentieth", one_each)
    await meter.measure("a bot to each event (rules switched on)", rules)
    await meter.measure("all again as a whole (a new day)", lambda: rig.later(24 * 3600))


async def large(rig: Rig, meter: Meter) -> None:
    """One calendar of each size; three changes."""
    for size in (100, 1_000, 10_000):
        truth = truth_of(size, f"l{size}")
        calendar = await rig.connected(ProviderName.GOOGLE, truth, email=f"large{size}@example.com")
        keys = list(truth.singles)[:3]

        async def three(truth: Truth = truth, keys: list[str] = keys, size: int = size) -> None:
            truth.change(keys[0], title="Changed")
            truth.change(keys[1], start=START + timedelta(days=3))
            truth.remove(keys[2])
            rig.clock.advance(61)
            await rig.calendars.sync_due()
            assert size

        await meter.measure(f"one calendar of {size}: three changes", three)
        await rig.calendars.connecting.remove(rig.owner.id, calendar.id)


async def main(calendars: int, events: int) -> None:
    load_tables()
    for part in (many, large):
        with tempfile.TemporaryDirectory(prefix="mbcal") as folder:
            url = f"sqlite:///{folder}/bench.db"
            engine = create_engine(url)
            metadata.create_all(engine)
            engine.dispose()
            database = Database(url)
            rig = await rig_over(database, Path(folder))
            rig.google.page = 2500
            meter = Meter(database)
            if part is many:
                print("| reading | wall | processor | statements | highest RSS |\n|---|---|---|---|---|")
                await many(rig, meter, calendars, events)
            else:
                await large(rig, meter)
            await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calendars", type=int, default=200)
    parser.add_argument("--events", type=int, default=10_000)
    given = parser.parse_args()
    asyncio.run(main(given.calendars, given.events))
