"""Events that become messages without any bot, and processes that send them:
`python -m support.webhook_sender DATABASE_URL` delivers what is due until it is killed."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.config import OutgoingSettings
from minutebook.db.database import Database
from minutebook.db.events import Event, Events
from minutebook.db.messages import Lane, Rendered, Renderer, Route
from minutebook.kit.clock import Clock, SystemClock
from minutebook.kit.ids import new_id
from minutebook.outgoing.client import OutgoingClient
from minutebook.sealing import Sealing
from minutebook.webhooks.model import Limits
from minutebook.webhooks.service import Webhooks

STATUS, FINAL = "test.status", "test.final"
KEY = bytes(32)
API_KEY = "mbk_of_the_bot"
IMPATIENT = Limits(timeout_s=4.0, lease_s=5.0, poll_s=0.05)
"""For tests that kill senders in real time; a crowded machine is no slow receiver."""


async def _route(_tx: AsyncConnection, event: Event) -> Route | None:
    lane = Lane.STATUS if event.kind == STATUS else Lane.FINAL
    url = event.payload.get("url")
    return Route(lane, event.subject_id, url if isinstance(url, str) else None, None)


async def _render(_tx: AsyncConnection, event: Event) -> Rendered | None:
    if event.payload.get("broken"):
        raise LookupError("nothing to make it of")
    return Rendered({"event": event.kind, "data": {"bot_id": event.subject_id, **event.payload}}, API_KEY)


RENDERERS: Mapping[str, Renderer] = {kind: Renderer(_route, _render) for kind in (STATUS, FINAL)}


def webhooks_over(
    database: Database, clock: Clock, limits: Limits | None = None, allow: tuple[str, ...] = ("127.0.0.1",)
) -> Webhooks:
    """The service over this database; loopback may be reached."""
    outgoing = OutgoingClient(OutgoingSettings(allow=list(allow)))
    return Webhooks(database, clock, outgoing, Sealing(KEY), RENDERERS, limits)


@dataclass
class Publisher:
    """Publishes events of bots that are only ids, each in a transaction of its own."""

    database: Database
    webhooks: Webhooks
    clock: Clock
    owner_id: str = field(default_factory=new_id)
    events: Events = field(init=False)

    def __post_init__(self) -> None:
        self.events = Events(self.clock)
        self.webhooks.subscribe(self.events)

    async def publish(self, kind: str, bot_id: str, **payload: Any) -> str:
        """Returns the event's id."""
        event = Event(kind, self.owner_id, bot_id, payload)
        async with self.database.transaction() as tx:
            await self.events.publish(tx, event)
        return event.id


async def deliver_for_ever(url: str) -> None:
    database = Database(url)
    webhooks = webhooks_over(database, SystemClock(), IMPATIENT)
    print("ready", flush=True)
    while True:
        await webhooks.deliver_due()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(deliver_for_ever(sys.argv[1]))
