"""Access tokens of grants: secrets are opened here and nowhere else, and each is renewed by one at a time.

A refresh token that the provider replaces is stored, in one transaction with the access token that came with it, before
that access token is used; a refresh that has begun is brought to its end, whoever waits for it.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Protocol

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.grants import repository
from minutebook.grants.model import Granted
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.sealing import Sealing

log = logging.getLogger("minutebook.grants")

EARLY: Final = timedelta(seconds=90)
"""A token is renewed so long before its end: what it is used for may take a while."""
CLAIM: Final = timedelta(seconds=60)
"""After this long a refresh that brought nothing is taken over; longer than the longest wait for an answer."""
LOOK_S: Final = 0.2
LOOKS: Final = 450
NOTHING: Final[Mapping[str, Any]] = {}

Row = Mapping[str, Any]
Secrets = Mapping[str, str]


class Grantor(Protocol):
    """Those who grant access to what `table` keeps, made with `repository.grant_columns`."""

    table: Table

    def check(self, row: Row | None) -> Row:
        """The row, if there is one and its grant is good as far as is known; raises otherwise."""
        ...

    async def refresh(self, row: Row, secrets: Secrets) -> Granted:
        """Ask for a new access token."""
        ...

    def refused(self, error: MinutebookError) -> Row:
        """What is to be noted in the row of a grant for which `refresh` raised this."""
        ...

    def stuck(self) -> MinutebookError:
        """The error when somebody else renews the grant, and for too long."""
        ...


class Grants:
    """Gives access to accounts of one table."""

    def __init__(self, db: Database, clock: Clock, sealing: Sealing, grantor: Grantor) -> None:
        self._db = db
        self._clock = clock
        self._sealing = sealing
        self._grantor = grantor
        self._under_way: set[asyncio.Task[str | None]] = set()

    async def access(self, grant_id: str, *, refused: str | None = None) -> str:
        """An access token; `refused` is one that the provider did not take although it seemed good. Raises what the
        grantor raises."""
        for _ in range(LOOKS):
            async with self._db.reading() as read:
                row = self._grantor.check(await repository.load(read, self._grantor.table, grant_id))
            token = self._good_token(row)
            if token is not None and token != refused:
                return token
            renewed = await self._renewing(row)
            if renewed is not None:
                return renewed
            await self._clock.sleep(LOOK_S)
        raise self._grantor.stuck()

    def columns_of(self, secrets: Secrets, granted: Granted | None = None) -> dict[str, Any]:
        """The columns that keep these secrets, and the token that came with them, if there is one."""
        if granted is None:
            return {"sealed_secrets": self._sealed(secrets), "sealed_access": None, "access_until": None}
        kept = {**secrets, "refresh_token": granted.refresh_token or secrets["refresh_token"]}
        return {
            "sealed_secrets": self._sealed(kept),
            "sealed_access": self._sealing.seal(granted.access_token),
            "access_until": self._clock.now() + timedelta(seconds=granted.life_s),
        }

    async def secrets(self, tx: AsyncConnection, grant_id: str) -> Secrets | None:
        """What was sealed with a grant; None when there is none."""
        row = await repository.load(tx, self._grantor.table, grant_id)
        return self.secrets_of(row) if row is not None else None

    def secrets_of(self, row: Row) -> Secrets:
        """What was sealed."""
        secrets: Secrets = json.loads(self._sealing.open(row["sealed_secrets"]))
        return secrets

    def _sealed(self, secrets: Secrets) -> str:
        return self._sealing.seal(json.dumps(dict(secrets)))

    def _good_token(self, row: Row) -> str | None:
        until = row["access_until"]
        if row["sealed_access"] is None or until is None or until <= self._clock.now() + EARLY:
            return None
        return self._sealing.open(row["sealed_access"])

    async def _renewing(self, row: Row) -> str | None:
        """A refresh goes on when whoever asked for it is gone: what the provider has replaced has to be stored."""
        task = asyncio.create_task(self._renewed(row))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _renewed(self, seen: Row) -> str | None:
        """A new token, stored; None while somebody else fetches one, or when the grant is another by now."""
        table, key, claim, now = self._grantor.table, seen["id"], new_id(), self._clock.now()
        async with self._db.transaction() as tx:
            if not await repository.claim(tx, table, key, claim, now, now + CLAIM):
                return None
            # What counts is what stands there now: another process may have replaced it a moment ago.
            current = await repository.load(tx, table, key)
            if current is None or current["sealed_access"] != seen["sealed_access"]:
                await repository.settle(tx, table, key, claim, NOTHING)
                return None
        try:
            secrets = self.secrets_of(current)
            granted = await self._grantor.refresh(current, secrets)
        except BaseException as error:
            columns = self._grantor.refused(error) if isinstance(error, MinutebookError) else NOTHING
            if not await self._settled(key, claim, columns) and columns:
                return None
            raise
        stored = await self._settled(key, claim, self.columns_of(secrets, granted))
        return granted.access_token if stored else None

    async def _settled(self, key: str, claim: str, columns: Row) -> bool:
        async with self._db.transaction() as tx:
            stored = await repository.settle(tx, self._grantor.table, key, claim, columns)
        if not stored:
            log.warning("grant %s: it was replaced while it was renewed", key)
        return stored
