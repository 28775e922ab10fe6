"""Keeps worker processes running beside the server, and takes them along when it ends."""

import asyncio
import logging
import os
import random
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from minutebook.kit.backoff import Backoff
from minutebook.kit.clock import Clock, SystemClock

logger = logging.getLogger(__name__)

RESTARTS = Backoff(first_s=0.5, factor=2.0, longest_s=30.0, jitter=0.3)
HEALTHY_AFTER_S = 30.0
"""A worker that ran for so long starts with a clean slate when it ends."""
PATIENCE_S = 10.0
"""A worker that was asked to stop is killed after this."""


class Supervisor:
    """Runs `n` processes of `command` and restarts the ones that end, later and later when they end at once.
    `environment` is added to this process's own.

    A worker's standard input is a pipe whose other end only this process holds: when this process ends, however it
    ends, the worker reads end of file and stops. Workers get a session of their own, so that an interrupt typed at the
    terminal reaches them through here, in order."""

    def __init__(
        self, command: Sequence[str], n: int, environment: Mapping[str, str] | None = None, clock: Clock | None = None
    ) -> None:
        self._command = list(command)
        self._n = n
        self._environment = {**os.environ, **(environment or {})}
        self._clock = clock or SystemClock()
        self._processes: dict[int, Process] = {}
        self._keepers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.stop()

    @property
    def pids(self) -> list[int]:
        """The worker processes that run now."""
        return [process.pid for process in self._processes.values()]

    async def start(self) -> None:
        """Start the workers; returns when each has been started."""
        for place in range(self._n):
            self._processes[place] = await self._spawn()
            self._keepers.append(asyncio.create_task(self._keep(place), name=f"worker-{place}"))

    async def stop(self) -> None:
        """Ask the workers to stop, wait, and kill the ones that do not."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.gather(*(_stop(process) for process in self._processes.values()))
        self._keepers, self._processes = [], {}

    async def _keep(self, place: int) -> None:
        failures = 0
        while True:
            started = self._clock.now()
            code = await self._processes[place].wait()
            healthy = (self._clock.now() - started).total_seconds() >= HEALTHY_AFTER_S
            failures = 1 if healthy else failures + 1
            delay_s = RESTARTS.delay_s(failures, random.random())  # noqa: S311 (spreads restarts, guards nothing)
            logger.warning("a worker ended with code %s; it is started again in %.1f s", code, delay_s)
            await self._clock.sleep(delay_s)
            try:
                self._processes[place] = await self._spawn()
            except OSError:  # no memory or no process slot now; the next round waits longer
                logger.exception("a worker could not be started")

    async def _spawn(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, start_new_session=True, env=self._environment
        )


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            logger.warning("worker %d did not stop in %.0f s and is killed", process.pid, PATIENCE_S)
            process.kill()
            await process.wait()
    if process.stdin is not None:
        process.stdin.close()
