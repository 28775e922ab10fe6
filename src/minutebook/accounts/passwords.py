"""Password hashing with argon2id, away from the event loop."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from minutebook.errors import Kind, MinutebookError

CONCURRENT_HASHES = 2
"""Each hash takes 64 MiB and 0.1 s of a core: a burst of sign-ins queues up instead of exhausting the machine."""

CONCURRENT_STRANGERS = 1
"""Of these, so many for strangers: who is known never waits behind a crowd of them."""

KNOWN_WAITING, STRANGERS_WAITING = 16, 4
"""So many wait at most; who comes next is told at once to come back, instead of waiting for a minute."""

BUSY_RETRY_S = 2.0

STRANGERS_NICER_BY = 10
"""A hash has four threads, the event loop one: at the same priority a crowd of strangers would have most of the
processor for as long as it tries. At this one a busy thread weighs as much as nine of theirs (Linux, sched(7))."""


class Lane:
    """Turns for a class of callers, with a bounded queue."""

    def __init__(self, shared: asyncio.Semaphore, at_once: int, waiting: int) -> None:
        self._shared = shared
        self._own = asyncio.Semaphore(at_once)
        self._room = at_once + waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn; `sign_in_busy` when too many wait already."""
        if self._room == 0:
            message = "Too many people sign in at this moment. Try again in a few seconds."
            raise MinutebookError(Kind.UNAVAILABLE, "sign_in_busy", message, retryable=True, retry_after_s=BUSY_RETRY_S)
        self._room -= 1
        try:
            async with self._own, self._shared:
                yield
        finally:
            self._room += 1


class Passwords:
    """Hashes and verifies with, by default, the second choice of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        shared = asyncio.Semaphore(CONCURRENT_HASHES)
        self._known = Lane(shared, CONCURRENT_HASHES, KNOWN_WAITING)
        self._strangers = Lane(shared, CONCURRENT_STRANGERS, STRANGERS_WAITING)
        self._behind = ThreadPoolExecutor(CONCURRENT_STRANGERS, "strangers", initializer=_step_back)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """An encoded hash with its parameters and salt; `sign_in_busy`."""
        async with self._known.turn():
            return await asyncio.to_thread(self._hasher.hash, _encoded(password))

    async def matches(self, stored: str | None, password: str, *, known: bool = True) -> bool:
        """Whether the password is the one; `sign_in_busy`. Without a stored hash the same work is done in vain, so that
        the time an answer takes does not tell whether a user exists. `known` callers go first."""
        lane, threads = (self._known, None) if known else (self._strangers, self._behind)
        loop = asyncio.get_running_loop()
        async with lane.turn():
            if stored is None and self._decoy is None:
                self._decoy = await loop.run_in_executor(threads, self._hasher.hash, b"decoy")
            matched = await loop.run_in_executor(threads, self._verify, stored or self._decoy or "", password)
        return matched and stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _encoded(password))
        except (VerifyMismatchError, InvalidHashError):
            return False


def _step_back() -> None:
    """This thread, and those it starts, leave the processor to the others. Only Linux has priorities of threads."""
    if sys.platform == "linux":
        with suppress(OSError):
            nice = min(os.getpriority(os.PRIO_PROCESS, 0) + STRANGERS_NICER_BY, 19)
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)


def _encoded(password: str) -> bytes:
    # A form may carry lone surrogates; they must fail as a wrong password, not as a server error.
    return password.encode("utf-8", "surrogatepass")
