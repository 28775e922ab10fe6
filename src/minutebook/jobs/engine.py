"""DBOS, and nothing else knows it: one workflow that runs any task, two queues, and the calls that steer them.

DBOS keeps one instance per process. Private parts used here (3.4.0, pinned): the event loop it runs coroutines on,
its threads' stop events, its migrations, and its re-enqueueing of a dead executor's work.
"""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa

from minutebook.jobs.outages import BETWEEN_LOOKS, outage_of
from minutebook.jobs.ports import Job, Json, QueueName
from minutebook.jobs.steps import attempt_step, outcome_of
from minutebook.jobs.system import SystemTables, open_system

logger = logging.getLogger(__name__)

APPLICATION = "minutebook"
VERSION = "1"
"""Raised when the steps of a task change so that work begun before cannot be resumed: old work then waits for a runner
of its own version. DBOS would otherwise derive it from source code, and an update would strand all waiting work."""
AT_ONCE = {QueueName.SPEECH: 1, QueueName.DEFAULT: 4}
"""How many jobs of a queue one runner works on."""
STEP_THREADS = 32
AWAY_TOLD_EVERY_S = 30.0
ACTIVE = ("ENQUEUED", "PENDING", "DELAYED")

Perform = Callable[[str, str, Mapping[str, Json]], Awaitable[None]]
T = TypeVar("T")


class DbosEngine:
    """Runs jobs durably in this process. `perform(key, task, args)` is awaited on the event loop that called `launch`,
    because database connections belong to one loop."""

    _in_use: ClassVar[bool] = False

    def __init__(self, url: sa.URL, poll_s: float, perform: Perform) -> None:
        self._poll_s = poll_s
        self._perform = perform
        self.database = open_system(url)
        self.tables = SystemTables(self.database)
        self.executor_id = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="jobs-control")
        self._dbos: Any = None
        self._workflow: Any = None

    async def launch(self, before_work: Callable[[], None]) -> None:
        """Create or migrate the engine's tables and begin to take work, after `before_work` has been called."""
        self._dbos = await self._apart(self._configure)
        await self._apart(before_work)
        # Taken before launch: work of an earlier run may be taken as soon as the queues are read.
        self._dbos._background_event_loop.set_main_loop()
        await self._apart(self._start)

    async def enqueue(self, job: Job) -> None:
        """See `requests.Engine`."""
        await self._apart(lambda: self._enqueue(job))

    async def cancel(self, key: str) -> None:
        """See `requests.Engine`."""
        from dbos import DBOS

        await self._apart(lambda: DBOS.cancel_workflow(key))

    async def take_no_more(self) -> None:
        """Stop taking jobs from the queues; returns when none can begin any more."""
        await self._apart(self._stop_queues)

    async def close(self) -> None:
        """End DBOS, give this runner's unfinished jobs back to the queues, and close the database."""
        if self._dbos is not None:
            await self._apart(self._destroy)
            # DBOS put its own threads, now gone, behind asyncio.to_thread.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        self.database.dispose()
        self._threads.shutdown(wait=False)

    def requeue_dead(self, executor_ids: list[str], keys: list[str]) -> None:
        """Give jobs of dead runners back to their queues. Idempotent: a job that another runner took meanwhile is no
        longer theirs. Called from the heartbeat's thread."""
        from dbos._utils import INTERNAL_QUEUE_NAME

        for key in keys:
            self._dbos._sys_db.reenqueue_for_recovery(key, executor_ids, INTERNAL_QUEUE_NAME)

    def give_up(self, key: str) -> None:
        """End a job that nobody shall try again."""
        self._dbos._sys_db.dead_letter_workflows([key], min_recovery_attempts=0)

    async def put_off(self, key: str, for_s: float) -> None:
        """Give a running job of this runner back to its queue, which offers it again after `for_s` seconds. Waits for
        the engine's database when that is away as well."""
        failures = 0
        while True:
            try:
                return await self._apart(lambda: self._delay(key, for_s))
            except sa.exc.SQLAlchemyError as error:
                if outage_of(error) is None:
                    raise
                failures += 1
                await asyncio.sleep(BETWEEN_LOOKS.delay_s(failures))

    def held(self) -> list[str]:
        """The jobs that are this runner's by the queue's reckoning."""
        flows = self.tables.workflows
        ours = sa.select(flows.c.workflow_uuid).where(
            flows.c.status == "PENDING", flows.c.executor_id == self.executor_id
        )
        with self.database.connect() as connection:
            return list(connection.execute(ours).scalars())

    def forget(self, before_s: float, limit: int = 500) -> int:
        """Delete jobs, with their steps, that ended before `before_s` (seconds since 1970); returns how many."""
        flows = self.tables.workflows
        with self.database.begin() as connection:
            keys = list(
                connection.execute(
                    sa.select(flows.c.workflow_uuid).where(flows.c.completed_at < int(before_s * 1000)).limit(limit)
                ).scalars()
            )
        if keys:
            self._dbos._sys_db.delete_workflows(keys)
        return len(keys)

    async def _apart(self, work: Callable[[], T]) -> T:
        """DBOS's blocking calls, kept off the event loop, one at a time and in order."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _configure(self) -> Any:
        from dbos import DBOS
        from dbos._serialization import DBOSPortableJSON

        if DbosEngine._in_use:
            raise RuntimeError("DBOS runs in this process already: one runner at a time")
        DbosEngine._in_use = True
        _quiet()
        dbos = DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self.database,
                "application_version": VERSION,
                "executor_id": self.executor_id,
                "use_listen_notify": False,
                # Nothing of ours listens; a stop waits for this poll.
                "notification_listener_polling_interval_sec": 0.2,
                "enable_otlp": False,
                "log_level": "WARNING",
                "max_executor_threads": STEP_THREADS,
                "serializer": DBOSPortableJSON,
            }
        )

        async def minutebook_job(task: str, args: dict[str, Any]) -> None:
            await self._perform(str(DBOS.workflow_id), task, args)

        self._workflow = DBOS.workflow(name="minutebook_job", max_recovery_attempts=None)(minutebook_job)
        return dbos

    def _start(self) -> None:
        from dbos import DBOS, DBOSClient

        # Tables and queues first: DBOS looks for new queues once a second, and takes those it finds at launch at once.
        client = DBOSClient(system_database_engine=self.database, application_name=APPLICATION, lazy=True)
        client._sys_db.run_migrations()
        for queue, at_once in AT_ONCE.items():
            client.register_queue(
                queue.value, worker_concurrency=at_once, polling_interval_sec=self._poll_s, on_conflict="always_update"
            )
        client.destroy()
        DBOS.launch()

    def _enqueue(self, job: Job) -> None:
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID
        from dbos._context import DBOSContextSetAuth

        turn = SetEnqueueOptions(priority=self._turn(job))
        with DBOSContextSetAuth(job.owner_id, None), SetWorkflowID(job.key), turn:
            DBOS.enqueue_workflow(job.queue.value, self._workflow, job.task, dict(job.args))

    def _turn(self, job: Job) -> int:
        """Whose turn it is, by start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996) with jobs of one length:
        a job stands one behind its owner's last one, or one behind what is at work when its owner has none."""
        flows = self.tables.workflows
        here = flows.c.queue_name == job.queue.value
        at_work = sa.select(sa.func.min(flows.c.priority)).where(here, flows.c.status.in_(("ENQUEUED", "PENDING")))
        own = sa.select(sa.func.max(flows.c.priority)).where(
            here, flows.c.status.in_(ACTIVE), flows.c.authenticated_user == job.owner_id
        )
        with self.database.connect() as connection:
            first, last = connection.execute(at_work).scalar(), connection.execute(own).scalar()
        return max((first or 1) - 1, last or 0, 0) + 1

    def _delay(self, key: str, for_s: float) -> None:
        steps, flows = self.tables.steps, self.tables.workflows
        ours = self._ours().where(flows.c.workflow_uuid == key)
        with self.database.begin() as connection:
            # Steps keep their failures as results: an error here is one of the engine itself, met in the outage.
            connection.execute(sa.delete(steps).where(steps.c.workflow_uuid == key, steps.c.error.is_not(None)))
            until = sa.cast((self.tables.now + for_s) * 1000, sa.BigInteger)
            connection.execute(ours.values(status="DELAYED", delay_until_epoch_ms=until))

    def _ours(self) -> sa.Update:
        """What this runner works on, given back. The dispatch that ends with it is no failed attempt: not counted."""
        flows = self.tables.workflows
        attempts = sa.case((flows.c.recovery_attempts > 0, flows.c.recovery_attempts - 1), else_=0)
        return (
            sa.update(flows)
            .where(flows.c.status == "PENDING", flows.c.executor_id == self.executor_id)
            .values(owner_xid=None, started_at_epoch_ms=None, recovery_attempts=attempts)
        )

    def _stop_queues(self) -> None:
        for event in self._dbos.background_thread_stop_events:
            event.set()
        for thread in self._dbos._background_threads:
            if thread.name.startswith("Thread") and "queue_thread" in thread.name:
                thread.join(timeout=10)

    def _destroy(self) -> None:
        from dbos import DBOS

        DBOS.destroy(destroy_registry=True)
        DbosEngine._in_use = False
        with self.database.begin() as connection:
            connection.execute(self._ours().values(status="ENQUEUED"))


class DurableSteps:
    """The steps of the job that is running, remembered by DBOS. The `patient` wait for the end of an outage."""

    def __init__(self, patient: bool = True) -> None:
        self.patient = patient

    async def run(self, name: str, step: Callable[[], Awaitable[Json]], *, attempts: int = 1) -> Json:
        """See the port. What a step raises arrives as a `MinutebookError`, the first time and each time after."""
        from dbos import DBOS

        async def once() -> dict[str, Json]:
            return await attempt_step(name, step, attempts, patient=self.patient)

        return outcome_of(await DBOS.run_step_async({"name": name}, once))


class _Seldom(logging.Filter):
    """DBOS's threads tell of a database that is away several times a second; once in a while is enough."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if "OperationalError" not in record.getMessage():
            return True
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + AWAY_TOLD_EVERY_S
        return True


def _quiet() -> None:
    """DBOS logs through our handlers, not its own, and does not tell again what the runner tells of a failed task."""
    dbos_logger = logging.getLogger("dbos")
    if not dbos_logger.handlers:
        dbos_logger.addHandler(logging.NullHandler())
        told_elsewhere = ("encountered in asynchronous workflow", "Asyncio task cancelled")
        dbos_logger.addFilter(lambda record: not any(known in record.getMessage() for known in told_elsewhere))
        dbos_logger.addFilter(_Seldom())
