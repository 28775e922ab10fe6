"""A talk of three people with known words and times: real read speech (tests/data/speech), in turns that overlap."""

import io
import json
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from support.audio import RATE, samples_of

SPEECH = Path(__file__).parents[2] / "data" / "speech"
SPEAKERS: Mapping[str, str] = {"Ada": "1688", "Boris": "1998", "Clara": "367"}
"""Names in the call (letters alone: Janus' page takes nothing else) to speakers of the data."""
STEPS = (-0.4, 0.5, -0.3, 0.2, -0.5, 0.4)
"""Seconds between the end of one utterance and the beginning of the next, in turn: below 0 they overlap."""


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance in the talk. `start_s` counts from the beginning of the talk."""

    name: str
    start_s: float
    duration_s: float
    text: str
    clip: Path

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s


@dataclass(frozen=True, slots=True)
class Talk:
    """Lines by the time of their beginning."""

    lines: Sequence[Line]

    @property
    def duration_s(self) -> float:
        return max(line.end_s for line in self.lines)

    def words_of(self, name: str) -> str:
        """Everything that somebody says, in order."""
        return " ".join(line.text for line in self.lines if line.name == name)

    def wav_of(self, name: str) -> bytes:
        """What somebody says during the whole talk, with silence between: a WAV of 16 kHz."""
        samples = np.zeros(round((self.duration_s + 0.5) * RATE), np.int16)
        for line in self.lines:
            if line.name == name:
                clip = samples_of(line.clip)
                begin = round(line.start_s * RATE)
                samples[begin : begin + len(clip)] = clip
        return wav_bytes(samples, RATE)

    def speaking_at(self, at_s: float, early_s: float, late_s: float) -> set[str]:
        """Whose words may lie at a moment when they may be early and late by so much."""
        return {line.name for line in self.lines if line.start_s - early_s <= at_s <= line.end_s + late_s}


def three_people(turns: int = 13) -> Talk:
    """The first `turns` turns of a talk in which each one speaks in turn until nobody has anything left to say."""
    said = {name: [each for each in _utterances() if each["speaker"] == speaker] for name, speaker in SPEAKERS.items()}
    lines: list[Line] = []
    at = 0.0
    while len(lines) < turns and any(said.values()):
        for name, left in said.items():
            if left and len(lines) < turns:
                utterance = left.pop(0)
                line = Line(name, at, utterance["duration_s"], utterance["text"], SPEECH / utterance["file"])
                lines.append(line)
                at = line.end_s + STEPS[len(lines) % len(STEPS)]
    return Talk(lines)


def text_of(file: str) -> str:
    """The words of one of the data's clips."""
    return str(next(each["text"] for each in _utterances() if each["file"] == file))


def wav_bytes(samples: NDArray[np.int16], rate: int) -> bytes:
    """Samples as a mono WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def _utterances() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SPEECH / "utterances.json").read_text())
    return found
