"""Recordings whose recorder was killed: what is there is kept, and the reader is told that it was cut."""

from pathlib import Path

import av
import numpy as np
import pytest

from minutebook.speech.media import Pcm, decode
from minutebook.speech.media.declared import MP4, lacks_end


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Twelve seconds of fragmented MP4, a fragment each second."""
    path = tmp_path_factory.mktemp("mp4") / "whole.mp4"
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "1000000"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        noise = np.random.default_rng(1).normal(0, 0.1, (1, 12 * 16_000)).astype(np.float32)
        for at in range(0, noise.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(noise[:, at : at + 1024].copy(), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.35, 0.6, 0.9])
def test_a_cut_fragment_is_told(tmp_path: Path, whole: bytes, share: float) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: int(len(whole) * share)])
    decoded = decode(path, tmp_path / "audio.pcm")
    assert decoded.truncated
    assert Pcm(tmp_path / "audio.pcm").duration_s == pytest.approx(12 * share, abs=1.6)
    assert len(decoded.notices) == 1
    assert "it was cut, and what followed is missing." in decoded.notices[0]


def test_a_whole_one_is_not(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "whole.mp4"
    path.write_bytes(whole)
    decoded = decode(path, tmp_path / "audio.pcm")
    assert (decoded.truncated, decoded.notices) == (False, ())


def test_every_cut_within_a_fragment_is_seen(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "cut.mp4"
    head = whole.index(b"moof") - 4
    second = whole.index(b"moof", head + 8) - 4
    for end in range(head + 1, second, 97):
        path.write_bytes(whole[:end])
        assert lacks_end(path, MP4), end
    path.write_bytes(whole[:second])
    assert not lacks_end(path, MP4)
