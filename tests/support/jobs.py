"""Tasks that leave traces, for tests of durable jobs; as a program, a worker process that runs them:
`python -m support.jobs URL` (stops at SIGTERM) or `python -m support.jobs URL --supervised`."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import Column, MetaData, String, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from minutebook.config import JobSettings, Settings
from minutebook.db.database import Database
from minutebook.jobs.ports import Job, Json, QueueName, Steps, Task
from minutebook.jobs.requests import DurableJobs
from minutebook.jobs.runner import JobRunner
from minutebook.kit.ids import new_id

QUICK = JobSettings(poll_s=0.05, heartbeat_s=0.2, lease_s=1.5)
WITHIN_S = 60.0

traces = Table(
    "traces", MetaData(), Column("id", String(200), primary_key=True), Column("what", String(200), nullable=False)
)


@dataclass
class Traces:
    """What tasks did, kept in the application's database: `note` once per call, `effect` once whatever happens."""

    database: Database

    async def create(self) -> None:
        async with self.database.engine.begin() as connection:
            await connection.run_sync(traces.metadata.create_all)

    async def note(self, what: str) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(insert(traces).values(id=new_id(), what=what))

    async def effect(self, name: str) -> None:
        async with self.database.transaction() as tx:
            dialect = sqlite if self.database.is_sqlite else postgresql
            row = dialect.insert(traces).values(id=name, what=f"effect {name}")
            await tx.execute(row.on_conflict_do_nothing())

    async def all(self) -> list[str]:
        async with self.database.reading() as tx:
            return list((await tx.execute(select(traces.c.what).order_by(traces.c.id))).scalars())

    async def until(self, what: str, times: int = 1) -> list[str]:
        """Wait until this trace is there so many times; returns all traces."""
        async with asyncio.timeout(WITHIN_S):
            while (found := await self.all()).count(what) < times:
                await asyncio.sleep(0.02)
        return found


@dataclass
class Tasks:
    """The tasks by name. `hold` stops the waiting ones until it is set."""

    left: Traces
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    def by_name(self) -> Mapping[str, Task]:
        return {"count": self.count, "wait": self.wait, "fail": self.fail, "die": self.die}

    async def abandoned(self, key: str) -> None:
        await self.left.note(f"abandoned {key}")

    async def count(self, steps: Steps, args: Mapping[str, Json]) -> None:
        """`n` steps of `pause_s` seconds; each notes its begin and has an effect."""
        key, n, pause_s = str(args["key"]), int(str(args.get("n", 3))), float(str(args.get("pause_s", 0)))
        total = 0

        async def one(index: int) -> Json:
            await self.left.note(f"begin {key} {index}")
            await asyncio.sleep(pause_s)
            await self.left.effect(f"{key} {index}")
            return index

        for index in range(n):
            result = await steps.run(f"step {index}", lambda index=index: one(index))  # type: ignore[misc]
            assert isinstance(result, int)
            total += result
        await self.left.effect(f"{key} total {total}")
        await self.left.note(f"done {key}")

    async def wait(self, steps: Steps, args: Mapping[str, Json]) -> None:
        """Two steps; the first waits for `hold`."""
        key = str(args["key"])

        async def hold() -> Json:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await self.left.note(f"holding {key}")
            try:
                await self.hold.wait()
            finally:
                self.at_once -= 1
            return None

        async def after() -> Json:
            await self.left.note(f"after {key}")
            return None

        await steps.run("hold", hold)
        await steps.run("after", after)
        await self.left.note(f"done {key}")

    async def fail(self, _steps: Steps, args: Mapping[str, Json]) -> None:
        """Lets an exception escape."""
        raise LookupError(str(args["key"]))

    async def die(self, steps: Steps, args: Mapping[str, Json]) -> None:
        """Takes its worker process along."""

        async def kill() -> Json:
            await self.left.note(f"dying {args['key']}")
            os.kill(os.getpid(), signal.SIGKILL)
            await asyncio.sleep(WITHIN_S)
            return None

        await steps.run("kill", kill)


def runner_of(database: Database, tasks: Tasks, attempts: int = 3) -> JobRunner:
    return JobRunner(QUICK, database, tasks.by_name(), on_abandoned=tasks.abandoned, attempts=attempts)


async def enqueue(database: Database, task: str, key: str, queue: QueueName = QueueName.DEFAULT, **args: Json) -> None:
    async with database.transaction() as tx:
        await DurableJobs().enqueue(tx, Job(task, key, {"key": key, **args}, queue))


async def cancel(database: Database, key: str) -> None:
    async with database.transaction() as tx:
        await DurableJobs().cancel(tx, key)


def main(url: str, *options: str) -> None:
    from minutebook.jobs.worker import Work, run_worker

    @asynccontextmanager
    async def open_tasks(settings: Settings) -> AsyncIterator[Work]:
        database = Database(settings.sqlalchemy_url)
        tasks = Tasks(Traces(database))
        yield Work(database, tasks.by_name(), tasks.abandoned)
        await database.close()

    settings = Settings(_env_file=None, database_url=url, jobs=QUICK)
    run_worker(settings, open_tasks, supervised="--supervised" in options)


if __name__ == "__main__":
    main(*sys.argv[1:])
