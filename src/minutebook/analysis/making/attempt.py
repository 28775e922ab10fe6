"""What all work on reports has in common: starting, failing well, telling how far it is, noticing that nobody waits."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from minutebook.analysis.model import Failure, Progress, Report
from minutebook.analysis.reports.scheduler import Scheduler, parsed_job_key
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.outages import outage_of
from minutebook.jobs.ports import Json, PutOffError, Steps, Task

log = logging.getLogger("minutebook.analysis")

ATTEMPTS: Final = 3
SUPERSEDED: Final = "superseded"
PROGRESS_EVERY_S: Final = 1.0
INTERNAL_ERROR: Final = Failure(
    "internal_error",
    "Something went wrong here while this was made. The server's log has the details; asking again may help.",
    retryable=True,
)
WORKER_CRASHED: Final = Failure(
    "worker_crashed",
    "The work on this recording took its worker down several times and was given up. The file may be damaged; the "
    "server's log has the details.",
    retryable=False,
)

Result = TypeVar("Result")
Tell = Callable[[Progress], None]
Make = Callable[["ReportAttempt"], Awaitable[None]]


class SupersededError(MinutebookError):
    """Nobody waits for this result any more: the recording was replaced or deleted, or the work was started anew. An
    error with a code, so that it passes through a step's memory and is not tried again."""

    def __init__(self) -> None:
        super().__init__(Kind.CONFLICT, SUPERSEDED, "Nobody waits for this result any more.")


class ReportAttempt:
    """One attempt at one report, for as long as a task runs."""

    def __init__(self, db: Database, scheduler: Scheduler, steps: Steps, report: Report) -> None:
        self.report = report
        self._db = db
        self._scheduler = scheduler
        self._steps = steps
        self.patient = steps.patient

    async def step(self, name: str, body: Callable[[], Awaitable[Json]]) -> Any:
        """Run a durable step; unexpected errors are tried again before they count, outages never count."""

        async def told() -> Json:
            result = await body()
            await self._going_on()
            log.info("report %s: finished step %s", self.report.id, name)
            return result

        return await self._steps.run(name, told, attempts=ATTEMPTS)

    async def tell(self, progress: Progress) -> None:
        """Keep how far the work is; raises `SupersededError` when nobody waits for it."""
        async with self._db.transaction() as tx:
            if not await self._scheduler.progress(tx, self.report.id, self.report.attempt, progress):
                raise SupersededError

    async def held_up(self, outage: MinutebookError) -> None:
        """Say on the report what its work waits for; while the database is away nobody could read it anyway."""
        with contextlib.suppress(MinutebookError):
            async with self._db.transaction() as tx:
                await self._scheduler.held_up(tx, self.report.id, self.report.attempt, outage)

    async def _going_on(self) -> None:
        if self.report.waiting is not None:
            async with self._db.transaction() as tx:
                await self._scheduler.going_on(tx, self.report.id, self.report.attempt)
            self.report = replace(self.report, waiting=None)

    async def computed(self, compute: Callable[[Tell], Result]) -> Result:
        """Run `compute(tell)` in a thread. What it tells is written at most once a second, if it can be written; when
        nobody waits any more, its next `tell` raises `SupersededError` in the thread, so that it ends soon."""
        board = _Board()
        running = asyncio.create_task(asyncio.to_thread(compute, board.tell))
        try:
            while not running.done():
                await asyncio.wait({running}, timeout=PROGRESS_EVERY_S)
                told = board.take()
                if told is not None and not running.done():
                    await self._tell_if_possible(told)
            return await running
        finally:
            # The thread itself cannot be cancelled; it ends at its next `tell`.
            board.stopped.set()
            running.cancel()

    async def _tell_if_possible(self, progress: Progress) -> None:
        try:
            await self.tell(progress)
        except MinutebookError as error:
            if outage_of(error) is None:
                raise
            log.info("report %s: its progress cannot be told: %s", self.report.id, error.code)


class _Board:
    """Passes the latest progress from a thread to the event loop."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._latest: Progress | None = None

    def tell(self, progress: Progress) -> None:
        if self.stopped.is_set():
            raise SupersededError
        self._latest = progress

    def take(self) -> Progress | None:
        latest, self._latest = self._latest, None
        return latest


def report_task(db: Database, scheduler: Scheduler, make: Make, clean_up: Make) -> Task:
    """The durable task around `make`: whatever happens in there, the report ends completed or failed, with a code and
    a sentence; `clean_up` runs when it ended, and not when it is put off or goes on elsewhere."""

    async def task(steps: Steps, args: Mapping[str, Json]) -> None:
        report_id, attempt = str(args["report_id"]), int(str(args["attempt"]))
        async with db.transaction() as tx:
            report = await scheduler.start(tx, report_id, attempt)
        if report is None:
            log.info("report %s: nothing to do any more", report_id)
            return
        running = ReportAttempt(db, scheduler, steps, report)
        try:
            failure = await _ended(make, running)
        except PutOffError as put_off:
            await running.held_up(put_off.outage)
            raise
        if failure is not None:
            async with db.transaction() as tx:
                await scheduler.fail(tx, report_id, attempt, failure)
        await clean_up(running)

    return task


async def _ended(make: Make, attempt: ReportAttempt) -> Failure | None:
    try:
        await make(attempt)
    except MinutebookError as error:
        if error.code == SUPERSEDED:
            log.info("report %s: stopped, nobody waits for it", attempt.report.id)
            return None
        _put_off_in_an_outage(attempt, error)
        log.warning("report %s failed: %s", attempt.report.id, error.code)
        unexpected = error.code == INTERNAL_ERROR.code
        return INTERNAL_ERROR if unexpected else Failure(error.code, error.message, error.retryable)
    except Exception as error:  # the edge of the task: an unknown error must not leave the user waiting
        _put_off_in_an_outage(attempt, error)
        log.exception("report %s failed", attempt.report.id)
        return INTERNAL_ERROR
    return None


def _put_off_in_an_outage(attempt: ReportAttempt, error: Exception) -> None:
    outage = outage_of(error) if attempt.patient else None
    if outage is not None:
        raise PutOffError(outage) from error


async def give_up(db: Database, scheduler: Scheduler, key: str) -> None:
    """Let a report fail whose work took its worker down each time it was tried. For the runner, which tells the key of
    the job that it gives up; keys of other work say nothing here."""
    job = parsed_job_key(key)
    if job is not None:
        async with db.transaction() as tx:
            await scheduler.fail(tx, *job, WORKER_CRASHED)
