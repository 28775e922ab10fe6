"""An event loop whose time is virtual: when nothing is ready, it goes straight to the next timer.

For code with several tasks that sleep side by side, which a `VirtualClock` cannot order. No sockets: nothing real is
waited for, except threads that are already at work.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

Result = TypeVar("Result")

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
THREADS_S = 0.05
"""A thread that was handed something gets so long, in real time, before the clock moves on."""


class _Selector(selectors.SelectSelector):
    """Does not wait for timers: time passes at once. Threads wake the loop through a socket of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.threads_busy = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(THREADS_S if self.threads_busy or timeout is None else 0)
        if not ready and timeout and not self.threads_busy:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; `time()` begins at 0."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now

    def run_in_executor(  # type: ignore[override]  # what it takes and gives depends on the version of Python
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        self._virtual.threads_busy += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: object) -> None:
        self._virtual.threads_busy -= 1


@lru_cache(maxsize=8)
def _moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class LoopClock:
    """A `kit.clock.Clock` that shows the running loop's time."""

    def now(self) -> datetime:
        return _moment(asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_virtually(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
