"""Where runs of samples land on the time line."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.runner.capture.sound.timeline import FRAME, JUMP_MS, SAMPLES_PER_MS, Frames, Placement, stretched

START_MS = 1_700_000_000_000
RUN = FRAME


def placed(times_ms: list[float], count: int = RUN, silent: bool = False) -> list[tuple[int, int]]:
    placement = Placement(START_MS)
    return [placement.place(START_MS + at_ms, count, silent=silent) for at_ms in times_ms]


def test_a_run_lies_where_its_time_says() -> None:
    assert placed([250.0]) == [(250 * SAMPLES_PER_MS, RUN)]


@given(st.lists(st.floats(0, 15), min_size=2, max_size=60))
def test_jitter_leaves_no_seam(late_ms: list[float]) -> None:
    runs = placed([1000 + 100 * number + late for number, late in enumerate(late_ms)])
    for (position, length), (following, _) in pairwise(runs):
        assert following == position + length
    assert all(length == RUN for _, length in runs)


def test_a_single_late_run_changes_nothing() -> None:
    runs = placed([0, 100, 200 + 350, 300, 400, 500])
    assert [position for position, _ in runs] == [RUN * number for number in range(6)]


def test_time_that_was_lost_is_a_gap_at_once() -> None:
    assert placed([0, 100, 5000])[-1] == (5000 * SAMPLES_PER_MS, RUN)


def test_time_that_stays_lost_is_a_gap_soon() -> None:
    late_ms = JUMP_MS + 100
    runs = placed([0, 100, *(200 + late_ms + 100 * number for number in range(6))])
    position, _ = runs[-1]
    assert position == (700 + late_ms) * SAMPLES_PER_MS


def test_a_clock_that_is_set_back_is_followed() -> None:
    assert placed([9000, 9100, 2000])[-1] == (2000 * SAMPLES_PER_MS, RUN)


@given(st.floats(0.985, 1.03))
def test_a_slow_or_fast_track_stays_in_time_without_a_jump(pace: float) -> None:
    """Each run takes 100 ms × `pace` of wall-clock time, as on a machine that is too busy to play all sound."""
    placement = Placement(START_MS)
    for number in range(300):
        at_ms = 100 * pace * number
        position, length = placement.place(START_MS + at_ms, RUN)
        assert abs(position - at_ms * SAMPLES_PER_MS) < 100 * SAMPLES_PER_MS
        assert abs(length - RUN) <= 0.09 * RUN


def test_silence_takes_the_whole_correction() -> None:
    placement = Placement(START_MS)
    for number in range(6):
        placement.place(START_MS + 100 * number + (60 if number else 0), RUN, silent=True)
    assert placement.end == (600 + 60) * SAMPLES_PER_MS


@given(st.integers(2, 5000), st.integers(1, 5000))
def test_stretched_sound_has_the_length_and_range(count: int, length: int) -> None:
    samples = np.random.default_rng(count).integers(-32768, 32767, count, dtype=np.int16)
    bent = stretched(samples, length)
    assert len(bent) == length
    assert bent.min() >= samples.min()
    assert bent.max() <= samples.max()


@given(st.lists(st.tuples(st.integers(-3000, 20_000), st.integers(1, 6000)), max_size=12))
def test_frames_hold_the_sum_of_everything_added(runs: list[tuple[int, int]]) -> None:
    expected = np.zeros(30_000, np.int64)
    frames = Frames()
    for position, count in runs:
        samples = np.full(count, 100, np.int16)
        frames.add(position, samples)
        lead = max(0, -position)
        expected[position + lead : position + count] += 100 if count > lead else 0
    got = [frames.take(number) for number in range(30_000 // FRAME)]
    for number, frame in enumerate(got):
        part = expected[number * FRAME : (number + 1) * FRAME]
        assert np.array_equal(part, np.zeros(FRAME) if frame is None else frame)


def test_what_comes_after_its_frame_was_taken_is_counted() -> None:
    frames = Frames()
    frames.take(0)
    frames.add(FRAME - 100, np.ones(300, np.int16))
    assert frames.late == 100
    frame = frames.take(1)
    assert frame is not None
    assert frame.sum() == 200
