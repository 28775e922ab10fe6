"""The worker process: runs jobs until it is told to stop, or until the process that started it is gone."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.jobs.ports import Task
from minutebook.jobs.runner import Chore, JobRunner, OnAbandoned, nobody_listens

logger = logging.getLogger(__name__)

NICENESS = 10
"""A supervised worker leaves the processor to the server when both want it."""
LAST_WORDS_S = 5.0
"""A worker whose parent is gone ends after this, whether it could stop in order or not."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker runs, and the database that the requests for it come from."""

    database: Database
    tasks: Mapping[str, Task]
    on_abandoned: OnAbandoned = nobody_listens
    chores: Sequence[Chore] = ()


OpenTasks = Callable[[Settings], AbstractAsyncContextManager[Work]]


def run_worker(settings: Settings, open_tasks: OpenTasks, *, supervised: bool = False) -> None:
    """Run jobs until SIGTERM or SIGINT; does not return. A supervised worker has its supervisor at the other end of
    its standard input: end of file there means that the supervisor is gone, however it ended."""
    if supervised and hasattr(os, "nice"):
        os.nice(NICENESS)
    asyncio.run(_work(settings, open_tasks, supervised))
    logging.shutdown()
    sys.stdout.flush()
    # Not sys.exit: it would wait for threads in which a broken-off step still computes.
    os._exit(0)


async def _work(settings: Settings, open_tasks: OpenTasks, supervised: bool) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no handlers on its loop
            loop.add_signal_handler(number, stop.set)
    if supervised:
        threading.Thread(target=_outlive_nobody, args=(loop, stop), name="parent-watch", daemon=True).start()
    async with (
        open_tasks(settings) as work,
        JobRunner(settings.jobs, work.database, work.tasks, on_abandoned=work.on_abandoned, chores=work.chores),
    ):
        logger.info("worker %d is ready", os.getpid())
        await stop.wait()
        logger.info("worker %d stops", os.getpid())


def _outlive_nobody(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 64):
        pass
    loop.call_soon_threadsafe(stop.set)
    threading.Event().wait(LAST_WORDS_S)
    os._exit(1)
