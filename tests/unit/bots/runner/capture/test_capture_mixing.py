"""The mix of several voices."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.runner.capture.sound.mixing import FULL_SCALE, Mixer
from minutebook.bots.runner.capture.sound.timeline import FRAME


def noise(seed: int, peak: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-peak, peak + 1, FRAME).astype(np.int32)


@given(st.integers(1, 4), st.integers(0, 2**31))
def test_the_mix_is_the_sum_while_nothing_clips(voices: int, seed: int) -> None:
    frames = [noise(seed + number, 8000) for number in range(voices)]
    assert np.array_equal(Mixer().mix(frames), sum(frames))


def test_nobody_is_silence() -> None:
    assert not Mixer().mix([]).any()


def test_loud_voices_are_turned_down_and_come_back_without_steps() -> None:
    mixer = Mixer()
    tone = (20_000 * np.sin(np.arange(FRAME) / 20)).astype(np.int32)
    mixed = [mixer.mix([tone, tone]) for _ in range(5)]
    assert mixer.gain < 0.9
    assert all(np.abs(frame.astype(np.int32)).max() <= FULL_SCALE for frame in mixed[1:])
    # Once the volume is down the wave keeps its shape: nothing is cut off its top.
    assert np.corrcoef(mixed[-1], tone)[0, 1] > 0.9999
    quiet = [mixer.mix([tone // 10]) for _ in range(20)]
    assert np.array_equal(quiet[-1], tone // 10)
