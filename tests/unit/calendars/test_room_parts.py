"""A change concerns a part of its room: planning that part is planning the room."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from minutebook.calendars.parts import APART, MOST_SPANS, REACH, parts, spans_of, unseen
from minutebook.calendars.plan import Holder, KnownBot, Phase, Plan, Wanted, plan

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@st.composite
def rooms(draw: st.DrawFn) -> tuple[list[Wanted], list[KnownBot], list[datetime]]:
    """Events, bots and changed moments: dense enough for chains, wide enough for parts."""
    minutes = st.integers(-60, 400)
    bot_ids = [f"b{number}" for number in range(draw(st.integers(0, 8)))]
    wanted = []
    for number in range(draw(st.integers(0, 10))):
        start, holds = draw(minutes), draw(st.sampled_from([None, *bot_ids]))
        asked = draw(st.sampled_from("xy"))
        wanted.append(Wanted(f"e{number}", at(start), at(start + 45), asked, (False, f"e{number}"), holds))
    bots = []
    for key in bot_ids:
        held = tuple(Holder(event.event_id, True, event.start) for event in wanted if event.bot_id == key)
        gone = (Holder("gone", draw(st.booleans()), at(draw(minutes))),) if draw(st.booleans()) else ()
        phase, ours = draw(st.sampled_from(Phase)), draw(st.booleans())
        bots.append(KnownBot(key, at(draw(minutes)), phase, ours, "x" if ours else None, held + gone))
    return wanted, bots, [at(draw(minutes)) for _ in range(draw(st.integers(1, 4)))]


def done(plans: Sequence[Plan]) -> tuple[object, ...]:
    """What plans come to, together."""
    return (
        {tuple(event.event_id for event in each.events) for every in plans for each in every.create},
        {(key, each.lead, each.start) for every in plans for key, each in every.change.items()},
        {key for every in plans for key in every.release},
        {pair for every in plans for pair in every.assign.items()},
    )


@given(rooms())
def test_planning_the_parts_is_planning_the_room(room: tuple[list[Wanted], list[KnownBot], list[datetime]]) -> None:
    wanted, bots, _ = room
    everywhere = [event.start for event in wanted] + [bot.start for bot in bots]
    found = parts(everywhere, wanted, bots)
    assert done([plan(each.wanted, each.bots, NOW) for each in found]) == done([plan(wanted, bots, NOW)])


@given(rooms())
def test_a_part_has_all_that_hangs_together_with_a_change(
    room: tuple[list[Wanted], list[KnownBot], list[datetime]],
) -> None:
    wanted, bots, changed = room
    found = parts(changed, wanted, bots)
    events = {event.event_id for each in found for event in each.wanted}
    known = {bot.id for each in found for bot in each.bots}
    for moment in changed:
        assert {event.event_id for event in wanted if abs(event.start - moment) < APART} <= events
        assert {bot.id for bot in bots if abs(bot.start - moment) < APART} <= known
    for event in wanted:
        if event.bot_id in {bot.id for bot in bots}:
            assert (event.event_id in events) == (event.bot_id in known)
    assert sum(len(each.wanted) for each in found) == len(events)


def test_a_standing_room_is_not_looked_at_as_a_whole() -> None:
    year = [Wanted(f"e{day}", at(day * 1440), at(day * 1440 + 30), "x", (False, f"e{day}")) for day in range(365)]
    (part,) = parts([year[100].start], year, [])
    assert part.wanted == (year[100],)


def test_spans_are_apart_and_not_many() -> None:
    moments = [at(30), at(0), at(1000)]
    assert spans_of(moments) == [(at(0) - REACH, at(30) + REACH), (at(1000) - REACH, at(1000) + REACH)]
    many = [at(day * 1440) for day in range(365)]
    spans = spans_of(many)
    assert len(spans) <= MOST_SPANS
    assert all(any(first <= moment <= last for first, last in spans) for moment in many)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_what_goes_on_beyond_what_was_looked_at_is_told() -> None:
    chain = [Wanted(f"e{place}", at(place * 9), at(place * 9 + 5), "x", (False, f"{place}")) for place in range(20)]
    (part,) = parts([at(0)], chain, [])
    assert part.wanted == tuple(chain)
    assert unseen(part, spans_of([at(0)])) == [at(place * 9) for place in range(6, 20)]
