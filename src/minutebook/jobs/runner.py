"""Runs durable jobs in this process: the worker process holds one, and so does the one-process command line."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from minutebook.config import JobSettings
from minutebook.db.database import Database
from minutebook.jobs.engine import DbosEngine, DurableSteps
from minutebook.jobs.leases import ATTEMPTS, Leases
from minutebook.jobs.ports import Json, Task
from minutebook.jobs.requests import hand_over
from minutebook.jobs.steps import BETWEEN_ATTEMPTS, attempt_step, outcome_of
from minutebook.jobs.system import system_url
from minutebook.telemetry.metrics import JOBS

logger = logging.getLogger(__name__)

KEEP_S = 14 * 24 * 3600.0
"""Ended jobs are remembered for so long: until then a second job with the same key is not run."""

REPORT_ATTEMPTS = 5

OnAbandoned = Callable[[str], Awaitable[None]]
"""Told the key of a job that ended without its task having come to an end: the task let an exception escape, or the job
ended one worker after the other. May be told more than once."""


@dataclass(frozen=True, slots=True)
class Chore:
    """Something a runner does now and then beside the jobs; running it twice, or in two runners, does no harm."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[object]]


class JobFailedError(Exception):
    """How a job ends whose task let an exception escape."""


async def nobody_listens(_key: str) -> None:
    """The default for `on_abandoned`: the log has told already."""


class JobRunner:
    """Takes requests from the outbox of `database`, runs `tasks` for them, and takes over from runners that died. One
    per process; `start` and `stop` belong to the event loop that the tasks' database connections belong to."""

    def __init__(
        self,
        settings: JobSettings,
        database: Database,
        tasks: Mapping[str, Task],
        *,
        on_abandoned: OnAbandoned = nobody_listens,
        chores: Sequence[Chore] = (),
        attempts: int = ATTEMPTS,
    ) -> None:
        self._settings = settings
        self._database = database
        self._tasks = tasks
        self._on_abandoned = on_abandoned
        self._engine = DbosEngine(system_url(database.url), settings.poll_s, self._perform)
        self._leases = Leases(self._engine, settings.heartbeat_s, settings.lease_s, self._abandon, attempts)
        forget = Chore("forget", 3600.0, self._forget)
        self._chores = (Chore("hand over requests", settings.poll_s, self._relay), forget, *chores)
        self._running: set[asyncio.Task[object]] = set()
        self._stopping = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.stop()

    async def start(self) -> None:
        """Begin to take work."""
        self._loop = asyncio.get_running_loop()
        await self._engine.launch(before_work=self._leases.prepare)
        self._leases.start()
        self._chore_tasks = [asyncio.create_task(self._repeat(chore), name=chore.name) for chore in self._chores]

    async def stop(self) -> None:
        """Take no more work, break off what is running (another runner resumes it at its last completed step), and
        close. Threads that a step has started cannot be stopped and run to their end."""
        self._stopping = True
        await _end(self._chore_tasks)
        await self._engine.take_no_more()
        await _end(self._running)
        await asyncio.to_thread(self._leases.stop)
        await self._engine.close()

    async def _perform(self, key: str, task: str, args: Mapping[str, Json]) -> None:
        me = asyncio.current_task()
        if self._stopping or me is None:
            raise asyncio.CancelledError
        self._running.add(me)
        try:
            await self._run_task(key, task, args)
        finally:
            self._running.discard(me)

    async def _run_task(self, key: str, task: str, args: Mapping[str, Json]) -> None:
        JOBS.labels(task, "started").inc()
        try:
            await self._tasks[task](DurableSteps(), args)
        except Exception as error:
            # A task handles its own failures; one that does not must end as failed, whatever it was.
            logger.exception("job %s (%s) failed", key, task)
            JOBS.labels(task, "failed").inc()
            await self._report(key)
            raise JobFailedError(f"{task} failed ({type(error).__name__})") from None
        JOBS.labels(task, "finished").inc()

    async def _report(self, key: str) -> None:
        async def once() -> Json:
            await self._on_abandoned(key)
            return None

        outcome_of(await attempt_step(f"report {key}", once, REPORT_ATTEMPTS))

    def _abandon(self, key: str) -> None:
        told = asyncio.run_coroutine_threadsafe(self._told(key), self._loop)
        told.result(timeout=self._settings.lease_s)

    async def _told(self, key: str) -> None:
        await self._on_abandoned(key)

    async def _relay(self) -> None:
        while await hand_over(self._database, self._engine):
            pass

    async def _forget(self) -> None:
        while await asyncio.to_thread(self._engine.forget, time.time() - KEEP_S):
            pass

    async def _repeat(self, chore: Chore) -> None:
        failures = 0
        while True:
            try:
                await chore.run()
            except Exception:  # a chore that failed once must not be the last of its kind
                failures += 1
                logger.exception("%s failed; it is tried again", chore.name)
                await asyncio.sleep(BETWEEN_ATTEMPTS.delay_s(failures))
            else:
                failures = 0
                await asyncio.sleep(chore.every_s)


async def _end(
    tasks: Sequence[asyncio.Task[object]] | Sequence[asyncio.Task[None]] | set[asyncio.Task[object]],
) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
