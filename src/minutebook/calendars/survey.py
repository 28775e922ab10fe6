"""What stands in rooms around some moments: the events that want a bot there, and the bots there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import Bot
from minutebook.bots.service import Bots
from minutebook.bots.states import BotState
from minutebook.calendars.model import StoredEvent
from minutebook.calendars.parts import Part, Span, parts, spans_of, unseen
from minutebook.calendars.plan import Holder, KnownBot, Phase, Wanted
from minutebook.calendars.repository import bots as bots_repository
from minutebook.calendars.repository import events as repository
from minutebook.calendars.repository.bots import CalendarBot
from minutebook.calendars.rooms import room_of
from minutebook.calendars.rules import wants_bot
from minutebook.calendars.wishes import print_of
from minutebook.kit.clock import Clock

BACK: Final = timedelta(hours=12)
"""Events that ended longer ago are not looked at: no call lasts longer."""

Moments = Mapping[str, set[datetime]]
"""By room, the moments at which something changed."""


@dataclass(frozen=True, slots=True)
class Found:
    """The parts of rooms that have something to do with the change, and the events and bots in them, by id."""

    parts: Mapping[str, Sequence[Part]]
    events: Mapping[str, StoredEvent]
    bots: Mapping[str, Bot]


class Survey:
    """Looks at rooms."""

    def __init__(self, clock: Clock, bots: Bots, webrtc_pages: Sequence[str], facts: Path | None) -> None:
        self._clock = clock
        self._bots = bots
        self._webrtc_pages = webrtc_pages
        self._facts = facts

    async def around(self, tx: AsyncConnection, owner_id: str, moments: Moments) -> Found:
        """All that hangs together with these moments; further and further away until nothing does any more."""
        looked_at = {moment for times in moments.values() for moment in times}
        while True:
            spans = spans_of(looked_at)
            found = await self._within(tx, owner_id, moments, spans)
            further = {moment for every in found.parts.values() for part in every for moment in unseen(part, spans)}
            if not further:
                return found
            looked_at |= further

    async def _within(self, tx: AsyncConnection, owner_id: str, moments: Moments, spans: Sequence[Span]) -> Found:
        rooms = sorted(moments)
        events = await repository.in_rooms(tx, owner_id, rooms, spans, self._clock.now() - BACK)
        held = {event.bot_id for event in events if event.bot_id}
        made = {each.bot_id: each for each in await bots_repository.in_rooms(tx, owner_id, rooms, spans)}
        made |= {each.bot_id: each for each in await bots_repository.of_ids(tx, held - made.keys())}
        by_hand = await self._by_hand(tx, owner_id, moments, spans, made)
        kept = await self._bots.of_ids(tx, sorted(made.keys() | held), lock=True)
        bots = {bot.id: bot for bot in (*kept, *by_hand)}
        ours = await bots_repository.are_ours(tx, bots)
        holders = _by_bot(await repository.with_bots(tx, bots))
        wanted = _wanted(rooms, events, self._clock.now())
        known: dict[str, list[KnownBot]] = {room: [] for room in rooms}
        for bot in bots.values():
            room = made[bot.id].room if bot.id in made else self._room(bot)
            if room in known:
                known[room].append(_known(bot, room, made.get(bot.id), holders.get(bot.id, ()), ours=bot.id in ours))
        found = {room: parts(moments[room], wanted[room], known[room]) for room in rooms}
        return Found(found, {event.id: event for event in events}, bots)

    async def _by_hand(
        self,
        tx: AsyncConnection,
        owner_id: str,
        moments: Moments,
        spans: Sequence[Span],
        made: Mapping[str, CalendarBot],
    ) -> Sequence[Bot]:
        """Bots at work or waiting in these rooms at these times that no calendar has made."""
        found = [bot for bot in await self._bots.active(tx, owner_id, spans) if bot.id not in made]
        ours = await bots_repository.are_ours(tx, [bot.id for bot in found])
        return [bot for bot in found if bot.id not in ours and self._room(bot) in moments]

    def _room(self, bot: Bot) -> str | None:
        return room_of(bot.wish.meeting_url, self._webrtc_pages, self._facts)


def _wanted(rooms: Sequence[str], events: Sequence[StoredEvent], now: datetime) -> dict[str, list[Wanted]]:
    found: dict[str, list[Wanted]] = {room: [] for room in rooms}
    for event in events:
        if event.room in found and wants_bot(event, now):
            # What somebody asked for comes before what a rule asks for, then the older event.
            rank = (event.by_rule, event.id)
            found[event.room].append(Wanted(event.id, event.start, event.end, print_of(event), rank, event.bot_id))
    return found


def _by_bot(events: Iterable[StoredEvent]) -> dict[str | None, list[StoredEvent]]:
    found: dict[str | None, list[StoredEvent]] = {}
    for event in events:
        found.setdefault(event.bot_id, []).append(event)
    return found


def _known(bot: Bot, room: str, made: CalendarBot | None, holders: Iterable[StoredEvent], *, ours: bool) -> KnownBot:
    held = tuple(
        Holder(event.id, event.room == room, event.start)
        for event in holders
        if event.wish is not None and not event.deleted
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
