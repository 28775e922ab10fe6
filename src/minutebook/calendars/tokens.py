"""Access to calendar accounts: with their tokens, or with their secrets where there are none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minutebook.calendars.model import ProviderName
from minutebook.calendars.ports import Access, Provider, WithTokens
from minutebook.calendars.repository.tables import connections
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.grants import repository
from minutebook.grants.model import Granted
from minutebook.grants.service import Grants, Row, Secrets
from minutebook.kit.clock import Clock
from minutebook.sealing import Sealing

Providers = Mapping[ProviderName, Provider]


@dataclass(frozen=True, slots=True)
class Opened:
    """Credentials that are good: what calls are made with, and what has to be kept."""

    access: Access
    secrets: Secrets = field(repr=False)
    granted: Granted | None = None


class CalendarGrantor:
    """Calendars' providers as those who grant access (see `grants.service`)."""

    table = connections

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    def check(self, row: Row | None) -> Row:
        """Raises `connection_gone`."""
        if row is None:
            raise MinutebookError(Kind.CONFLICT, "connection_gone", "This calendar is not connected any more.")
        return row

    async def refresh(self, row: Row, secrets: Secrets) -> Granted:
        """See the port. Raises `grant_revoked`."""
        provider = self._providers[ProviderName(row["provider"])]
        if not isinstance(provider, WithTokens):
            raise TypeError(f"{provider.name} has no tokens")
        return await provider.refresh(secrets)

    def refused(self, error: MinutebookError) -> Row:
        """Nothing: the calendar that was to be read is marked, in one transaction with the event that tells of it."""
        return {}

    def stuck(self) -> MinutebookError:
        """See the port."""
        message = "The account's access is being renewed; try again."
        return MinutebookError(Kind.UNAVAILABLE, "refresh_stuck", message, retryable=True)


class Tokens:
    """Gives access to accounts."""

    def __init__(self, db: Database, clock: Clock, sealing: Sealing, providers: Providers) -> None:
        self._db = db
        self._providers = providers
        self._grantor = CalendarGrantor(providers)
        self._grants = Grants(db, clock, sealing, self._grantor)

    async def opened(self, name: ProviderName, secrets: Secrets) -> Opened:
        """Try credentials that nobody has stored yet. Raises `grant_revoked`."""
        provider = self._providers[name]
        if not isinstance(provider, WithTokens):
            return Opened(Access(secrets=secrets), secrets)
        granted = await provider.refresh(secrets)
        return Opened(Access(granted.access_token), secrets, granted)

    async def known(self, connection_id: str) -> Opened:
        """A stored account. Raises `grant_revoked`, `connection_gone`."""
        access = await self.access(connection_id)
        return Opened(access, self._grants.secrets_of(await self._row(connection_id)))

    async def access(self, connection_id: str, *, refused: str | None = None) -> Access:
        """Access to a stored account; `refused` is a token that the provider did not take although it seemed good.
        Raises `grant_revoked`, `connection_gone`."""
        row = await self._row(connection_id)
        if isinstance(self._providers[ProviderName(row["provider"])], WithTokens):
            return Access(await self._grants.access(connection_id, refused=refused))
        return Access(secrets=self._grants.secrets_of(row))

    def columns_of(self, opened: Opened) -> dict[str, Any]:
        """The columns that keep what was opened."""
        return self._grants.columns_of(opened.secrets, opened.granted)

    async def _row(self, connection_id: str) -> Row:
        async with self._db.reading() as read:
            return self._grantor.check(await repository.load(read, connections, connection_id))
