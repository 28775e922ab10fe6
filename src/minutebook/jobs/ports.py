"""The durable work port. Capabilities name tasks and steps; the engine behind it (DBOS) is known to `jobs` alone.

A `Job` is written inside the caller's transaction and runs at least once after its commit; steps that completed are
not run again after a crash. `key` is the identity of the work: a second job with the same key is not run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.errors import MinutebookError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class QueueName(StrEnum):
    """Where a job waits: `speech` runs one at a time per worker (it uses all cores), `default` several."""

    DEFAULT = "default"
    SPEECH = "speech"


@dataclass(frozen=True, slots=True)
class Job:
    """A request for work: the registered name of a task, its identity, its arguments. Work of several owners in one
    queue takes turns, however much each of them has waiting."""

    task: str
    key: str
    args: Mapping[str, Json] = field(default_factory=dict)
    queue: QueueName = QueueName.DEFAULT
    owner_id: str = ""


class StepFailedError(MinutebookError):
    """How a step ended, told again each time the task is run: final, whatever it was."""


class PutOffError(asyncio.CancelledError):
    """The work met an outage: it is broken off here, and taken up again at its last completed step when `outage` may
    be over. A cancellation, because that passes the memory of the engine's steps unseen."""

    def __init__(self, outage: MinutebookError) -> None:
        super().__init__(outage.code)
        self.outage = outage


class Steps(Protocol):
    """Handed to a running task: runs its durable steps. `patient` work waits for the end of an outage; other work
    fails with it."""

    patient: bool

    async def run(self, name: str, step: Callable[[], Awaitable[Json]], *, attempts: int = 1) -> Json:
        """Run `step` once and remember its result (small JSON; large results go to storage under a fixed key).
        After a crash a completed step returns what it returned before. Steps must run in the same order with the
        same names each time the task is run. A step that meets an outage (`outages.outage_of`) has used no attempt:
        `PutOffError` is raised and the task is run again later."""
        ...


Task = Callable[[Steps, Mapping[str, Json]], Awaitable[None]]
"""A durable task: `async def task(steps, args)`. It handles its own failures; an outage that it lets escape puts it
off, and anything else is logged and the job ends as failed."""


class Jobs(Protocol):
    """What capabilities use."""

    async def enqueue(self, tx: "AsyncConnection", job: Job) -> None:
        """Ask for work, in the same transaction as the change that needs it."""
        ...

    async def cancel(self, tx: "AsyncConnection", key: str) -> None:
        """Withdraw work: waiting work never starts, running work stops at its next step."""
        ...
