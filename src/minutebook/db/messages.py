"""Events that are told to somebody outside: what a capability says of them, so that `webhooks` can deliver them.

A capability hands over a `Renderer` for each kind of its events: it knows nothing of delivery, and delivery nothing of
what happened.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from minutebook.db.events import Event


class Lane(StrEnum):
    """What a message is to its receiver: `status` tells how something goes, is soon outdated and only makes sense in
    order; `final` tells what came of it, and is what the receiver waits for."""

    STATUS = "status"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes. Messages with one `order_key` (at most 80 characters) are one queue. `url` is None for the
    account's own address; `asked_at` is when somebody asked for messages to `url`, None where that was with this very
    event."""

    lane: Lane
    order_key: str
    url: str | None
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it is now: the JSON body, and the API key that goes into its header, if there is one."""

    body: Mapping[str, Any]
    api_key: str | None


@dataclass(frozen=True, slots=True)
class Renderer:
    """How events of one kind become messages. `route` is called in the transaction that causes the event, and again at
    each attempt to deliver; it reads little and does not fail. `render` is called at each attempt, so that links in the
    body are fresh. None from either: there is nothing to tell (any more)."""

    route: "Callable[[AsyncConnection, Event], Awaitable[Route | None]]"
    render: "Callable[[AsyncConnection, Event], Awaitable[Rendered | None]]"
