"""Runs durable jobs in this process: the worker process holds one, and so does the one-process command line."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from minutebook.config import JobSettings
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.jobs.engine import DbosEngine, DurableSteps
from minutebook.jobs.health import check_queue, is_new
from minutebook.jobs.leases import ATTEMPTS, Leases
from minutebook.jobs.outages import next_look_s, outage_of
from minutebook.jobs.ports import Json, PutOffError, Task
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


AskAnew = Callable[[], Awaitable[int]]
"""Requests everything that waits for work; returns how much that is. What the queue knows already is not run twice."""


async def nothing_to_ask() -> int:
    """The default for `ask_anew`."""
    return 0


async def nobody_listens(_key: str) -> None:
    """The default for `on_abandoned`: the log has told already."""


class JobRunner:
    """Takes requests from the outbox of `database`, runs `tasks` for them, and takes over from runners that died. One
    per process; `start` and `stop` belong to the event loop that the tasks' database connections belong to. Work that
    meets an outage waits for its end, except where somebody sits before it: without `patient` it fails."""

    def __init__(
        self,
        settings: JobSettings,
        database: Database,
        tasks: Mapping[str, Task],
        *,
        on_abandoned: OnAbandoned = nobody_listens,
        chores: Sequence[Chore] = (),
        attempts: int = ATTEMPTS,
        patient: bool = True,
        ask_anew: AskAnew = nothing_to_ask,
    ) -> None:
        self._ask_anew = ask_anew
        self._settings = settings
        self._patient = patient
        self._put_offs: dict[str, int] = {}
        self._database = database
        self._tasks = tasks
        self._on_abandoned = on_abandoned
        self._engine = DbosEngine(system_url(database.url), settings.poll_s, self._perform)
        self._leases = Leases(self._engine, settings.heartbeat_s, settings.lease_s, self._abandon, attempts)
        forget = Chore("forget", 3600.0, self._forget)
        stranded = Chore("give stranded jobs back", settings.lease_s, self._give_back_stranded)
        self._chores = (Chore("hand over requests", settings.poll_s, self._relay), forget, stranded, *chores)
        self._running: dict[str, asyncio.Task[object]] = {}
        self._unheld: frozenset[str] = frozenset()
        self._stopping = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.stop()

    async def start(self) -> None:
        """Begin to take work. Where the queue is new, everything that waits is asked for anew: it may have been lost.
        Raises `jobs_damaged`."""
        self._loop = asyncio.get_running_loop()
        url = system_url(self._database.url)
        new = await asyncio.to_thread(is_new, url)
        await asyncio.to_thread(check_queue, url, thorough=True)
        if new and (asked := await self._ask_anew()):
            logger.info("the queue of work is new: %d jobs were asked for anew", asked)
        await self._engine.launch(before_work=self._leases.prepare)
        self._leases.start()
        self._chore_tasks = [asyncio.create_task(self._repeat(chore), name=chore.name) for chore in self._chores]

    async def stop(self) -> None:
        """Take no more work, break off what is running (another runner resumes it at its last completed step), and
        close. Threads that a step has started cannot be stopped and run to their end."""
        self._stopping = True
        await _end(self._chore_tasks)
        await self._engine.take_no_more()
        await _end([*self._running.values()])
        await asyncio.to_thread(self._leases.stop)
        await self._engine.close()

    async def _perform(self, key: str, task: str, args: Mapping[str, Json]) -> None:
        me = asyncio.current_task()
        if self._stopping or me is None:
            raise asyncio.CancelledError
        self._running[key] = me
        try:
            await self._run_task(key, task, args)
        finally:
            self._running.pop(key, None)

    async def _run_task(self, key: str, task: str, args: Mapping[str, Json]) -> None:
        JOBS.labels(task, "started").inc()
        try:
            await self._tasks[task](DurableSteps(self._patient), args)
        except PutOffError as put_off:
            await self._put_off(key, task, put_off.outage)
            raise
        except Exception as error:
            outage = outage_of(error) if self._patient else None
            if outage is not None:
                await self._put_off(key, task, outage)
                raise PutOffError(outage) from error
            # A task handles its own failures; one that does not must end as failed, whatever it was.
            logger.exception("job %s (%s) failed", key, task)
            JOBS.labels(task, "failed").inc()
            await self._report(key)
            raise JobFailedError(f"{task} failed ({type(error).__name__})") from None
        self._put_offs.pop(key, None)
        JOBS.labels(task, "finished").inc()

    async def _put_off(self, key: str, task: str, outage: MinutebookError) -> None:
        times = self._put_offs[key] = self._put_offs.get(key, 0) + 1
        for_s = next_look_s(outage, times, random.random())  # noqa: S311 (spreads looks, guards nothing)
        logger.warning("job %s (%s) waits %.0f s, for the %d. time: %s", key, task, for_s, times, outage.message)
        JOBS.labels(task, "put_off").inc()
        await self._engine.put_off(key, for_s)

    async def _report(self, key: str) -> None:
        async def once() -> Json:
            await self._on_abandoned(key)
            return None

        try:
            outcome_of(await attempt_step(f"report {key}", once, REPORT_ATTEMPTS, patient=self._patient))
        except PutOffError as put_off:  # the whole job comes again, and fails again
            await self._put_off(key, "report", put_off.outage)
            raise

    def _abandon(self, key: str) -> None:
        told = asyncio.run_coroutine_threadsafe(self._told(key), self._loop)
        told.result(timeout=self._settings.lease_s)

    async def _told(self, key: str) -> None:
        await self._on_abandoned(key)

    async def _relay(self) -> None:
        while await hand_over(self._database, self._engine):
            pass

    async def _give_back_stranded(self) -> None:
        """A job that DBOS took for this runner right before its database went away may never have begun: what twice in
        a row is ours and not at work goes back to its queue."""
        held = await asyncio.to_thread(self._engine.held)
        unheld = frozenset(held) - self._running.keys()
        stranded, self._unheld = unheld & self._unheld, unheld
        if stranded:
            logger.warning("%d jobs were taken and never begun; they are given back", len(stranded))
            await asyncio.to_thread(self._engine.requeue_dead, [self._engine.executor_id], sorted(stranded))

    async def _forget(self) -> None:
        while await asyncio.to_thread(self._engine.forget, time.time() - KEEP_S):
            pass

    async def _repeat(self, chore: Chore) -> None:
        failures = 0
        while True:
            try:
                await chore.run()
            except Exception as error:  # a chore that failed once must not be the last of its kind
                failures += 1
                outage = outage_of(error)
                logger.warning("%s failed; it is tried again: %s", chore.name, outage or error, exc_info=outage is None)
                await asyncio.sleep(BETWEEN_ATTEMPTS.delay_s(failures))
            else:
                failures = 0
                await asyncio.sleep(chore.every_s)


async def _end(
    tasks: Sequence[asyncio.Task[object]] | Sequence[asyncio.Task[None]],
) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
