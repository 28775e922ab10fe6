"""A message as it goes out: where to, the body as it is now, and the headers. Written anew for each attempt, so that
links in it work whenever the receiver comes back."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database
from minutebook.db.events import Event
from minutebook.db.messages import Renderer, Route
from minutebook.errors import MinutebookError
from minutebook.sealing import Sealing
from minutebook.webhooks import repository
from minutebook.webhooks.model import Message, Target, Verdict
from minutebook.webhooks.signing import headers_of, secrets_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """One attempt's request."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NoLetter:
    """Why there is nothing to send now: a verdict and a sentence."""

    verdict: Verdict
    reason: str
    url: str | None = None


class Letters:
    """Writes letters with the renderers of the capabilities that messages come from."""

    def __init__(self, db: Database, sealing: Sealing, renderers: Mapping[str, Renderer]) -> None:
        self._db = db
        self._sealing = sealing
        self._renderers = renderers

    async def route(self, tx: AsyncConnection, event: Event, at: datetime) -> tuple[Route, Target] | None:
        """Where the message of an event that happened `at` goes, if anywhere: to an address of its own, else to its
        account's."""
        renderer = self._renderers.get(event.kind)
        route = await renderer.route(tx, event) if renderer is not None else None
        if route is None:
            return None
        if route.url is not None:
            return route, Target(route.url, route.asked_at or at)
        target = await repository.address_of(tx, event.owner_id)
        return (route, target) if target is not None else None

    async def written(self, message: Message, at: datetime) -> Letter | NoLetter:
        """The letter of an attempt at the moment `at`. A body that cannot be made is a failed attempt like another."""
        try:
            async with self._db.reading() as tx:
                return await self._written(tx, message, at)
        except SQLAlchemyError:
            raise
        except MinutebookError as error:
            return NoLetter(Verdict.RETRY, f"The message could not be made: {error.message}")
        except Exception as error:
            # One message that cannot be made must not keep back all that come after it.
            logger.exception("webhooks: message %s (%s) could not be made", message.id, message.event.kind)
            name = type(error).__name__
            return NoLetter(Verdict.RETRY, f"The message could not be made ({name}); the worker's log says more.")

    async def _written(self, tx: AsyncConnection, message: Message, at: datetime) -> Letter | NoLetter:
        found = await self.route(tx, message.event, message.created_at)
        if found is None:
            return NoLetter(Verdict.NOBODY, "There is no address to send it to any more.")
        _, target = found
        if await self._is_stopped(tx, message, target):
            why = "Its receiver answered 410 Gone to an earlier message; replay this one once it is back."
            return NoLetter(Verdict.STOPPED, why, target.url)
        rendered = await self._renderers[message.event.kind].render(tx, message.event)
        if rendered is None:
            return NoLetter(Verdict.NOBODY, "What it would tell of is gone.")
        body = json.dumps(rendered.body, separators=(",", ":")).encode()
        secrets = secrets_of(self._sealing, message.event.owner_id)
        return Letter(target.url, body, headers_of(secrets, rendered.api_key, message.id, at, body))

    async def _is_stopped(self, tx: AsyncConnection, message: Message, target: Target) -> bool:
        """A 410 holds for everything that was asked for before it."""
        asked_at = max(target.asked_at, message.replayed_at or target.asked_at)
        stopped_at = await repository.stopped_at(tx, message.event.owner_id, target.url)
        return stopped_at is not None and asked_at <= stopped_at


def host_of(url: str) -> str:
    """Host and port of an address: what the places of slow receivers are counted by."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()[: repository.LONGEST_HOST]
