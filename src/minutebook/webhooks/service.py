"""Telling others what happened: events that somebody wants to hear of become messages in the transaction that causes
them, and are delivered at least once, by every worker's chore."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database
from minutebook.db.events import Event, Events
from minutebook.db.messages import Renderer
from minutebook.errors import MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.text import is_storable
from minutebook.outgoing.client import OutgoingClient
from minutebook.sealing import Sealing
from minutebook.webhooks import repository
from minutebook.webhooks.delivery import Delivery
from minutebook.webhooks.letters import Letters, host_of
from minutebook.webhooks.model import Limits, Message, MessageQuery, Shown, Target
from minutebook.webhooks.signing import secrets_of

LONGEST_URL: Final = 2048
FORGET_AT_ONCE: Final = 500
"""Messages forgotten in one transaction: on SQLite it holds the only write lock."""


class Webhooks:
    """Messages to receivers outside. `renderers` say for each kind of event how it becomes a message."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        outgoing: OutgoingClient,
        sealing: Sealing,
        renderers: Mapping[str, Renderer],
        limits: Limits | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outgoing = outgoing
        self._sealing = sealing
        self._renderers = renderers
        self._limits = limits or Limits()
        self._letters = Letters(db, sealing, renderers)
        self._delivery = Delivery(db, clock, outgoing, self._letters, self._limits)

    def subscribe(self, events: Events) -> None:
        """Follow every kind of event that there is a renderer for: called once, by wiring."""
        for kind in self._renderers:
            events.subscribe(kind, self._on_event)

    async def account_url(self, tx: AsyncConnection, user_id: str) -> str | None:
        """Where an account wants the messages that have no address of their own."""
        target = await repository.address_of(tx, user_id)
        return target.url if target is not None else None

    async def set_account_url(self, tx: AsyncConnection, user_id: str, url: str | None) -> None:
        """Set that address, or take it away with None. Setting it again lifts the stop of an earlier 410 Gone. Raises
        what `checked_url` does."""
        target = None if url is None else Target(self.checked_url(url), self._clock.now())
        await repository.set_address(tx, user_id, target)

    def checked_url(self, url: str, field: str = "webhook_url") -> str:
        """An address for messages, without blanks around it. Raises `webhook_url_invalid` and `webhook_url_refused`
        (a private address that the operator does not allow). A name is looked up at delivery, not here."""
        plain = url.strip()
        if len(plain) > LONGEST_URL or not is_storable(plain):
            message = f"`{field}` must be an address of at most {LONGEST_URL} characters."
            raise invalid("webhook_url_invalid", message, field)
        if not plain.lower().startswith(("http://", "https://")):
            raise invalid("webhook_url_invalid", f"`{field}` must begin with http:// or https://.", field)
        try:
            self._outgoing.check(plain)
        except MinutebookError as error:
            raise invalid("webhook_url_refused", f"`{field}`: {error.message}", field) from error
        return plain

    def secret(self, user_id: str) -> str:
        """The secret (`whsec_…`) that an account's messages are signed with."""
        return secrets_of(self._sealing, user_id)[0]

    async def list(self, tx: AsyncConnection, query: MessageQuery) -> Sequence[Message]:
        """Messages, newest first."""
        return await repository.found(tx, query)

    async def show(self, tx: AsyncConnection, message_id: str) -> Shown:
        """A message and everything that was tried; `message_not_found`."""
        message = await self._message(tx, message_id)
        return Shown(message, tuple(await repository.attempts_of(tx, message.id)))

    async def replay(self, tx: AsyncConnection, message_id: str) -> Message:
        """Have a message sent again, under the same id and with its ladder from the start, also to a receiver that
        answered 410 Gone; `message_not_found`."""
        message = await self._message(tx, message_id)
        await repository.send_again(tx, message, self._clock.now())
        return await self._message(tx, message_id)

    async def deliver_due(self) -> int:
        """Send what is due; returns how many attempts were made. A chore of every worker, each half second."""
        return await self._delivery.deliver_due()

    async def forget_old(self) -> int:
        """Delete messages, and what was tried for them, a while after they ended; returns how many. A chore of every
        worker, each hour."""
        before = self._clock.now() - timedelta(seconds=self._limits.keep_s)
        forgotten = 0
        while True:
            async with self._db.transaction() as tx:
                removed = await repository.forget_before(tx, before, FORGET_AT_ONCE)
            forgotten += removed
            if removed < FORGET_AT_ONCE:
                return forgotten

    async def _on_event(self, tx: AsyncConnection, event: Event) -> None:
        now = self._clock.now()
        found = await self._letters.route(tx, event, now)
        if found is not None:
            route, target = found
            await repository.append(tx, event, route.lane, route.order_key, host_of(target.url), now)

    async def _message(self, tx: AsyncConnection, message_id: str) -> Message:
        message = await repository.load(tx, message_id)
        if message is None:
            raise not_found("message")
        return message
