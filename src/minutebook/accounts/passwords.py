"""Password hashing with argon2id, away from the event loop."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

CONCURRENT_HASHES = 2
"""Each hash takes 64 MiB and 0.1 s of a core: a burst of sign-ins queues up instead of exhausting the machine."""


class Passwords:
    """Hashes and verifies with, by default, the second choice of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(CONCURRENT_HASHES)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """An encoded hash with its parameters and salt."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _encoded(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one. Without a stored hash the same work is done in vain, so that the time an
        answer takes does not tell whether a user exists."""
        if stored is None:
            self._decoy = self._decoy or await self.hash("decoy")
        async with self._turn:
            matched = await asyncio.to_thread(self._verify, stored or self._decoy or "", password)
        return matched and stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _encoded(password))
        except (VerifyMismatchError, InvalidHashError):
            return False


def _encoded(password: str) -> bytes:
    # A form may carry lone surrogates; they must fail as a wrong password, not as a server error.
    return password.encode("utf-8", "surrogatepass")
