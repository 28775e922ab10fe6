"""Turns become units: each second of speech is recognised once, wherever the recording is divided."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.speech.ports import SAMPLE_RATE
from minutebook.speech.units import (
    DEFAULT,
    Chunk,
    by_voices,
    join_turns,
    plan_chunks,
    quietest_moment,
    split_long,
    units_of,
)
from minutebook.transcript.model import Turn


def middle(start_s: float, end_s: float) -> float:
    return (start_s + end_s) / 2


@st.composite
def turns_of_a_meeting(draw: st.DrawFn) -> list[Turn]:
    turns, at = [], 0.0
    for _ in range(draw(st.integers(0, 25))):
        at += draw(st.floats(-0.5, 4.0))
        length = draw(st.one_of(st.floats(0.3, 12.0), st.floats(12.0, 150.0)))
        at = max(at, 0.0)
        turns.append(Turn(draw(st.sampled_from("ABC")), at, at + length))
        at += length
    return turns


@given(turns=turns_of_a_meeting(), chunk_s=st.floats(40.0, 400.0))
def test_units_do_not_depend_on_where_chunks_meet_more_than_at_long_turns(turns: list[Turn], chunk_s: float) -> None:
    end = max((turn.end for turn in turns), default=0.0) + 0.01
    units = [unit for chunk in plan_chunks(end, chunk_s) for unit in units_of(chunk, turns, middle)]
    assert all(unit.end - unit.start <= DEFAULT.longest_s + 1e-6 for unit in units)
    joined = join_turns(turns)
    short = [unit for unit in joined if unit.end - unit.start <= DEFAULT.longest_s]
    assert [unit for unit in short if unit not in units] == []
    covered = sum(unit.end - unit.start for unit in units)
    assert covered == pytest.approx(sum(unit.end - unit.start for unit in joined), abs=0.2 * len(units) + 1e-6)


@given(duration=st.floats(0.1, 20_000), chunk_s=st.floats(30, 1200))
def test_chunks_cover_the_recording_once(duration: float, chunk_s: float) -> None:
    chunks = plan_chunks(duration, chunk_s)
    assert chunks[0].start_s == 0
    assert chunks[-1].end_s == duration
    assert all(one.end_s == two.start_s for one, two in itertools.pairwise(chunks))
    assert all(0 < chunk.end_s - chunk.start_s <= 1.25 * chunk_s + 1e-6 for chunk in chunks)


def test_no_sound_has_no_chunks() -> None:
    assert plan_chunks(0.0, 600.0) == []


def test_turns_of_one_voice_are_joined_over_a_short_silence_only() -> None:
    turns = [Turn("A", 0, 2), Turn("A", 2.5, 4), Turn("A", 9, 10)]
    assert join_turns(turns) == [Turn("A", 0, 4), Turn("A", 9, 10)]


def test_another_voice_between_keeps_turns_apart() -> None:
    turns = [Turn("A", 0, 2), Turn("B", 2.1, 2.4), Turn("A", 2.5, 4)]
    assert join_turns(turns) == turns


def test_a_long_turn_is_cut_at_its_quietest_moments() -> None:
    pieces = split_long(Turn("A", 0, 60), lambda start, end: 20.0 if start < 20 < end else 40.0)
    assert pieces == [Turn("A", 0, 20.0), Turn("A", 20.0, 40.0), Turn("A", 40.0, 60)]


def test_neighbouring_chunks_share_a_long_turn_without_a_gap() -> None:
    turn = Turn("A", 10, 190)
    first = units_of(Chunk(0, 0, 100), [turn], middle)
    second = units_of(Chunk(1, 100, 200), [turn], middle)
    assert first[0].start == 10
    assert first[-1].end == second[0].start
    assert second[-1].end == 190


def test_the_quietest_moment_is_the_pause() -> None:
    random = np.random.default_rng(1)
    audio = random.normal(0, 0.1, 4 * SAMPLE_RATE).astype(np.float32)
    audio[int(2.4 * SAMPLE_RATE) : int(2.8 * SAMPLE_RATE)] = 0
    assert quietest_moment(audio) == pytest.approx(2.6, abs=0.11)


def test_units_of_one_voice_are_told_from_those_in_which_another_speaks() -> None:
    turns = [Turn("A", 0, 10), Turn("B", 9.7, 12), Turn("A", 14, 20), Turn("B", 15, 16)]
    assert by_voices(turns, turns) == ([turns[0], turns[1]], [turns[2], turns[3]])
