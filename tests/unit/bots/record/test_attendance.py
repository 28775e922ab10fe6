"""From observations to who was there and spoke when."""

import json
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.protocol import Observation, ObservationKind
from minutebook.bots.record.attendance import (
    diarization_lines,
    network_lines,
    of_attempts,
    participants_lines,
    presence_of,
)
from minutebook.recordings.sources import Interval, Participant

T0 = 1_790_000_000_000


def here(key: str, at: float, name: str, track: bool = False) -> Observation:
    return Observation(ObservationKind.PARTICIPANT, T0 + round(at * 1000), key, name=name, track=track)


def gone(key: str, at: float) -> Observation:
    return Observation(ObservationKind.LEFT, T0 + round(at * 1000), key)


def spoke(
    key: str, start: float, end: float, source: str = "track", confidence: float = 1.0, lag_ms: int = 0
) -> Observation:
    return Observation(
        ObservationKind.SPEAKING,
        T0 + round(end * 1000) + lag_ms,
        key,
        start_ms=T0 + round(start * 1000) + lag_ms,
        end_ms=T0 + round(end * 1000) + lag_ms,
        source=source,
        confidence=confidence,
        lag_ms=lag_ms,
    )


def lines(data: bytes) -> list[Any]:
    return [json.loads(line) for line in data.splitlines()]


def persons(*observations: Observation) -> list[tuple[str, str]]:
    sources = presence_of(observations, T0, 1000.0)
    return [(p.key, sources.person_of(p.key)) for p in sources.participants]


def test_each_sources_own_lag_is_taken_off() -> None:
    sources = presence_of(
        [here("a", 0, "Ada", track=True), here("b", 0, "Bob"), spoke("a", 2, 4), spoke("b", 5, 8, "page", 0.6, 1200)],
        T0,
        60.0,
    )
    assert sources.participants == (Participant("a", "Ada", True), Participant("b", "Bob", False))
    assert sources.intervals == (Interval("a", 2.0, 4.0, "track"), Interval("b", 5.0, 8.0, "page", 0.6))


def test_short_silences_are_closed_and_longer_ones_are_not() -> None:
    found = presence_of([here("a", 0, "Ada"), spoke("a", 1, 2), spoke("a", 2.9, 4), spoke("a", 5.1, 6)], T0, 60.0)
    assert [(i.start_s, i.end_s) for i in found.intervals] == [(1.0, 4.0), (5.1, 6.0)]


def test_one_persons_silence_is_not_closed_by_anothers_words_or_by_another_sign() -> None:
    found = presence_of([spoke("a", 1, 2), spoke("b", 2.1, 2.4), spoke("a", 2.5, 3, "page")], T0, 60.0)
    assert [(i.key, i.source) for i in found.intervals] == [("a", "track"), ("b", "track"), ("a", "page")]


def test_nothing_lies_outside_the_recording() -> None:
    found = presence_of(
        [spoke("a", -3, 1), spoke("a", 9, 14), spoke("b", -5, -1), spoke("b", 20, 22), spoke("b", 9.99, 12)], T0, 10.0
    )
    assert [(i.key, i.start_s, i.end_s) for i in found.intervals] == [("a", 0.0, 1.0), ("a", 9.0, 10.0)]


def test_a_participant_is_called_as_they_were_last_and_a_track_stays_one() -> None:
    found = presence_of(
        [here("a", 0, ""), here("a", 1, " Ada  L. ", track=True), here("a", 2, "Ada"), gone("a", 3)], T0, 9
    )
    assert found.participants == (Participant("a", "Ada", True),)


def test_who_comes_back_under_another_key_is_the_same_person() -> None:
    seen = (here("a", 0, "Ada"), spoke("a", 1, 9), gone("a", 10), here("b", 20, "ada"), spoke("b", 21, 25))
    assert persons(*seen) == [("a", "a"), ("b", "a")]


def test_what_a_broken_connection_leaves_behind_is_not_another_person() -> None:
    seen = (here("a", 0, "Ada"), spoke("a", 1, 9), here("b", 12, "Ada"), gone("a", 45), spoke("b", 13, 25))
    assert persons(*seen) == [("a", "a"), ("b", "a")]


def test_two_of_one_name_at_once_are_two_and_nobody_of_that_name_is_joined_then() -> None:
    two = (here("a", 0, "Ada"), here("b", 1, "Ada"), spoke("a", 2, 4), spoke("b", 5, 7), spoke("a", 8, 9))
    back = (gone("a", 100), here("c", 120, "Ada"), spoke("c", 121, 122))
    assert persons(*two) == [("a", "a"), ("b", "b")]
    assert persons(*two, *back) == [("a", "a"), ("b", "b"), ("c", "c")]


def test_two_silent_ones_who_are_together_for_long_are_two() -> None:
    seen = (here("a", 0, "Ada"), here("b", 1, "Ada"), gone("a", 300), gone("b", 300))
    assert persons(*seen) == [("a", "a"), ("b", "b")]


def test_people_without_a_name_are_never_joined() -> None:
    assert persons(here("a", 0, ""), gone("a", 1), here("b", 2, "")) == [("a", "a"), ("b", "b")]


def test_an_attempt_that_broke_off_leaves_nobody_in_the_call() -> None:
    attempts = {
        2: [here("x", 200, "Ada"), spoke("x", 201, 205)],
        1: [here("a", 0, "Ada"), spoke("a", 1, 190), here("b", 3, "Bob")],
    }
    joined = of_attempts(attempts)
    assert persons(*joined) == [("a", "a"), ("b", "b"), ("x", "a")]
    assert [o.at_ms for o in joined if o.kind is ObservationKind.LEFT] == [T0 + 190_000, T0 + 190_000]


def test_the_diarization_file() -> None:
    seen = [here("a", 0, "Ada"), here("b", 0, "Bob"), spoke("a", 1, 3), spoke("b", 2, 4, "page", lag_ms=1000)]
    states = [
        (line[0]["timestamp"] - T0, {each["name"]: each["isSpeaking"] for each in line})
        for line in lines(diarization_lines(seen))
    ]
    assert states == [
        (1000, {"Ada": True}),
        (2000, {"Ada": True, "Bob": True}),
        (3000, {"Ada": False, "Bob": True}),
        (4000, {"Ada": False, "Bob": False}),
    ]


def test_the_network_file_holds_only_what_the_network_told() -> None:
    seen = [here("a", 0, "Ada"), here("b", 0, "Bob"), spoke("a", 1, 3), spoke("b", 2, 4, "network")]
    assert lines(network_lines(seen, T0)) == [
        {"type": "start_time", "meetingStartTime": T0},
        {"name": "Bob", "id": 2, "timestamp": T0 + 2000, "isSpeaking": True},
        {"name": "Bob", "id": 2, "timestamp": T0 + 4000, "isSpeaking": False},
    ]
    assert network_lines(seen[:3], T0) == b""


def test_the_participants_file_has_a_line_per_person() -> None:
    seen = [here("a", 0, "Ada"), gone("a", 5), here("b", 1, "Bob"), here("c", 9, "Ada")]
    rows = lines(participants_lines(seen))
    assert [(row["type"], row["id"], row["name"]) for row in rows] == [("metadata", 1, "Ada"), ("metadata", 2, "Bob")]


keys = st.sampled_from("abc")
moments = st.integers(-20, 120)
observations = st.one_of(
    st.builds(here, keys, moments, st.sampled_from(["Ada", "Bob", ""]), st.booleans()),
    st.builds(gone, keys, moments),
    st.builds(
        lambda key, at, length, source, lag: spoke(key, at, at + length, source, lag_ms=lag),
        keys,
        moments,
        st.floats(0.01, 20),
        st.sampled_from(["track", "network", "page"]),
        st.integers(0, 1500),
    ),
)


@given(st.lists(observations, max_size=12), st.integers(0, 100_000), st.randoms(use_true_random=False))
def test_presence_is_clipped_ordered_and_the_same_at_any_time_and_in_any_order(
    seen: list[Observation], shift: int, random: Random
) -> None:
    sources = presence_of(seen, T0, 100.0)
    for each in sources.intervals:
        assert 0.0 <= each.start_s < each.end_s <= 100.0
    by_sign: dict[tuple[str, str], list[Interval]] = {}
    for each in sources.intervals:
        by_sign.setdefault((each.key, each.source), []).append(each)
    for own in by_sign.values():
        assert all(a.end_s + 0.999 < b.start_s for a, b in pairwise(own))
    moved = [
        Observation(
            o.kind,
            o.at_ms + shift,
            o.key,
            o.name,
            o.track,
            o.start_ms + shift,
            o.end_ms + shift,
            o.source,
            o.confidence,
            o.lag_ms,
        )
        for o in seen
    ]
    assert presence_of(moved, T0 + shift, 100.0) == sources
    known = {p.key for p in sources.participants}
    assert {each.key for each in sources.intervals} <= known == {o.key for o in seen}
    assert all(sources.person_of(sources.person_of(key)) == sources.person_of(key) for key in known)
    random.shuffle(seen)
    assert presence_of(seen, T0, 100.0).intervals == sources.intervals


@given(st.lists(observations, max_size=12))
def test_the_files_pair_every_beginning_with_an_end(seen: list[Observation]) -> None:
    speaking: dict[int, bool] = {}
    for line in lines(diarization_lines(seen)):
        before = dict(speaking)
        speaking |= {each["id"]: each["isSpeaking"] for each in line}
        assert speaking != before
        assert len({each["timestamp"] for each in line}) == 1
    assert not any(speaking.values())
