"""Access to accounts: secrets are opened here and nowhere else, and tokens refreshed by one at a time.

A refresh token that the provider replaces is stored, in one transaction with the access token that came with it, before
that access token is used: whoever dies then has lost nothing.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from minutebook.calendars.model import ProviderName
from minutebook.calendars.ports import Access, Provider
from minutebook.calendars.repository import connections as repository
from minutebook.calendars.repository.connections import Connection
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.sealing import Sealing

log = logging.getLogger("minutebook.calendars")

EARLY: Final = timedelta(seconds=90)
"""A token is renewed so long before its end: a sync may take a while."""
CLAIM: Final = timedelta(seconds=60)
"""After this long a refresh that brought nothing is taken over; longer than the longest wait for an answer."""
LOOK_S: Final = 0.2
LOOKS: Final = 450


@dataclass(frozen=True, slots=True)
class Opened:
    """Credentials that are good: what calls are made with, and what has to be kept."""

    access: Access
    secrets: Mapping[str, str]
    access_until_s: float | None = None


class Tokens:
    """Gives access to accounts."""

    def __init__(
        self, db: Database, clock: Clock, sealing: Sealing, providers: Mapping[ProviderName, Provider]
    ) -> None:
        self._db = db
        self._clock = clock
        self._sealing = sealing
        self._providers = providers

    async def opened(self, name: ProviderName, secrets: Mapping[str, str]) -> Opened:
        """Try credentials that nobody has stored yet. Raises `grant_revoked`."""
        provider = self._providers[name]
        if not provider.capabilities.tokens:
            return Opened(Access(secrets=secrets), secrets)
        granted = await provider.refresh(secrets)
        kept = {**secrets, "refresh_token": granted.refresh_token or secrets["refresh_token"]}
        return Opened(Access(granted.access_token), kept, granted.life_s)

    async def access(self, connection_id: str, *, refused: str | None = None) -> Access:
        """Access to a stored account; `refused` is a token that the provider did not take although it seemed good.
        Raises `grant_revoked`, `connection_gone`."""
        for _ in range(LOOKS):
            async with self._db.reading() as read:
                connection = await repository.load(read, connection_id)
            if connection is None:
                raise MinutebookError(Kind.CONFLICT, "connection_gone", "This calendar is not connected any more.")
            provider = self._providers[connection.provider]
            if not provider.capabilities.tokens:
                return Access(secrets=self.secrets_of(connection))
            token = self._good_token(connection)
            if token is not None and token != refused:
                return Access(token)
            refreshed = await self._refreshed(connection, provider)
            if refreshed is not None:
                return refreshed
            await self._clock.sleep(LOOK_S)
        raise MinutebookError(
            Kind.UNAVAILABLE, "refresh_stuck", "The account's access is being renewed; try again.", retryable=True
        )

    def secrets_of(self, connection: Connection) -> Mapping[str, str]:
        """What was sealed."""
        secrets: Mapping[str, str] = json.loads(self._sealing.open(connection.sealed_secrets))
        return secrets

    def sealed(self, secrets: Mapping[str, str]) -> str:
        """The secrets as they are stored."""
        return self._sealing.seal(json.dumps(dict(secrets)))

    def sealed_access(self, opened: Opened) -> tuple[str | None, float | None]:
        """The access token as it is stored, and how long it is good, in seconds."""
        token = opened.access.token
        return (self._sealing.seal(token) if token else None), opened.access_until_s

    def _good_token(self, connection: Connection) -> str | None:
        until = connection.access_until
        if connection.sealed_access is None or until is None or until <= self._clock.now() + EARLY:
            return None
        return self._sealing.open(connection.sealed_access)

    async def _refreshed(self, connection: Connection, provider: Provider) -> Access | None:
        """A new token, stored; None while somebody else fetches one."""
        claim, now = new_id(), self._clock.now()
        async with self._db.transaction() as tx:
            if not await repository.claim_refresh(tx, connection.id, claim, now, now + CLAIM):
                return None
            # What counts is what stands there now: another process may have replaced it a moment ago.
            current = await repository.load(tx, connection.id)
        if current is None or current.sealed_access != connection.sealed_access:
            await self._give_back(connection.id, claim)
            return None
        secrets = self.secrets_of(current)
        try:
            granted = await provider.refresh(secrets)
        except BaseException:
            await self._give_back(connection.id, claim)
            raise
        kept = {**secrets, "refresh_token": granted.refresh_token or secrets["refresh_token"]}
        until = self._clock.now() + timedelta(seconds=granted.life_s)
        async with self._db.transaction() as tx:
            stored = await repository.end_refresh(
                tx,
                connection.id,
                claim,
                sealed_secrets=self.sealed(kept),
                sealed_access=self._sealing.seal(granted.access_token),
                access_until=until,
            )
        if not stored:
            log.warning("connection %s: its credentials were replaced while they were renewed", connection.id)
            return None
        return Access(granted.access_token)

    async def _give_back(self, connection_id: str, claim: str) -> None:
        async with self._db.transaction() as tx:
            await repository.end_refresh(tx, connection_id, claim)
