"""Signing in with e-mail address and password: who may try how often, and who goes first.

Nobody is ever locked out by somebody else's tries. A browser in which an account has signed in before counts for
itself, and so does an address from which it has. Strangers share what is left: when many of them try one account, each
gets fewer tries, but never none.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts import repository
from minutebook.accounts.limits import RateRule, count_try, forget_stale_tries, forget_tries, is_exhausted
from minutebook.accounts.model import User, email_key
from minutebook.accounts.passwords import Passwords
from minutebook.db.database import Database
from minutebook.db.writing import writes_for
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint
from minutebook.kit.origin import subscriber

PER_PERSON = RateRule("sign-in of one person from one place", limit=10, window_s=900)
PER_ADDRESS = RateRule("sign-in from one address", limit=100, window_s=900)
STRANGERS = RateRule("strangers' sign-ins of one person", limit=50, window_s=900)
PER_STRANGER = replace(PER_PERSON, limit=2)
"""What a stranger has left of `PER_PERSON` once `STRANGERS` is exhausted: two, so that one typing error is forgiven."""

PLACE_KEPT_S = 180 * 24 * 3600
"""So long after the last sign-in there a browser or an address counts as known."""


Then = Callable[[AsyncConnection, User], Awaitable[None]]
"""What follows for who has proved who they are, in the transaction in which that is kept."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attempt comes from: the address, and the secret of the browser, if it keeps one."""

    address: str
    browser: str | None = None

    def keys(self, email: str) -> list[str]:
        """What makes this place known for this person, the browser first."""
        subjects = [f"browser:{self.browser}"] if self.browser else []
        return [fingerprint(f"{email_key(email)}|{where}") for where in (*subjects, f"net:{subscriber(self.address)}")]


class SignIn:
    """Lets people in."""

    def __init__(self, clock: Clock, passwords: Passwords) -> None:
        self._clock = clock
        self._passwords = passwords

    async def authenticate(
        self, db: Database, email: str, password: str, place: Place, then: Then | None = None
    ) -> User:
        """The user whom e-mail and password belong to. Takes the database rather than a transaction: hashing takes a
        tenth of a second, during which no lock may be held, and the attempt must stay counted when it fails.
        Errors: `sign_in_failed`, `rate_limited`, `sign_in_busy`."""
        async with db.reading() as read:
            known = await self._known(read, email, place)
            found = await repository.user_by_email(read, email)
        if known is not None:
            writes_for("place", known)
        async with db.transaction() as tx:
            await self._count(tx, email, place, known)
        if not await self._passwords.matches(found[1] if found else None, password, known=known is not None):
            found = None
        if found is None:
            message = "E-mail address or password is wrong."
            raise MinutebookError(Kind.UNAUTHENTICATED, "sign_in_failed", message, field="password")
        user, password_hash = found
        rehashed = await self._passwords.hash(password) if self._passwords.needs_rehash(password_hash) else None
        async with db.transaction() as tx:
            await forget_tries(tx, PER_PERSON, place.keys(email))
            if rehashed:
                await repository.set_password_hash(tx, user.id, rehashed)
            await repository.keep_places(tx, place.keys(email), self._clock.now())
            if then is not None:
                await then(tx, user)
        return user

    async def forget_expired(self, tx: AsyncConnection) -> None:
        """Remove places and counts of tries that count no more."""
        await repository.forget_places(tx, self._clock.now() - timedelta(seconds=PLACE_KEPT_S))
        await forget_stale_tries(tx, self._clock)

    async def _known(self, read: AsyncConnection, email: str, place: Place) -> str | None:
        """The key of the place if it is known."""
        keys = place.keys(email)
        kept = await repository.known_places(read, keys, self._clock.now() - timedelta(seconds=PLACE_KEPT_S))
        return next((key for key in keys if key in kept), None)

    async def _count(self, tx: AsyncConnection, email: str, place: Place, known: str | None) -> None:
        if known is not None:
            return await count_try(tx, self._clock, [(PER_PERSON, known)])
        crowded = await is_exhausted(tx, self._clock, STRANGERS, email_key(email))
        rule = PER_STRANGER if crowded else PER_PERSON
        await count_try(tx, self._clock, [(rule, place.keys(email)[-1]), (PER_ADDRESS, subscriber(place.address))])
