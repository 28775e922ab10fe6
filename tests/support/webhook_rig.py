"""One installation that sends messages to one receiver, with a clock that stands still."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from minutebook.accounts.model import User
from minutebook.accounts.repository import add_user
from minutebook.db.database import Database
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.webhooks import repository
from minutebook.webhooks.model import Limits, Message, Shown
from minutebook.webhooks.service import Webhooks
from support.webhook_receiver import Receiver, Reply, webhook_receiver
from support.webhook_sender import FINAL, STATUS, Publisher, webhooks_over

HOUR = 3600.0
CODES = ("joining_call", "in_call_not_recording", "in_call_recording", "call_ended")
NO = Reply(500, body=b"not today")


@dataclass
class Rig:
    """One installation: an account, a service, a receiver."""

    database: Database
    clock: VirtualClock
    webhooks: Webhooks
    publisher: Publisher
    receiver: Receiver
    more: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def owner_id(self) -> str:
        return self.publisher.owner_id

    async def publish(self, kind: str = FINAL, bot_id: str = "bot", **payload: object) -> str:
        return await self.publisher.publish(kind, bot_id, **{"url": self.receiver.url(), **payload})

    async def call_of(self, bot_id: str, url: str | None = None) -> list[str]:
        """All messages of one bot, published at once."""
        to = {"url": url or self.receiver.url()}
        ids = [await self.publish(STATUS, bot_id, code=code, **to) for code in CODES]
        return [*ids, await self.publish(FINAL, bot_id, **to)]

    async def shown(self, message_id: str) -> Shown:
        async with self.database.reading() as tx:
            return await self.webhooks.show(tx, message_id)

    async def message(self, message_id: str) -> Message:
        return (await self.shown(message_id)).message

    async def replay(self, message_id: str) -> None:
        async with self.database.transaction() as tx:
            await self.webhooks.replay(tx, message_id)

    async def set_account_url(self, url: str | None) -> None:
        async with self.database.transaction() as tx:
            await self.webhooks.set_account_url(tx, self.owner_id, url)

    async def next_try(self) -> datetime | None:
        queues = repository.queues
        at = func.coalesce(queues.c.paused_until, queues.c.due_at)
        query = select(func.max(queues.c.due_at, at) if self.database.is_sqlite else func.greatest(queues.c.due_at, at))
        async with self.database.reading() as tx:
            moments = [row[0] for row in await tx.execute(query.where(queues.c.due_at.is_not(None)))]
        # A function of columns is a plain text on SQLite.
        moments = [datetime.fromisoformat(each) if isinstance(each, str) else each for each in moments]
        return min((each.replace(tzinfo=UTC) for each in moments), default=None)

    async def let_time_pass(self, seconds: float) -> None:
        """Deliver what is due whenever something is, for so long."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await self.webhooks.deliver_due()
        while (due := await self.next_try()) is not None and due <= end:
            self.clock.advance(max(0.0, (due - self.clock.now()).total_seconds()))
            await self.webhooks.deliver_due()
        self.clock.advance((end - self.clock.now()).total_seconds())

    def another_sender(self, limits: Limits | None = None) -> Webhooks:
        """A second worker: a service with connections of its own."""
        database = Database(self.database.url.render_as_string(hide_password=False))
        self.more.push_async_callback(database.close)
        return webhooks_over(database, self.clock, limits)


@asynccontextmanager
async def webhook_rig(database: Database) -> AsyncIterator[Rig]:
    """The service over this database. Signatures are checked against the real time, so the clock stands near it."""
    clock = VirtualClock(datetime.now(UTC).replace(microsecond=0))
    user = User(new_id(), "ada@example.com", "Ada", True, clock.now())
    async with database.transaction() as tx:
        await add_user(tx, user, "no password")
    webhooks = webhooks_over(database, clock)
    async with webhook_receiver() as receiver, AsyncExitStack() as more:
        yield Rig(database, clock, webhooks, Publisher(database, webhooks, clock, user.id), receiver, more)
