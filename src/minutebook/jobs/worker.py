"""The worker process: runs jobs until it is told to stop, or until the process that started it is gone."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.jobs.ports import Task
from minutebook.jobs.process import run_until_told
from minutebook.jobs.runner import AskAnew, Chore, JobRunner, OnAbandoned, nobody_listens, nothing_to_ask

logger = logging.getLogger(__name__)

NICENESS = 10
"""A supervised worker leaves the processor to the server when both want it."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker runs, and the database that the requests for it come from."""

    database: Database
    tasks: Mapping[str, Task]
    on_abandoned: OnAbandoned = nobody_listens
    chores: Sequence[Chore] = ()
    ask_anew: AskAnew = nothing_to_ask


OpenTasks = Callable[[Settings], AbstractAsyncContextManager[Work]]


def run_worker(settings: Settings, open_tasks: OpenTasks, *, supervised: bool = False) -> None:
    """Run jobs until SIGTERM or SIGINT; does not return. A supervised worker leaves the processor to the server."""
    if supervised and hasattr(os, "nice"):
        os.nice(NICENESS)
    run_until_told(lambda stop: _work(settings, open_tasks, stop), supervised=supervised)


async def _work(settings: Settings, open_tasks: OpenTasks, stop: asyncio.Event) -> None:
    async with (
        open_tasks(settings) as work,
        JobRunner(
            settings.jobs,
            work.database,
            work.tasks,
            on_abandoned=work.on_abandoned,
            chores=work.chores,
            ask_anew=work.ask_anew,
        ),
    ):
        logger.info("worker %d is ready", os.getpid())
        await stop.wait()
        logger.info("worker %d stops", os.getpid())
