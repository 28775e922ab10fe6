"""Turns: kinds and callers in rotation, each caller's own in the order they came."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from minutebook.kit.turns import Caller, Turns

CALLERS = st.builds(Caller, st.sampled_from("xyz"), st.sampled_from("abcd"))
ADD, DISCARD, NEXT = "add", "discard", "next"
MOVES = st.tuples(st.sampled_from([DISCARD, NEXT]), st.integers(0, 99))
ACTS = st.lists(st.one_of(st.tuples(st.just(ADD), CALLERS), MOVES))


@given(ACTS)
def test_nobody_is_lost_doubled_or_overtaken_by_their_own(acts: list[tuple[str, Caller | int]]) -> None:
    turns: Turns[int] = Turns()
    waiting: list[tuple[Caller, int]] = []
    for number, (act, what) in enumerate(acts):
        if isinstance(what, Caller):
            turns.add(what, number)
            waiting.append((what, number))
        elif act == DISCARD and waiting:
            turns.discard(*waiting.pop(what % len(waiting)))
        elif act == NEXT:
            served = turns.next()
            firsts = dict(reversed(waiting))
            assert served in firsts.values() if waiting else served is None
            waiting = [each for each in waiting if each[1] != served]
        assert len(turns) == len(waiting)


@given(ACTS, CALLERS)
def test_who_waits_sees_each_kind_and_each_of_their_own_kind_served_once_at_most(
    acts: list[tuple[str, Caller | int]], me: Caller
) -> None:
    turns: Turns[int] = Turns()
    callers: dict[int, Caller] = {}
    for number, (_, what) in enumerate(acts):
        if isinstance(what, Caller) and what != me:
            callers[number] = what
            turns.add(what, number)
    turns.add(me, -1)
    before: list[Caller] = []
    while (served := turns.next()) != -1:
        assert served is not None
        before.append(callers[served])
        turns.add(callers[served], served)  # they come again at once
    own, others = [each for each in before if each.kind == me.kind], Counter(each.kind for each in before)
    assert set(Counter(own).values()) <= {1}
    assert all(count <= len(own) + 1 for kind, count in others.items() if kind != me.kind)


@given(st.lists(CALLERS, min_size=1))
def test_one_who_gives_up_leaves_no_turn_behind(callers: list[Caller]) -> None:
    turns: Turns[int] = Turns()
    for number, caller in enumerate(callers):
        turns.add(caller, number)
    for number, caller in enumerate(callers):
        turns.discard(caller, number)
        turns.discard(caller, number)
    assert len(turns) == 0
    assert turns.next() is None
