"""The networks on real sound: the beginning of the sample meeting (synthetic voices, see samples/README.md)."""

from pathlib import Path

import numpy as np
import pytest

from minutebook.errors import MinutebookError
from minutebook.speech import models
from minutebook.speech.diarization import Diarizer, speaker_turns
from minutebook.speech.diarization.diarizer import windows_of
from minutebook.speech.diarization.model import FRAME_SAMPLES, WINDOW_SAMPLES
from minutebook.speech.ports import SAMPLE_RATE, Audio
from support.audio import samples_of

SAMPLE = Path(__file__).parents[4] / "samples" / "launch.flac"
SPOKEN = [("speaker_1", 0.4, 7.4), ("speaker_2", 7.7, 17.6), ("speaker_1", 17.9, 19.4)]
CLIP_S = 19.6


@pytest.fixture(scope="module")
def clip() -> Audio:
    return (samples_of(SAMPLE)[: int(CLIP_S * SAMPLE_RATE)] / 32768).astype(np.float32)


@pytest.fixture(scope="module")
def diarizer() -> Diarizer:
    return Diarizer(threads=1)


def test_two_voices_take_turns(diarizer: Diarizer, clip: Audio) -> None:
    turns = speaker_turns([diarizer.voices(clip, 0.0, 0.0, CLIP_S)])
    assert [turn.speaker for turn in turns] == [speaker for speaker, _, _ in SPOKEN]
    for turn, (_, start, end) in zip(turns, SPOKEN, strict=True):
        assert turn.start == pytest.approx(start, abs=0.3)
        assert turn.end == pytest.approx(end, abs=0.3)


def test_two_chunks_give_the_turns_of_one(diarizer: Diarizer, clip: Audio) -> None:
    seam = 9.0
    context = clip[: int((seam + 10) * SAMPLE_RATE)]
    late = round((seam - 5) * SAMPLE_RATE)
    chunks = [
        diarizer.voices(context, 0.0, 0.0, seam),
        diarizer.voices(clip[late:], late / SAMPLE_RATE, seam, CLIP_S),
    ]
    whole = speaker_turns([diarizer.voices(clip, 0.0, 0.0, CLIP_S)])
    for turn, same in zip(speaker_turns(chunks), whole, strict=True):
        assert turn.speaker == same.speaker
        assert (turn.start, turn.end) == pytest.approx((same.start, same.end), abs=0.1)


@pytest.mark.parametrize("seconds", [0.0, 0.001, 2.0])
def test_silence_of_any_length_has_no_turns(diarizer: Diarizer, seconds: float) -> None:
    silence = np.zeros(int(seconds * SAMPLE_RATE), dtype=np.float32)
    assert speaker_turns([diarizer.voices(silence, 0.0, 0.0, seconds)]) == []


def test_two_seconds_of_speech_are_one_voice(diarizer: Diarizer, clip: Audio) -> None:
    (turn,) = speaker_turns([diarizer.voices(clip[SAMPLE_RATE : 3 * SAMPLE_RATE], 0.0, 0.0, 2.0)])
    assert turn.speaker == "speaker_1"
    assert turn.end - turn.start == pytest.approx(2.0, abs=0.5)


def test_windows_lie_on_one_grid_wherever_chunks_begin() -> None:
    step = 296
    end = 100 * SAMPLE_RATE
    whole = windows_of(0, end, step)
    parts = [
        windows_of(0, 333_333, step),
        windows_of(333_333, 334_000, step),
        windows_of(334_000, end, step),
    ]
    assert np.concatenate(parts).tolist() == whole.tolist()
    assert np.all(np.diff(whole) == step)
    assert whole[0] < 0
    assert whole[-1] * FRAME_SAMPLES + WINDOW_SAMPLES >= end


def test_a_damaged_or_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(MinutebookError, match="missing") as missing:
        models.read(models.Model.EMBEDDING, tmp_path)
    (tmp_path / models.Model.EMBEDDING.filename).write_bytes(b"something else")
    with pytest.raises(MinutebookError, match="not the one that was shipped") as damaged:
        models.read(models.Model.EMBEDDING, tmp_path)
    assert (missing.value.code, damaged.value.code) == ("model_missing", "model_damaged")
