"""Measurements of a recorded call: what a machine hears in it, and how far picture and sound lie apart."""

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from minutebook.config import SpeechSettings
from minutebook.speech.media import DecodeLimits, Pcm, decode
from minutebook.speech.pipeline import SpeechPipeline
from support.audio import RATE, samples_of

BEEP_HZ = 1000
FRAME_S = 0.01


@cache
def _pipeline() -> SpeechPipeline:
    folder = Path(tempfile.gettempdir()) / "minutebook-test-models"
    return SpeechPipeline(SpeechSettings(language="en"), folder)


def transcribed(recording: Path) -> str:
    """The words of a file by our own pipeline, as `minutebook transcribe --no-diarize` gives them."""
    with tempfile.TemporaryDirectory() as scratch:
        decode(recording, Path(scratch) / "audio.pcm", DecodeLimits())
        transcript = _pipeline().transcribe(Pcm(Path(scratch) / "audio.pcm"), diarize=False)
    return " ".join(segment.text for segment in transcript.segments)


def flashes(video: Path) -> list[float]:
    """When the picture gets much whiter than it was: seconds of the video's own time."""
    times, brightness = [], []
    with av.open(str(video)) as source:
        for frame in source.decode(video=0):
            times.append(frame.time or 0.0)
            brightness.append(float((frame.to_ndarray(format="gray") > 240).mean()))
    level = np.array(brightness)
    risen = np.flatnonzero((level[1:] - level[:-1]) > 0.03) + 1
    return _apart([times[each] for each in risen])


def beeps(recording: Path, hertz: float = BEEP_HZ) -> list[float]:
    """When a tone begins: seconds of the sound's own time, which in a file begins where its first sample lies."""
    samples = samples_of(recording).astype(np.float64) / 32768
    length = round(FRAME_S * RATE)
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    # A recording that catches up with the clock is squeezed a little, and sounds higher.
    pitches = hertz * np.arange(0.92, 1.09, 0.02)
    power = np.abs(frames @ np.exp(-2j * np.pi * np.outer(np.arange(length), pitches) / RATE)).max(axis=1) * 2 / length
    pure = power**2 / 2 > 0.8 * (frames**2).mean(axis=1)
    sounding = (power > 0.05) & pure
    # Five frames in a row, so that speech that passes through the tone is none.
    long_enough: NDArray[np.bool_] = np.lib.stride_tricks.sliding_window_view(sounding, 5).min(axis=1)
    begins = np.flatnonzero(long_enough & ~np.concatenate([[False], long_enough[:-1]]))
    return _apart([float(each * FRAME_S) for each in begins])


def first_sound(recording: Path) -> float:
    """The time stamp of a file's first sound, in seconds."""
    with av.open(str(recording)) as source:
        frame = next(source.decode(audio=0))
        return frame.time or 0.0


def speaking_agrees(
    events: Sequence[Sequence[Mapping[str, object]]], spoken: Mapping[str, Sequence[tuple[float, float]]]
) -> float:
    """Share of 100 ms frames in which the streamed events and the spans (epoch seconds) agree on who speaks."""
    begin = min(start for spans in spoken.values() for start, _ in spans)
    end = max(stop for spans in spoken.values() for _, stop in spans)
    frames = np.arange(begin, end, 0.1)
    agreements = []
    for name, spans in spoken.items():
        truth = np.zeros(len(frames), bool)
        for start, stop in spans:
            truth |= (frames >= start) & (frames < stop)
        agreements.append(truth == _told(events, name, frames))
    return float(np.mean(agreements))


def _told(
    events: Sequence[Sequence[Mapping[str, object]]], name: str, frames: NDArray[np.float64]
) -> NDArray[np.bool_]:
    told = np.zeros(len(frames), bool)
    for group in events:
        for each in group:
            if each["name"] == name:
                told[frames >= float(str(each["timestamp"])) / 1000] = bool(each["isSpeaking"])
    return told


def _apart(moments: Sequence[float], distance_s: float = 0.6) -> list[float]:
    """The moments without those that follow another one closely."""
    found: list[float] = []
    for each in moments:
        if not found or each - found[-1] > distance_s:
            found.append(each)
    return found
