"""Bots on events: after every change, what it touched of its rooms gets the bots that its events need.

Everything happens in the caller's transaction; the names of the rooms are held until it ends, so that two who change
the same room follow one another.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots import events as bot_events
from minutebook.bots.model import BotWish
from minutebook.bots.service import Bots
from minutebook.bots.wish_json import wish_from_json
from minutebook.calendars import plan as planning
from minutebook.calendars.model import StoredEvent
from minutebook.calendars.plan import Gathering, Plan
from minutebook.calendars.repository import bots as bots_repository
from minutebook.calendars.repository import events as repository
from minutebook.calendars.repository.bots import CalendarBot
from minutebook.calendars.rooms import room_of
from minutebook.calendars.survey import Found, Survey
from minutebook.db.events import Event, Events
from minutebook.db.locks import hold
from minutebook.kit.clock import Clock
from minutebook.sealing import Sealing

SOON: Final = timedelta(minutes=3)

Spot = tuple[str | None, datetime]
"""A room, if there is one, and the moment of something in it."""

_placing: ContextVar[bool] = ContextVar("placing", default=False)


def spots_of(events: Iterable[StoredEvent]) -> set[Spot]:
    """Where and when these events are."""
    return {(event.room, event.start) for event in events}


class Placing:
    """Puts bots where events want them, and takes them away."""

    def __init__(
        self, clock: Clock, bots: Bots, sealing: Sealing, webrtc_pages: Sequence[str], facts: Path | None
    ) -> None:
        self._clock = clock
        self._bots = bots
        self._sealing = sealing
        self._webrtc_pages = webrtc_pages
        self._facts = facts
        self._survey = Survey(clock, bots, webrtc_pages, facts)

    def subscribe(self, events: Events) -> None:
        """Follow bots that are sent by hand: called once, by wiring."""
        events.subscribe(bot_events.CREATED, self._on_bot_created)

    async def settle(self, tx: AsyncConnection, owner_id: str, spots: Iterable[Spot]) -> None:
        """Give an owner's rooms the bots that they need now, where something changed: at these spots, as they were
        before and as they are."""
        moments: defaultdict[str, set[datetime]] = defaultdict(set)
        for room, moment in spots:
            if room:
                moments[room].add(moment)
        if not moments:
            return
        await hold(tx, [f"room {owner_id} {room}" for room in moments])
        token = _placing.set(True)
        try:
            found = await self._survey.around(tx, owner_id, moments)
            await self._carry_out(tx, owner_id, found)
        finally:
            _placing.reset(token)

    async def audit(self, tx: AsyncConnection) -> int:
        """Look once more at the events that start in the next minutes: a bot that was sent there by hand may have been
        called off. Returns how many rooms there were."""
        now = self._clock.now()
        spots: defaultdict[str, set[Spot]] = defaultdict(set)
        for event in await repository.soon(tx, now - SOON, now + SOON):
            spots[event.owner_id].add((event.room, event.start))
        for owner_id, touched in sorted(spots.items()):
            await self.settle(tx, owner_id, touched)
        return sum(len({room for room, _ in touched}) for touched in spots.values())

    async def _carry_out(self, tx: AsyncConnection, owner_id: str, found: Found) -> None:
        now = self._clock.now()
        new: list[tuple[str, Gathering]] = []
        has: dict[str, str] = {}
        for room, every in found.parts.items():
            for part in every:
                plan = planning.plan(part.wanted, part.bots, now)
                await self._change(tx, owner_id, room, plan, found)
                has |= plan.assign
                new += [(room, gathering) for gathering in plan.create]
        leads = [(found.events[gathering.lead], gathering) for _, gathering in new]
        asked = [(_wish(lead, gathering), self._key(lead)) for lead, gathering in leads]
        made: list[CalendarBot] = []
        for bot, (room, gathering) in zip(await self._bots.create_all(tx, owner_id, asked), new, strict=True):
            made.append(CalendarBot(bot.id, room, gathering.start, gathering.print))
            has |= {event.event_id: bot.id for event in gathering.events}
        await bots_repository.add(tx, owner_id, made)
        await repository.assign(tx, {key: bot_id for key, bot_id in has.items() if found.events[key].bot_id != bot_id})

    async def _change(self, tx: AsyncConnection, owner_id: str, room: str, plan: Plan, found: Found) -> None:
        for bot_id in plan.release:
            await self._bots.leave(tx, owner_id, bot_id)
            await bots_repository.release(tx, bot_id)
        for bot_id, gathering in plan.change.items():
            lead = found.events[gathering.lead]
            wish, key = _wish(lead, gathering), self._key(lead)
            if await self._bots.reschedule(tx, found.bots[bot_id], wish, api_key=key):
                await bots_repository.change(tx, CalendarBot(bot_id, room, gathering.start, gathering.print))

    def _key(self, event: StoredEvent) -> str | None:
        return self._sealing.open(event.sealed_api_key) if event.sealed_api_key else None

    async def _on_bot_created(self, tx: AsyncConnection, event: Event) -> None:
        if _placing.get():
            return
        bot = await self._bots.load(tx, event.subject_id)
        if bot is not None:
            await self.settle(
                tx, bot.owner_id, [(room_of(bot.wish.meeting_url, self._webrtc_pages, self._facts), bot.start_at)]
            )


def _wish(event: StoredEvent, gathering: Gathering) -> BotWish:
    wish = wish_from_json(dict(event.wish or {}))
    return replace(wish, meeting_url=event.meeting_url, start_at=gathering.start)
