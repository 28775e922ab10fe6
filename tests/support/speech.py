"""Speech for tests: a stretch of the sample meeting (synthetic voices) and the bundled recognition model."""

import json
from pathlib import Path

import numpy as np

from minutebook.speech.ports import Audio
from support.audio import samples_of
from support.calls.scoring import errors

SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"
SCRIPT = Path(__file__).parents[1] / "data" / "meetings" / "launch.turns.json"


def write_pcm(audio: Audio, to: Path) -> Path:
    """Write samples as the decoder does: s16le."""
    to.write_bytes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    return to


def sample_meeting(end_s: float) -> Audio:
    """The first seconds of the sample meeting."""
    return samples_of(SAMPLE)[: round(end_s * 16_000)].astype(np.float32) / np.float32(32768)


def sample_word_error_rate(heard: str, end_s: float) -> float:
    """Percent of wrong words against the script of the sample meeting's first seconds. Kernels differ by processor, and
    so do words: tests bound this rate and name no word."""
    turns = json.loads(SCRIPT.read_text(encoding="utf-8"))
    wrong, words = errors(" ".join(turn["text"] for turn in turns if turn["end"] <= end_s), heard)
    return 100 * wrong / words
