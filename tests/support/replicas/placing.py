"""Where in a recording sound lies that was said at known moments: noise in bursts whose pattern is like itself at no
other moment. Levels are compared, so that a recording may be stretched a little where it catches up with the clock."""

import io

import av
import numpy as np
from numpy.typing import NDArray

from support.audio import RATE
from support.calls.home import RunnerAtHome

STEP_S = 0.005
WINDOW_S, HOP_S = 1.2, 0.1
FURTHEST_S = 2.0
"""How far from its place sound is looked for."""
LIKE = 0.6
"""A window is heard where its levels correlate so well with what was said."""
NOISE_S = 420.0
BAND_HZ = (300, 3000)
BURST_S = 0.06
SILENT = 0.02
"""Of the level at which something is said; what is below is lost."""

Levels = NDArray[np.float64]


def noise() -> NDArray[np.int16]:
    """Noise in the band of speech, on or off by chance every 60 ms."""
    count, chance = round(NOISE_S * RATE), np.random.default_rng(15)
    spectrum = np.fft.rfft(chance.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hertz < BAND_HZ[0]) | (hertz > BAND_HZ[1])] = 0
    bursts = np.repeat(chance.random(round(NOISE_S / BURST_S)) < 0.6, round(BURST_S * RATE))[:count]
    shaped = np.fft.irfft(spectrum, count) * bursts
    said: NDArray[np.int16] = np.round(shaped / np.abs(shaped).max() * 20_000).astype(np.int16)
    return said


def recorded(running: RunnerAtHome) -> tuple[float, NDArray[np.float64]]:
    """The whole recording on the clock's time line: when it begins (epoch), and samples of 16 kHz."""
    pieces = sorted((running.times[key][0] / 1000, data) for key, data in running.pieces.items() if key[0] == "audio")
    if not pieces:
        return 0.0, np.zeros(0)
    sounds = [(at, _samples(data)) for at, data in pieces]
    began = sounds[0][0]
    whole = np.zeros(round((sounds[-1][0] - began) * RATE) + len(sounds[-1][1]) + 1)
    for at, samples in sounds:
        place = round((at - began) * RATE)
        whole[place : place + len(samples)] = samples
    return began, whole


def heard_at(running: RunnerAtHome, said_at: float, samples: NDArray[np.int16]) -> list[tuple[float, float | None]]:
    """For each tenth of a second of the recording (its moment, epoch): how late what was said then lies, in seconds;
    None where nothing is there, not a number where it cannot be told what."""
    began, whole = recorded(running)
    there, said = _levels(whole), _levels(samples.astype(np.float64))
    length, reach = round(WINDOW_S / STEP_S), round(FURTHEST_S / STEP_S)
    loud = float(np.percentile(said, 90))
    found: list[tuple[float, float | None]] = []
    for start in range(0, len(there) - length, round(HOP_S / STEP_S)):
        at = began + start * STEP_S
        place = round((at - said_at) / STEP_S)
        window, around = there[start : start + length], said[max(0, place - reach) : place + length + reach]
        middle = there[start + length // 2 - 60 : start + length // 2 + 60]
        is_there = len(middle) > 0 and middle.max() > SILENT * loud
        found.append((at + WINDOW_S / 2, _lag(window, around, reach) if is_there else None))
    return found


def _levels(samples: NDArray[np.float64]) -> Levels:
    size = round(STEP_S * RATE)
    steps = samples[: len(samples) // size * size].reshape(-1, size)
    levels: Levels = np.sqrt((steps**2).mean(axis=1))
    return levels


def _lag(window: Levels, around: Levels, reach: int) -> float:
    """By how much the window lies behind; not a number where its pattern is too torn to tell."""
    parts = np.lib.stride_tricks.sliding_window_view(around, len(window))
    here = window - window.mean()
    centred = parts - parts.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1) * np.linalg.norm(here) + 1e-9
    likeness = centred @ here / norms
    best = int(likeness.argmax())
    return (reach - best) * STEP_S if likeness[best] >= LIKE else float("nan")


def _samples(flac: bytes) -> NDArray[np.float64]:
    with av.open(io.BytesIO(flac), mode="r") as source:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = [out for frame in source.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.float64)
