"""Pure work that takes long, in a process of its own: in a thread it would hold up the event loop all the same, because
both share one interpreter lock."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

NICENESS: Final = 5
TASKS_PER_PROCESS: Final = 200
"""Then another one takes over: what rendering leaves in memory goes with it."""


class Apart(Protocol):
    """Runs `work(*args)`, a module's function of values that can be pickled, and returns what it returns."""

    async def __call__(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it and wait for it."""
        ...


async def in_place(work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Where nobody else waits for the event loop."""
    return work(*args, **kwargs)


class Process:
    """One process, started when it is first needed; it ends with this one."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def __call__(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it there. A process that is lost is replaced once."""
        try:
            return await self._run(work, *args, **kwargs)
        except BrokenProcessPool:
            self.close()
            return await self._run(work, *args, **kwargs)

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _run(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_settle,
                max_tasks_per_child=TASKS_PER_PROCESS,
            )
        return await asyncio.wrap_future(self._pool.submit(work, *args, **kwargs))


def _settle() -> None:
    os.nice(NICENESS)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
