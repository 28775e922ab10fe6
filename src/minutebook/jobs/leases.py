"""Who is alive. Each runner beats once in a while; whoever sees another fall silent gives its jobs back to the queues.

DBOS leaves this to a service of its vendor; without it the jobs of a killed worker would wait for that very worker for
ever (foundations: never recovered without leases, 4.6 s with).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from minutebook.db.upserts import insert_into
from minutebook.jobs.engine import VERSION, DbosEngine

logger = logging.getLogger(__name__)

ATTEMPTS = 10
"""Deaths of a worker, with no step completed in between, after which a job is taken to be what kills it."""


@dataclass(frozen=True, slots=True)
class _Orphan:
    key: str
    attempts: int
    progressed: bool


class Leases(threading.Thread):
    """A thread of its own, so that a busy event loop does not look like death. `abandon(key)` is called for a job that
    is given up; when it raises, the job is offered again at a later beat, so it may be called more than once."""

    def __init__(
        self,
        engine: DbosEngine,
        beat_s: float,
        lease_s: float,
        abandon: Callable[[str], None],
        attempts: int = ATTEMPTS,
    ) -> None:
        super().__init__(name="jobs-leases", daemon=True)
        self._engine = engine
        self._tables = engine.tables
        self._beat_s = beat_s
        self._lease_s = lease_s
        self._abandon = abandon
        self._attempts = attempts
        self._stopped = threading.Event()

    def prepare(self) -> None:
        """Make the table and beat for the first time, before any work is taken."""
        with self._engine.database.begin() as connection:
            self._tables.create_runners(connection)
        self._beat()

    def run(self) -> None:
        last, trusted_from = time.monotonic(), 0.0
        while not self._stopped.wait(self._beat_s):
            slept, last = time.monotonic() - last > self._lease_s, time.monotonic()
            try:
                self._beat()
                if slept:
                    trusted_from = last + self._lease_s
                if last >= trusted_from:
                    self.take_over()
            except sa.exc.SQLAlchemyError as error:
                # After a pause of the whole machine, or of the database, everybody looks dead: the others get the
                # time to say that they live.
                trusted_from = time.monotonic() + self._lease_s + self._beat_s
                logger.warning("the heartbeat failed, it is tried again in %.1f s: %s", self._beat_s, error)

    def stop(self) -> None:
        """Beat no more; the row goes, so that nobody mourns this runner."""
        self._stopped.set()
        if self.is_alive():
            self.join()
        runners = self._tables.runners
        with self._engine.database.begin() as connection:
            connection.execute(sa.delete(runners).where(runners.c.executor_id == self._engine.executor_id))

    def take_over(self) -> None:
        """Give the jobs of silent runners back to the queues."""
        silent = self._silent()
        if not silent:
            return
        orphans = self._orphans(silent)
        lost = [orphan.key for orphan in orphans if not orphan.progressed and orphan.attempts >= self._attempts]
        again = [orphan for orphan in orphans if orphan.key not in lost]
        self._count_afresh([orphan.key for orphan in again if orphan.progressed], silent)
        self._engine.requeue_dead(silent, [orphan.key for orphan in again])
        if again:
            logger.warning("took over %d jobs of runners that fell silent: %s", len(again), ", ".join(silent))
        given_up = [self._given_up(key) for key in lost]
        if all(given_up):
            self._bury(silent)

    def _beat(self) -> None:
        with self._engine.database.begin() as connection:
            row = insert_into(connection, self._tables.runners).values(
                executor_id=self._engine.executor_id, beat=self._tables.now
            )
            connection.execute(
                row.on_conflict_do_update(index_elements=["executor_id"], set_={"beat": self._tables.now})
            )

    def _silent(self) -> list[str]:
        """Runners whose beat is old, and holders of jobs that never beat at all."""
        runners, flows = self._tables.runners, self._tables.workflows
        stale = sa.select(runners.c.executor_id).where(runners.c.beat < self._tables.now - self._lease_s)
        unknown = sa.select(flows.c.executor_id).where(
            flows.c.status == "PENDING",
            flows.c.application_version == VERSION,
            flows.c.executor_id.not_in(sa.select(runners.c.executor_id)),
            flows.c.updated_at < (self._tables.now - 2 * self._lease_s) * 1000,
        )
        with self._engine.database.connect() as connection:
            names = {*connection.execute(stale).scalars(), *connection.execute(unknown).scalars()}
        return sorted(names - {self._engine.executor_id})

    def _orphans(self, silent: list[str]) -> list[_Orphan]:
        flows, steps = self._tables.workflows, self._tables.steps
        progressed = sa.exists().where(
            steps.c.workflow_uuid == flows.c.workflow_uuid,
            steps.c.completed_at_epoch_ms >= flows.c.started_at_epoch_ms,
        )
        query = sa.select(flows.c.workflow_uuid, flows.c.recovery_attempts, progressed).where(
            flows.c.status == "PENDING", flows.c.application_version == VERSION, flows.c.executor_id.in_(silent)
        )
        with self._engine.database.connect() as connection:
            return [_Orphan(key, attempts or 0, moved) for key, attempts, moved in connection.execute(query)]

    def _count_afresh(self, keys: list[str], silent: list[str]) -> None:
        flows = self._tables.workflows
        with self._engine.database.begin() as connection:
            connection.execute(
                sa.update(flows)
                .where(flows.c.workflow_uuid.in_(keys), flows.c.status == "PENDING", flows.c.executor_id.in_(silent))
                .values(recovery_attempts=0)
            )

    def _given_up(self, key: str) -> bool:
        logger.error("job %s ended %d workers without getting on; it is given up", key, self._attempts)
        try:
            self._abandon(key)
        except Exception:
            logger.exception("job %s could not be reported as given up; that is tried again", key)
            return False
        self._engine.give_up(key)
        return True

    def _bury(self, silent: list[str]) -> None:
        runners = self._tables.runners
        with self._engine.database.begin() as connection:
            connection.execute(
                sa.delete(runners).where(
                    runners.c.executor_id.in_(silent), runners.c.beat < self._tables.now - self._lease_s
                )
            )
