"""The outbox of durable work: requests are rows, written in the transaction of the change that needs the work.

A relay in each runner hands them to the engine and deletes them (`hand_over`). The engine knows a job by its key, so
that a request handed over twice, after a crash in between, is still one job.
"""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import JSON, Column, Index, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database, metadata
from minutebook.jobs.ports import Job, QueueName
from minutebook.kit.ids import new_id

RUN, CANCEL = "run", "cancel"
AT_ONCE = 20
"""Requests handed over in one transaction: on SQLite it holds the only write lock."""

LONGEST_KEY = 200

job_requests = Table(
    "job_requests",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("wanted", String(8), nullable=False),
    Column("key", String(LONGEST_KEY), nullable=False),
    Column("task", String(64), nullable=False),
    Column("queue", String(16), nullable=False),
    Column("args", JSON, nullable=False),
    Column("owner_id", String(36)),
    Index("ix_job_requests_key", "key"),
)


class DurableJobs:
    """The jobs port for every process: it only writes requests, runners elsewhere take them from there."""

    async def enqueue(self, tx: AsyncConnection, job: Job) -> None:
        """See the port. The key is 1 to 200 characters long."""
        if not job.key.strip() or len(job.key) > LONGEST_KEY:
            raise ValueError(f"{job.key!r} is no key of a job")
        await _add(tx, RUN, job)

    async def cancel(self, tx: AsyncConnection, key: str) -> None:
        """See the port. A request that is still waiting here goes; for one that is past here the engine is told."""
        await tx.execute(delete(job_requests).where(job_requests.c.key == key, job_requests.c.wanted == RUN))
        await _add(tx, CANCEL, Job(task="", key=key))


@dataclass(frozen=True, slots=True)
class Request:
    """A row of the outbox: to run a job, or to cancel the one with its key."""

    id: str
    wanted: str
    job: Job


class Engine(Protocol):
    """Who requests are handed to."""

    async def enqueue(self, job: Job) -> None:
        """Keep the job until it has run; one whose key is known already is not run again."""
        ...

    async def cancel(self, key: str) -> None:
        """Never start the job, or stop it at its next step; an unknown key is no error."""
        ...


async def hand_over(database: Database, engine: Engine) -> int:
    """Pass waiting requests on; returns how many. The rows stay locked meanwhile, so that a cancellation cannot slip
    between the reading of a request and its arrival at the engine."""
    async with database.reading() as tx:
        if (await tx.execute(select(job_requests.c.id).limit(1))).first() is None:
            return 0
    async with database.transaction() as tx:
        requests = await waiting_requests(tx, AT_ONCE)
        for request in requests:
            await (engine.enqueue(request.job) if request.wanted == RUN else engine.cancel(request.job.key))
        await remove_requests(tx, requests)
    return len(requests)


async def waiting_requests(tx: AsyncConnection, limit: int) -> list[Request]:
    """The oldest requests, locked until the transaction ends; ones that another runner has locked are left out."""
    rows = await tx.execute(
        select(job_requests).order_by(job_requests.c.id).limit(limit).with_for_update(skip_locked=True)
    )
    return [
        Request(row.id, row.wanted, Job(row.task, row.key, row.args, QueueName(row.queue), row.owner_id or ""))
        for row in rows
    ]


async def remove_requests(tx: AsyncConnection, requests: list[Request]) -> None:
    """Delete what has been dealt with."""
    await tx.execute(delete(job_requests).where(job_requests.c.id.in_([request.id for request in requests])))


async def _add(tx: AsyncConnection, wanted: str, job: Job) -> None:
    values = {"id": new_id(), "wanted": wanted, "key": job.key, "task": job.task, "queue": job.queue.value}
    await tx.execute(insert(job_requests).values(**values, args=dict(job.args), owner_id=job.owner_id))
