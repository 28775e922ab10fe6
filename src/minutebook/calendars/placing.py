"""Bots on events: after every change, the rooms that it touched get the bots that their events need.

Everything happens in the caller's transaction; the names of the rooms are held until it ends, so that two who change
the same room follow one another.
"""

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots import events as bot_events
from minutebook.bots.model import Bot
from minutebook.bots.service import Bots
from minutebook.bots.states import BotState
from minutebook.bots.wish_json import wish_from_json
from minutebook.calendars import plan as planning
from minutebook.calendars.model import StoredEvent
from minutebook.calendars.plan import Gathering, Holder, KnownBot, Phase, Plan, Wanted
from minutebook.calendars.repository import bots as bots_repository
from minutebook.calendars.repository import events as repository
from minutebook.calendars.repository.bots import CalendarBot
from minutebook.calendars.rooms import room_of
from minutebook.calendars.rules import wants_bot
from minutebook.db.events import Event, Events
from minutebook.db.locks import hold
from minutebook.kit.clock import Clock
from minutebook.sealing import Sealing

log = logging.getLogger("minutebook.calendars")

BACK: Final = timedelta(hours=12)
"""So far back bots and events are looked at: no call lasts longer."""
SOON: Final = timedelta(minutes=3)

_placing: ContextVar[bool] = ContextVar("placing", default=False)


class Placing:
    """Puts bots where events want them, and takes them away."""

    def __init__(self, clock: Clock, bots: Bots, sealing: Sealing, webrtc_pages: Sequence[str]) -> None:
        self._clock = clock
        self._bots = bots
        self._sealing = sealing
        self._webrtc_pages = webrtc_pages

    def subscribe(self, events: Events) -> None:
        """Follow bots that are sent by hand: called once, by wiring."""
        events.subscribe(bot_events.CREATED, self._on_bot_created)

    async def settle(self, tx: AsyncConnection, owner_id: str, rooms: Iterable[str | None]) -> None:
        """Give these rooms of an owner the bots that they need now."""
        names = sorted({room for room in rooms if room})
        if not names:
            return
        await hold(tx, [f"room {owner_id} {room}" for room in names])
        token = _placing.set(True)
        try:
            await self._settle(tx, owner_id, names)
        finally:
            _placing.reset(token)

    async def audit(self, tx: AsyncConnection) -> int:
        """Look once more at the rooms of events that start in the next minutes: a bot that was sent there by hand may
        have been called off. Returns how many rooms there were."""
        now = self._clock.now()
        rooms: defaultdict[str, set[str | None]] = defaultdict(set)
        for event in await repository.soon(tx, now - SOON, now + SOON):
            rooms[event.owner_id].add(event.room)
        for owner_id, names in sorted(rooms.items()):
            await self.settle(tx, owner_id, names)
        return sum(len(names) for names in rooms.values())

    async def _settle(self, tx: AsyncConnection, owner_id: str, rooms: Sequence[str]) -> None:
        now = self._clock.now()
        events = await repository.in_rooms(tx, owner_id, rooms, now - BACK)
        made = {each.bot_id: each for each in await bots_repository.in_rooms(tx, owner_id, rooms, now - BACK)}
        of_events = {event.bot_id for event in events if event.bot_id}
        by_hand = await self._by_hand(tx, owner_id, rooms, events, made)
        ids = sorted(made.keys() | of_events)
        bots = {bot.id: bot for bot in (*await self._bots.of_ids(tx, ids, lock=True), *by_hand.values())}
        ours = await bots_repository.are_ours(tx, bots)
        holders = await repository.with_bots(tx, bots)
        for room in rooms:
            in_room = [event for event in events if event.room == room]
            known = [
                _known(bot, room, made.get(bot.id), holders, ours=bot.id in ours)
                for bot in bots.values()
                if self._is_of_room(bot, room, made, by_hand, in_room)
            ]
            wanted = [_wanted(event) for event in in_room if wants_bot(event, now)]
            await self._carry_out(tx, owner_id, room, planning.plan(wanted, known, now), bots, in_room)

    async def _by_hand(
        self,
        tx: AsyncConnection,
        owner_id: str,
        rooms: Sequence[str],
        events: Sequence[StoredEvent],
        made: Mapping[str, CalendarBot],
    ) -> dict[str, Bot]:
        """Bots at work or waiting in these rooms that no calendar has made, around the times of the events."""
        if not events:
            return {}
        since = min(event.start for event in events) - planning.TOGETHER
        until = max(event.start for event in events) + planning.TOGETHER
        found = await self._bots.active(tx, owner_id, since, until)
        ours = made.keys() | await bots_repository.are_ours(tx, [bot.id for bot in found])
        return {bot.id: bot for bot in found if bot.id not in ours and self._room(bot) in rooms}

    def _room(self, bot: Bot) -> str | None:
        return room_of(bot.wish.meeting_url, self._webrtc_pages)

    def _is_of_room(
        self,
        bot: Bot,
        room: str,
        made: Mapping[str, CalendarBot],
        by_hand: Mapping[str, Bot],
        in_room: Sequence[StoredEvent],
    ) -> bool:
        if bot.id in made:
            return made[bot.id].room == room
        return self._room(bot) == room and (bot.id in by_hand or any(event.bot_id == bot.id for event in in_room))

    async def _carry_out(
        self,
        tx: AsyncConnection,
        owner_id: str,
        room: str,
        wanted: Plan,
        bots: Mapping[str, Bot],
        events: Sequence[StoredEvent],
    ) -> None:
        of_id = {event.id: event for event in events}
        for bot_id in wanted.release:
            await self._bots.leave(tx, owner_id, bot_id)
            await bots_repository.release(tx, bot_id)
        for bot_id, gathering in wanted.change.items():
            lead = of_id[gathering.lead]
            if await self._bots.reschedule(tx, bots[bot_id], _wish(lead, gathering), api_key=self._key(lead)):
                await bots_repository.put(tx, owner_id, CalendarBot(bot_id, room, gathering.start, gathering.print))
        has = dict(wanted.assign)
        for gathering in wanted.create:
            lead = of_id[gathering.lead]
            bot = await self._bots.create(tx, owner_id, _wish(lead, gathering), api_key=self._key(lead), single=False)
            await bots_repository.put(tx, owner_id, CalendarBot(bot.id, room, gathering.start, gathering.print))
            has |= {event.event_id: bot.id for event in gathering.events}
        for event_id, bot_id in has.items():
            if of_id[event_id].bot_id != bot_id:
                await repository.change(tx, [event_id], bot_id=bot_id)

    def _key(self, event: StoredEvent) -> str | None:
        return self._sealing.open(event.sealed_api_key) if event.sealed_api_key else None

    async def _on_bot_created(self, tx: AsyncConnection, event: Event) -> None:
        if _placing.get():
            return
        bot = await self._bots.load(tx, event.subject_id)
        room = self._room(bot) if bot is not None else None
        if bot is not None and room is not None:
            await self.settle(tx, bot.owner_id, [room])


def _wanted(event: StoredEvent) -> Wanted:
    # What somebody asked for comes before what a rule asks for, then the older event.
    rank = (event.by_rule, event.id)
    return Wanted(event.id, event.start, event.end, print_of(event), rank, event.bot_id)


def print_of(event: StoredEvent) -> str:
    """Tells apart what bots were asked for events: the wish, where, and with which key."""
    asked: list[Any] = [event.wish, event.meeting_url, event.sealed_api_key]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _wish(event: StoredEvent, gathering: Gathering) -> Any:
    wish = wish_from_json(dict(event.wish or {}))
    return replace(wish, meeting_url=event.meeting_url, start_at=gathering.start)


def _known(bot: Bot, room: str, made: CalendarBot | None, holders: Iterable[StoredEvent], *, ours: bool) -> KnownBot:
    held = tuple(
        Holder(event.id, event.room == room, event.start)
        for event in holders
        if event.bot_id == bot.id and event.wish is not None and not event.deleted
    )
    start = made.start if made is not None else bot.start_at
    return KnownBot(bot.id, start, phase_of(bot), ours, made.print if made is not None else None, held)


def phase_of(bot: Bot) -> Phase:
    """How far a bot is."""
    if bot.state is BotState.QUEUED:
        return Phase.WAITING
    if bot.state is BotState.CANCELLED:
        return Phase.CANCELLED
    if not bot.state.is_live or bot.stop_requested:
        return Phase.OVER
    return Phase.IN_CALL if bot.recording_started_at is not None else Phase.JOINING
