"""Which bots a room needs: what is wanted against what there is. Pure.

There is one bot per room and time. Events of one room that start within five minutes of each other are one *gathering*,
whichever calendars they are in; its bot goes to the earliest of them. A bot that somebody sent by hand to the same room
at that time serves the gathering too.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

TOGETHER: Final = timedelta(minutes=5)
"""As for bots that are asked for alike (`bots.service.SAME_WITHIN`)."""


class Phase(StrEnum):
    """How far a bot is. `in_call` holds sound; `over` is every bot that has ended or was told to leave, `cancelled` one
    that never went."""

    WAITING = "waiting"
    JOINING = "joining"
    IN_CALL = "in_call"
    OVER = "over"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An event that a bot is to be at. `rank` orders events of one gathering: the least one's wish counts. `print`
    tells wishes apart; `bot_id` is the bot it has had so far."""

    event_id: str
    start: datetime
    end: datetime
    print: str
    rank: tuple[object, ...]
    bot_id: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """An event that still counts on a bot: where and when it is by now."""

    event_id: str
    in_room: bool
    start: datetime


@dataclass(frozen=True, slots=True)
class KnownBot:
    """A bot of the room. `start` is when it was meant to be there; `ours` tells bots of calendars from those sent by
    hand; `print` is the wish it was made with."""

    id: str
    start: datetime
    phase: Phase
    ours: bool
    print: str | None = None
    holders: tuple[Holder, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathering:
    """Events that meet together, and whose wish their bot gets."""

    start: datetime
    lead: str
    print: str
    events: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: bots to make, waiting ones to change (by id), ones to call off, and which bot each event has."""

    create: tuple[Gathering, ...] = ()
    change: Mapping[str, Gathering] = field(default_factory=dict)
    release: tuple[str, ...] = ()
    assign: Mapping[str, str] = field(default_factory=dict)


def gatherings(wanted: Sequence[Wanted]) -> list[Gathering]:
    """The events by time; each gathering begins with its earliest event."""
    groups: list[list[Wanted]] = []
    for event in sorted(wanted, key=lambda each: (each.start, each.rank)):
        if groups and event.start - groups[-1][0].start < TOGETHER:
            groups[-1].append(event)
        else:
            groups.append([event])
    leads = [min(group, key=lambda each: each.rank) for group in groups]
    return [
        Gathering(group[0].start, lead.event_id, lead.print, tuple(group))
        for group, lead in zip(groups, leads, strict=True)
    ]


def plan(wanted: Sequence[Wanted], bots: Sequence[KnownBot], now: datetime) -> Plan:
    """What makes the room's bots those that its events need. Planning again what came of it gives nothing to do."""
    free = {bot.id: bot for bot in bots}
    chosen: dict[int, KnownBot] = {}
    wishes = gatherings(wanted)
    for fits in (_serves, _waits_by_hand, _waits_for_it, _waits_near):
        for place, gathering in enumerate(wishes):
            if place not in chosen:
                found = next((bot for bot in free.values() if fits(bot, gathering, now)), None)
                if found is not None:
                    chosen[place] = free.pop(found.id)
    assign = {event.event_id: bot.id for place, bot in chosen.items() for event in wishes[place].events}
    change = {
        bot.id: wishes[place]
        for place, bot in chosen.items()
        if bot.ours
        and bot.phase is Phase.WAITING
        and (bot.start != wishes[place].start or bot.print != wishes[place].print)
    }
    create = tuple(gathering for place, gathering in enumerate(wishes) if place not in chosen)
    served = assign.keys() | {event.event_id for gathering in create for event in gathering.events}
    release = tuple(bot.id for bot in free.values() if bot.ours and _is_needless(bot, served))
    return Plan(create, change, release, assign)


def _has(bot: KnownBot, gathering: Gathering) -> bool:
    return any(event.bot_id == bot.id for event in gathering.events)


def _is_near(bot: KnownBot, gathering: Gathering) -> bool:
    return any(abs(bot.start - event.start) < TOGETHER for event in gathering.events)


def _serves(bot: KnownBot, gathering: Gathering, now: datetime) -> bool:
    """A bot that is there, or was. One of ours that somebody called off is not sent again; one sent by hand and called
    off is as if it had never been."""
    if bot.phase is Phase.WAITING:
        return False
    if bot.phase in {Phase.OVER, Phase.CANCELLED}:
        called_off = bot.phase is Phase.CANCELLED and not bot.ours
        return _has(bot, gathering) and _is_near(bot, gathering) and not called_off
    is_running = gathering.start <= now
    return _is_near(bot, gathering) or (_has(bot, gathering) and is_running)


def _waits_by_hand(bot: KnownBot, gathering: Gathering, _now: datetime) -> bool:
    return bot.phase is Phase.WAITING and not bot.ours and _is_near(bot, gathering)


def _waits_for_it(bot: KnownBot, gathering: Gathering, _now: datetime) -> bool:
    return bot.phase is Phase.WAITING and bot.ours and bot.start == gathering.start and _has(bot, gathering)


def _waits_near(bot: KnownBot, gathering: Gathering, _now: datetime) -> bool:
    waits = bot.phase is Phase.WAITING and bot.ours
    return waits and (_has(bot, gathering) or bot.start == gathering.start)


def _is_needless(bot: KnownBot, served: Collection[str]) -> bool:
    """Whether one of our bots is to be called off, now that no gathering has it. A meeting that runs over its end keeps
    its bot, and so does a call that is being recorded while its event is moved: it ends when people leave."""
    if bot.phase in {Phase.OVER, Phase.CANCELLED}:
        return False
    if bot.phase is Phase.IN_CALL:
        return not bot.holders
    counting = (holder for holder in bot.holders if holder.in_room and holder.event_id not in served)
    return not any(abs(holder.start - bot.start) < TOGETHER for holder in counting)
