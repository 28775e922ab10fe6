"""Sound in which nobody speaks: silence, noise, and music made of chords, a bass and drums."""

from collections.abc import Callable, Mapping

import numpy as np

from minutebook.speech.ports import SAMPLE_RATE, Audio

CHORDS = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (261.6, 329.6, 392.0), (196.0, 246.9, 293.7))
BEAT_S = 0.5


def silence(seconds: float) -> Audio:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def noise(level: float) -> Callable[[float], Audio]:
    def made(seconds: float) -> Audio:
        return np.random.default_rng(3).normal(0, level, round(seconds * SAMPLE_RATE)).astype(np.float32)

    return made


def music(seconds: float) -> Audio:
    """Four chords of four beats, again and again, each note with overtones that fade; a bass; a drum on every beat."""
    beats = [_beat(CHORDS[number // 4 % len(CHORDS)], number) for number in range(round(seconds / BEAT_S))]
    return (0.25 * np.concatenate(beats)).astype(np.float32)


def _beat(chord: tuple[float, ...], number: int) -> Audio:
    t = np.arange(round(BEAT_S * SAMPLE_RATE)) / SAMPLE_RATE
    melody = chord[number * 7 % len(chord)] * 2
    notes = [(chord[0] / 2, 1.0), (melody, 0.8), *((pitch, 0.5) for pitch in chord)]
    tone = sum(
        level / harmonic * np.sin(2 * np.pi * pitch * harmonic * t) * np.exp(-(2.0 + harmonic) * t)
        for pitch, level in notes
        for harmonic in (1, 2, 3, 4)
    )
    drum = np.random.default_rng(number).normal(0, 0.6, len(t)) * np.exp(-40 * t)
    return np.asarray(tone + drum, dtype=np.float32)


KINDS: Mapping[str, Callable[[float], Audio]] = {
    "digital silence": silence,
    "faint noise": noise(0.001),
    "loud noise": noise(0.05),
    "music": music,
}
