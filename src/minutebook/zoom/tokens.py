"""Access tokens of Zoom connections: one refresh at a time, and nothing lost by it.

Zoom replaces the refresh token with each refresh. The new one is stored, in one transaction with the access token that
came with it, before that access token is used; a refresh that has begun is brought to its end, whoever waits for it.
"""

import asyncio
import json
import logging
from datetime import datetime, timedelta
from typing import Final

from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.sealing import Sealing
from minutebook.zoom import repository
from minutebook.zoom.api import ZoomApi
from minutebook.zoom.model import App, ConnectionState, Granted, ZoomConnection, unavailable

log = logging.getLogger("minutebook.zoom")

EARLY: Final = timedelta(seconds=90)
"""A token is renewed so long before its end."""
CLAIM: Final = timedelta(seconds=60)
"""After this long a refresh that brought nothing is taken over; longer than the longest wait for an answer."""
LOOK_S: Final = 0.2
LOOKS: Final = 400
REVOKED: Final = "Zoom does not accept this authorisation any more. Have the user authorise the app again."


class Tokens:
    """Gives access to connected accounts."""

    def __init__(self, db: Database, clock: Clock, sealing: Sealing, api: ZoomApi) -> None:
        self._db = db
        self._clock = clock
        self._sealing = sealing
        self._api = api
        self._under_way: set[asyncio.Task[str | None]] = set()

    async def access(self, connection_id: str, *, refused: str | None = None) -> str:
        """An access token; `refused` is one that Zoom did not take although it seemed good. Raises
        `zoom_grant_refused`, `zoom_unavailable`, `zoom_not_connected`."""
        for _ in range(LOOKS):
            async with self._db.reading() as read:
                connection = await repository.load(read, connection_id)
            if connection is None:
                raise MinutebookError(Kind.NOT_FOUND, "zoom_not_connected", "This Zoom account was just disconnected.")
            if connection.state is ConnectionState.DISCONNECTED:
                raise MinutebookError(Kind.INVALID, "zoom_grant_refused", connection.error_message or REVOKED)
            token = self._good(connection)
            if token is not None and token != refused:
                return token
            refreshed = await self._refreshing(connection)
            if refreshed is not None:
                return refreshed
            await self._clock.sleep(LOOK_S)
        raise unavailable("the account's access is being renewed; try again.")

    def sealed_access(self, granted: Granted) -> tuple[str, datetime]:
        """The access token as it is stored, and until when it is good."""
        return self._sealing.seal(granted.access_token), self._clock.now() + timedelta(seconds=granted.life_s)

    def _good(self, connection: ZoomConnection) -> str | None:
        until = connection.access_until
        if connection.sealed_access is None or until is None or until <= self._clock.now() + EARLY:
            return None
        return self._sealing.open(connection.sealed_access)

    async def _refreshing(self, connection: ZoomConnection) -> str | None:
        """A refresh goes on when whoever asked for it is gone: what Zoom has replaced has to be stored."""
        task = asyncio.create_task(self._refreshed(connection))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _refreshed(self, seen: ZoomConnection) -> str | None:
        """A new token, stored; None while somebody else fetches one, or when the secrets are others by now."""
        claim, now = new_id(), self._clock.now()
        async with self._db.transaction() as tx:
            if not await repository.claim_refresh(tx, seen.id, claim, now, now + CLAIM):
                return None
            # What counts is what stands there now: another process may have replaced it a moment ago.
            current = await repository.load(tx, seen.id)
        try:
            if current is None or current.version != seen.version:
                return None
            return await self._renew(current)
        finally:
            async with self._db.transaction() as tx:
                await repository.give_back(tx, seen.id, claim)

    async def _renew(self, connection: ZoomConnection) -> str | None:
        secrets = json.loads(self._sealing.open(connection.sealed_secrets))
        app = App(secrets["client_id"], secrets["client_secret"])
        try:
            granted = await self._api.refresh(app, secrets["refresh_token"])
        except MinutebookError as error:
            if error.code == "zoom_grant_refused" and not await self._disconnect(connection, error.message):
                return None
            raise
        sealed_access, until = self.sealed_access(granted)
        values = {
            "sealed_secrets": self._sealing.seal(json.dumps(secrets_json(app, granted.refresh_token))),
            "sealed_access": sealed_access,
            "access_until": until,
        }
        async with self._db.transaction() as tx:
            stored = await repository.change(tx, connection, self._clock.now(), **values)
        return granted.access_token if stored else None

    async def _disconnect(self, connection: ZoomConnection, message: str) -> bool:
        """Say that the grant is gone; False when there is another grant by now."""
        async with self._db.transaction() as tx:
            marked = await repository.change(
                tx,
                connection,
                self._clock.now(),
                state=ConnectionState.DISCONNECTED,
                error_message=message,
                sealed_access=None,
                access_until=None,
            )
        if marked:
            log.warning("Zoom connection %s: %s", connection.id, message)
        return marked


def secrets_json(app: App, refresh_token: str) -> dict[str, str]:
    """What is sealed of a connection."""
    return {"client_id": app.client_id, "client_secret": app.client_secret, "refresh_token": refresh_token}
