"""A lock that processes share. The operating system releases it when its holder dies."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from minutebook.client.errors import LocalFailure

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


CHECK_EVERY_S = 0.02
PATIENCE_S = 120.0


class Lock(Protocol):
    """An exclusive lock that is taken without waiting, or not."""

    def attempt(self) -> bool:
        """Take it if it is free."""
        ...

    def release(self) -> None:
        """Let others in."""
        ...


class FileLock:
    """An exclusive lock on a file beside the data it guards; works between processes and between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def attempt(self) -> bool:
        """Take the lock if it is free."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise LocalFailure(
                f"{self._path.parent} cannot be written to: {error.strerror}. "
                "Give the right to write there, or name another place for the tokens.",
                code="not_writable",
            ) from error
        try:
            _take(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let others in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def holding(lock: Lock) -> Iterator[None]:
    """Wait for the lock and keep it for the block."""
    since = time.monotonic()
    while not lock.attempt():
        _complain_if_late(since)
        time.sleep(CHECK_EVERY_S)
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def aholding(lock: Lock) -> AsyncIterator[None]:
    """The same without blocking the event loop; a waiter that is cancelled leaves nothing locked."""
    since = time.monotonic()
    while not lock.attempt():
        _complain_if_late(since)
        await asyncio.sleep(CHECK_EVERY_S)
    try:
        yield
    finally:
        lock.release()


def _complain_if_late(since: float) -> None:
    if time.monotonic() - since > PATIENCE_S:
        raise LocalFailure("Another process holds the lock beside the token file and does not let go.", code="locked")
