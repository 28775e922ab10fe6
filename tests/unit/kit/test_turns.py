"""Turns: callers in rotation, each caller's own in the order they came."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from minutebook.kit.turns import Turns

KEYS = st.sampled_from("abcd")
ADD, DISCARD, NEXT = "add", "discard", "next"
MOVES = st.tuples(st.sampled_from([DISCARD, NEXT]), st.integers(0, 99))
ACTS = st.lists(st.one_of(st.tuples(st.just(ADD), KEYS), MOVES))


@given(ACTS)
def test_nobody_is_lost_doubled_or_overtaken_by_their_own(acts: list[tuple[str, str | int]]) -> None:
    turns: Turns[str, int] = Turns()
    waiting: list[tuple[str, int]] = []
    for number, (act, what) in enumerate(acts):
        if act == ADD:
            turns.add(str(what), number)
            waiting.append((str(what), number))
        elif act == DISCARD and waiting:
            turns.discard(*waiting.pop(int(what) % len(waiting)))
        elif act == NEXT:
            served = turns.next()
            firsts = dict(reversed(waiting))
            assert served in firsts.values() if waiting else served is None
            waiting = [each for each in waiting if each[1] != served]
        assert len(turns) == len(waiting)


@given(ACTS, KEYS)
def test_who_waits_sees_each_other_caller_served_once_at_most(acts: list[tuple[str, str | int]], key: str) -> None:
    turns: Turns[str, int] = Turns()
    keys: dict[int, str] = {}
    for number, (act, what) in enumerate(acts):
        if act == ADD and what != key:
            keys[number] = str(what)
            turns.add(str(what), number)
    turns.add(key, -1)
    before: defaultdict[str, int] = defaultdict(int)
    while (served := turns.next()) != -1:
        assert served is not None
        before[keys[served]] += 1
        turns.add(keys[served], served)  # they come again at once
    assert set(before.values()) <= {1}


@given(st.lists(KEYS, min_size=1))
def test_one_who_gives_up_leaves_no_turn_behind(keys: list[str]) -> None:
    turns: Turns[str, int] = Turns()
    for number, key in enumerate(keys):
        turns.add(key, number)
    for number, key in enumerate(keys):
        turns.discard(key, number)
        turns.discard(key, number)
    assert len(turns) == 0
    assert turns.next() is None
