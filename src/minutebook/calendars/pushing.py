"""Being told of changes: subscriptions are made, prolonged and ended, and every notification is checked."""

import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from minutebook.calendars.model import Calendar, ProviderName, Push
from minutebook.calendars.ports import Provider, PushAddress, WithPush
from minutebook.calendars.providers.calls import UnauthorisedError
from minutebook.calendars.repository import calendars as repository
from minutebook.calendars.tokens import Tokens
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.address import LOCAL_NAMES, is_public, literal
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_secret

log = logging.getLogger("minutebook.calendars")

PATH: Final = "/api/calendars/push"
AFTER_FAILURE: Final = timedelta(hours=1)
"""A subscription that cannot be had is asked for again after this; until then the calendar is polled."""
MOST_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Notification:
    """What a provider told: the subscription's id, the secret it shows, and whether the subscription is over."""

    push_id: str
    secret: str
    ended: bool = False


class Pushing:
    """Keeps subscriptions. `base_url` is the server's public address, if it has one."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        providers: Mapping[ProviderName, Provider],
        tokens: Tokens,
        base_url: str | None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._providers = providers
        self._tokens = tokens
        self._base = base_url.rstrip("/") if base_url and is_reachable(base_url) else None
        self._not_before: dict[str, datetime] = {}

    async def keep(self, calendar: Calendar) -> None:
        """Make or prolong a calendar's subscription when it is time. Without one, polling does: nothing is raised."""
        provider, now = self._providers[calendar.provider], self._clock.now()
        if self._base is None or not isinstance(provider, WithPush) or self._not_before.get(calendar.id, now) > now:
            return
        push = calendar.push
        if push is not None and push.expires_at - now > provider.push_renewal:
            return
        try:
            await self._renew(calendar, provider, push)
            self._not_before.pop(calendar.id, None)
        except (MinutebookError, UnauthorisedError) as error:
            self._not_before[calendar.id] = now + AFTER_FAILURE
            log.warning("calendar %s: no subscription to its changes: %s", calendar.id, error)

    async def stop(self, calendar: Calendar) -> None:
        """End a calendar's subscription as far as that can be done: one that is left runs out by itself, and what it
        tells is not listened to."""
        provider = self._providers[calendar.provider]
        if calendar.push is None or not isinstance(provider, WithPush):
            return
        try:
            access = await self._tokens.access(calendar.connection_id)
            await provider.unwatch(access, calendar.push)
        except (MinutebookError, UnauthorisedError) as error:
            log.warning("calendar %s: its subscription could not be ended: %s", calendar.id, error)

    async def told(self, provider: ProviderName, notifications: Sequence[Notification]) -> int:
        """Have the calendars read that these are about; returns how many were ours. Doubled, late and reordered ones
        do no harm: they say no more than "look"."""
        heard = 0
        for each in notifications[:MOST_AT_ONCE]:
            async with self._db.transaction() as tx:
                calendar = await repository.of_push(tx, provider, each.push_id)
                push = calendar.push if calendar is not None else None
                if calendar is None or push is None:
                    continue
                if not hmac.compare_digest(push.secret_print, fingerprint(each.secret)):
                    continue
                now = self._clock.now()
                # One that is over is made anew when the calendar is read.
                await repository.want(tx, calendar.id, now, **({"push_expires_at": now} if each.ended else {}))
                heard += 1
        return heard

    async def _renew(self, calendar: Calendar, provider: WithPush, push: Push | None) -> None:
        access = await self._tokens.access(calendar.connection_id)
        now = self._clock.now()
        until = now + provider.push_life
        kept = await provider.renew(access, push, until) if push is not None and push.expires_at > now else None
        if kept is not None:
            async with self._db.transaction() as tx:
                await repository.change(tx, calendar.id, **repository.push_columns(kept))
            return
        address = PushAddress(f"{self._base}{PATH}/{provider.name.value}", new_secret("mbp"))
        made = await provider.watch(access, calendar.raw, address, until)
        async with self._db.transaction() as tx:
            exists = await repository.change(tx, calendar.id, **repository.push_columns(made))
            if exists:
                # What changed before the subscription began is told by nobody.
                await repository.want(tx, calendar.id, self._clock.now())
        old = push if exists else made
        if old is not None:
            await provider.unwatch(access, old)


def is_reachable(base_url: str) -> bool:
    """Whether a provider could reach this address, by the looks of it: https, and no name or address inside a
    network."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").removesuffix(".")
    address = literal(host)
    if parts.scheme != "https" or not host:
        return False
    if address is not None:
        return is_public(address)
    return "." in host and not any(host == name or host.endswith("." + name) for name in LOCAL_NAMES)
