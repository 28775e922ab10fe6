"""Zoom connections of their owners: made from an authorisation code, used to ask for tokens at join."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.config import ZoomSettings
from minutebook.db.database import Database
from minutebook.db.locks import hold
from minutebook.errors import Kind, MinutebookError, not_found
from minutebook.grants.model import Granted
from minutebook.grants.service import Grants
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.outgoing.client import OutgoingClient
from minutebook.sealing import Sealing
from minutebook.zoom import repository
from minutebook.zoom.api import UnauthorisedError, ZoomApi
from minutebook.zoom.grantor import ZoomGrantor
from minutebook.zoom.model import App, ConnectionState, ZoomConnection, ZoomUser, refused, revoked

Answer = TypeVar("Answer")


class ZoomConnections:
    """Nobody else's connections are ever found; secrets never leave."""

    def __init__(
        self, db: Database, clock: Clock, outgoing: OutgoingClient, sealing: Sealing, settings: ZoomSettings
    ) -> None:
        self._db = db
        self._clock = clock
        self.api = ZoomApi(outgoing, settings)
        self._grants = Grants(db, clock, sealing, ZoomGrantor(self.api, clock))

    async def connect(self, owner_id: str, app: App, code: str, redirect_uri: str) -> ZoomConnection:
        """Exchange an authorisation code and keep the connection; one to the same Zoom user gets the new grant and
        keeps its id. Raises `zoom_grant_refused`, `zoom_refused`, `zoom_unavailable`."""
        granted = await self.api.exchange(app, code, redirect_uri)
        try:
            user = await self.api.user(granted.access_token)
        except UnauthorisedError as error:
            raise refused(str(error)) from error
        async with self._db.transaction() as tx:
            await hold(tx, [f"zoom {owner_id} {user.id}"])
            return await self._keep(tx, owner_id, app, granted, user)

    async def list(self, tx: AsyncConnection, owner_id: str) -> Sequence[ZoomConnection]:
        """The owner's connections, the oldest first."""
        return await repository.all_of(tx, owner_id)

    async def get(self, tx: AsyncConnection, owner_id: str, connection_id: str) -> ZoomConnection:
        """One connection; `zoom_connection_not_found`."""
        found = await repository.find(tx, owner_id, connection_id)
        if found is None:
            raise not_found("zoom_connection")
        return found

    async def remove(self, tx: AsyncConnection, owner_id: str, connection_id: str) -> None:
        """Forget a connection and its tokens. Zoom keeps the grant: the user takes it back there."""
        if not await repository.remove(tx, owner_id, connection_id):
            raise not_found("zoom_connection")

    async def on_behalf_token(self, owner_id: str, zoom_user_id: str) -> str:
        """A fresh token with which a bot joins on this user's behalf. Outside of any transaction: Zoom is asked. Raises
        `zoom_not_connected`, `zoom_grant_refused`, `zoom_refused`, `zoom_unavailable`."""
        async with self._db.reading() as read:
            connection = await repository.of_user(read, owner_id, zoom_user_id)
        if connection is None:
            message = f"There is no Zoom connection to the user {zoom_user_id!r}. Connect one, then send the bot again."
            raise MinutebookError(Kind.NOT_FOUND, "zoom_not_connected", message)
        return await self.with_access(connection.id, self.api.on_behalf_token)

    async def app(self, owner_id: str, zoom_user_id: str) -> App | None:
        """The app through which this user is connected."""
        async with self._db.reading() as read:
            connection = await repository.of_user(read, owner_id, zoom_user_id)
            secrets = await self._grants.secrets(read, connection.id) if connection is not None else None
        return App(secrets["client_id"], secrets["client_secret"]) if secrets is not None else None

    async def with_access(self, connection_id: str, call: Callable[[str], Awaitable[Answer]]) -> Answer:
        """What `call` brings with a connection's access token, renewed once where Zoom does not take it. Raises as
        `call` does, and `zoom_not_connected`, `zoom_grant_refused`, `zoom_unavailable`."""
        token = await self._grants.access(connection_id)
        try:
            return await call(token)
        except UnauthorisedError:
            token = await self._grants.access(connection_id, refused=token)
        try:
            return await call(token)
        except UnauthorisedError as error:
            raise revoked(str(error)) from error

    async def _keep(
        self, tx: AsyncConnection, owner_id: str, app: App, granted: Granted, user: ZoomUser
    ) -> ZoomConnection:
        now = self._clock.now()
        known = await repository.of_user(tx, owner_id, user.id)
        kept = ZoomConnection(
            id=known.id if known else new_id(),
            owner_id=owner_id,
            zoom_user_id=user.id,
            zoom_account_id=user.account_id,
            scopes=granted.scopes,
            state=ConnectionState.CONNECTED,
            error_message=None,
            created_at=known.created_at if known else now,
            updated_at=now,
        )
        await repository.put(tx, kept, self._grants.columns_of(asdict(app), granted))
        return kept
