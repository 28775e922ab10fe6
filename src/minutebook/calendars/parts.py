"""Which part of a room a change concerns: what starts near it, and what hangs together with that. Pure.

A room's events and bots fall into parts that share neither a gathering nor a bot, whatever is planned: a standing room
has a year of them, and a change concerns one or two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from minutebook.calendars.plan import TOGETHER, KnownBot, Wanted

APART: Final = 2 * TOGETHER
"""Events that start so far from each other share no gathering, and no bot is near both."""
REACH: Final = timedelta(hours=1)
"""So far around a change is looked at first; further only where events stand closer than `APART` all that time."""
MOST_SPANS: Final = 40

Span = tuple[datetime, datetime]
"""A stretch of time, both ends included."""
Members = tuple[list[Wanted], list[KnownBot], list[datetime]]


@dataclass(frozen=True, slots=True)
class Part:
    """What hangs together; `times` are all moments in it."""

    wanted: tuple[Wanted, ...]
    bots: tuple[KnownBot, ...]
    times: tuple[datetime, ...]


def parts(touched: Iterable[datetime], wanted: Sequence[Wanted], bots: Sequence[KnownBot]) -> list[Part]:
    """The parts of one room that have a touched moment in them. Planning each by itself is planning them all, and the
    rest of the room stays as it is."""
    changed = frozenset(touched)
    moments = [event.start for event in wanted] + [bot.start for bot in bots]
    moments += [holder.start for bot in bots for holder in bot.holders if holder.in_room]
    place = _places(sorted({*changed, *moments}), _pairs(wanted, bots))
    concerned: dict[int, Members] = {key: ([], [], []) for key in sorted({place[moment] for moment in changed})}
    rest: Members = ([], [], [])
    for event in wanted:
        concerned.get(place[event.start], rest)[0].append(event)
    for bot in bots:
        concerned.get(place[bot.start], rest)[1].append(bot)
    for moment, key in place.items():
        concerned.get(key, rest)[2].append(moment)
    return [Part(tuple(events), tuple(known), tuple(times)) for events, known, times in concerned.values()]


def spans_of(moments: Iterable[datetime]) -> list[Span]:
    """What to look at around these moments, in order and apart from each other; a few long ones where it would be
    many."""
    found: list[Span] = []
    for moment in sorted(set(moments)):
        first, last = moment - REACH, moment + REACH
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    if len(found) > MOST_SPANS:
        each = -(-len(found) // MOST_SPANS)
        found = [(found[i][0], found[min(i + each, len(found)) - 1][1]) for i in range(0, len(found), each)]
    return found


def unseen(part: Part, spans: Sequence[Span]) -> list[datetime]:
    """The moments of a part around which there may be more than was looked at."""
    return [
        moment
        for moment in part.times
        if not any(first <= moment - APART and moment + APART <= last for first, last in spans)
    ]


def _pairs(wanted: Sequence[Wanted], bots: Sequence[KnownBot]) -> list[tuple[datetime, datetime]]:
    """Moments that may be far from each other, but that a bot holds together."""
    start_of = {bot.id: bot.start for bot in bots}
    pairs = [(bot.start, holder.start) for bot in bots for holder in bot.holders if holder.in_room]
    return pairs + [(start_of[event.bot_id], event.start) for event in wanted if event.bot_id in start_of]


def _places(moments: Sequence[datetime], pairs: Iterable[tuple[datetime, datetime]]) -> dict[datetime, int]:
    """By moment, in order: equal for what is nearer than `APART` or paired, be it over others."""
    group_of: dict[datetime, int] = {}
    before = None
    for moment in moments:
        near = before is not None and moment - before < APART
        group_of[moment] = group_of[before] if near and before is not None else len(group_of)
        before = moment
    joined = {group: group for group in group_of.values()}

    def root(group: int) -> int:
        while joined[group] != group:
            group = joined[group]
        return group

    for one, other in pairs:
        joined[root(group_of[one])] = root(group_of[other])
    return {moment: root(group) for moment, group in group_of.items()}
