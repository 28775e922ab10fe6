"""Reading decoded sound in pieces."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.speech.media import Pcm, peaks

RATE = 16_000


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pcm") / "ramp.pcm"
    path.write_bytes(np.arange(-RATE, RATE, dtype="<i2").tobytes())
    return path


def test_reads_float32_between_minus_one_and_one(ramp: Path) -> None:
    pcm = Pcm(ramp)
    whole = pcm.read()
    assert pcm.duration_s == 2.0
    assert whole.dtype == np.float32
    assert whole.shape == (2 * RATE,)
    assert whole[0] == pytest.approx(-RATE / 32768)
    assert np.array_equal(pcm.read(0.5, 1.5), whole[RATE // 2 : 3 * RATE // 2])


@given(start_s=st.floats(-3, 5), end_s=st.floats(-3, 5))
def test_any_stretch_is_clipped_to_what_there_is(ramp: Path, start_s: float, end_s: float) -> None:
    piece = Pcm(ramp).read(start_s, end_s)
    start, end = (min(max(round(at * RATE), 0), 2 * RATE) for at in (start_s, end_s))
    assert len(piece) == max(0, end - start)


def test_an_empty_file_is_silence_of_no_length(tmp_path: Path) -> None:
    path = tmp_path / "empty.pcm"
    path.write_bytes(b"")
    assert Pcm(path).duration_s == 0
    assert Pcm(path).read().size == 0
    assert peaks(path, 3) == [0.0, 0.0, 0.0]


def test_peaks_are_the_loudest_sample_of_each_bucket(tmp_path: Path) -> None:
    path = tmp_path / "sound.pcm"
    path.write_bytes(np.array([0, 16384, 0, -32768, 0, 0, 8192, -1], "<i2").tobytes())
    assert peaks(path, 4) == [0.5, 1.0, 0.0, 0.25]
    assert peaks(path, 2) == [1.0, 0.25]
    assert len(peaks(path, 100)) == 100
    assert max(peaks(path, 100)) == 1.0
