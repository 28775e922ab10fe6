"""Recordings that hold several sources, a speaker per channel or a recorder's tracks: every voice is heard."""

from pathlib import Path

import numpy as np
import pytest

from minutebook.config import SpeechSettings
from minutebook.speech.engines import ENGINES
from minutebook.speech.engines.fake import FakeEngine
from minutebook.speech.media import Pcm, decode, part_path
from minutebook.speech.pipeline import SpeechPipeline

RECORDINGS = Path(__file__).parents[2] / "data" / "recordings"
NAMES = ["stereo_two_speakers.flac", "two_audio_tracks.mp4"]


@pytest.mark.parametrize("name", NAMES)
def test_each_source_has_a_sound_of_its_own_beside_the_whole(name: str, tmp_path: Path) -> None:
    pcm = tmp_path / "a.pcm"
    decoded = decode(RECORDINGS / name, pcm)
    assert (decoded.parts, decoded.notices) == (2, ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pcm", "a.pcm.0", "a.pcm.1"]
    whole, *parts = (Pcm(path).read() for path in (pcm, part_path(pcm, 0), part_path(pcm, 1)))
    length = min(len(parts[0]), len(parts[1]), len(whole))
    both = np.stack([part[:length] for part in parts], axis=1)
    weights, *_ = np.linalg.lstsq(both, whole[:length], rcond=None)
    rest = whole[:length] - both @ weights
    assert np.square(rest).sum() < 0.01 * np.square(whole).sum()
    assert abs(float(np.dot(both[:, 0], both[:, 1]))) < 0.1 * float(np.prod(np.linalg.norm(both, axis=0)))


@pytest.mark.parametrize("name", NAMES)
def test_each_source_is_a_speaker(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "faster-whisper", lambda settings, models: FakeEngine())
    pcm = tmp_path / "a.pcm"
    decoded = decode(RECORDINGS / name, pcm)
    parts = {str(number): Pcm(part_path(pcm, number)) for number in range(decoded.parts)}
    found = SpeechPipeline(SpeechSettings(threads=1), tmp_path).transcribe(Pcm(pcm), parts=parts)
    assert [speaker.name for speaker in found.speakers] == ["Speaker 1", "Speaker 2"]
    assert all(speaker.talk_time_s > 3 for speaker in found.speakers)
    assert {segment.speaker for segment in found.segments} == {"speaker_1", "speaker_2"}
