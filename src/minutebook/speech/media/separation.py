"""Which sounds of a file are sources of their own: a speaker per channel, a recorder's tracks. numpy only.

A call that was recorded with one side per channel, or a recorder that keeps microphone, call and their mix as tracks,
holds more than its mix tells: who speaks over whom is heard apart. Ordinary stereo is one source, whatever its width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]


class Slices(Protocol):
    """A sound that is read in slices: an array, or a file."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> Sound: ...


Levels = NDArray[np.float64]
"""dB of full scale of each tenth of a second."""

TENTH_S: Final = 0.1
WINDOW_S: Final = 0.5
MOST_WINDOWS: Final = 2000
"""Windows that are compared, spread over the recording: a quarter of an hour of sound tells as much as three hours."""


@dataclass(frozen=True, slots=True)
class SeparationRules:
    """When sounds count as different.

    A tenth of a second is active above `active_db` (of full scale). In it one channel leads when it is `leads_db` over
    the other: a voice that leaks into the other channel at -20 dB still does, a voice panned to one side does not.
    Channels are two sources when each of them leads in at least `leads_share` of the active time and `leads_s` seconds,
    its level there ranges over `range_db` (80% of it: speech does, hum and noise do not), and where neither leads
    they are not `alike`: the highest normalised cross-correlation within `lag_s`, which is above 0.5 for two
    microphones in one room and below 0.3 for two people in two rooms.

    A track is a copy of another where they are alike above `copy` in `mostly` all windows, and a mix of others when
    what is left of it after taking them out holds less than `left` of its power in `mostly` all.
    """

    active_db: float = -55.0
    leads_db: float = 12.0
    leads_share: float = 0.05
    leads_s: float = 0.5
    range_db: float = 6.0
    alike: float = 0.4
    lag_s: float = 0.02
    copy: float = 0.8
    left: float = 0.15
    mostly: float = 0.8


RULES: Final = SeparationRules()


@dataclass(slots=True)
class ChannelComparison:
    """Gathers how two channels go together while they are decoded at `rate`."""

    rate: int
    rules: SeparationRules = RULES
    _active: int = 0
    _leads: tuple[list[Levels], list[Levels]] = field(default_factory=lambda: ([], []))
    _alike: list[float] = field(default_factory=list)
    _held: list[Sound] = field(default_factory=list)
    _count: int = 0

    def add(self, channels: Sound) -> None:
        """The next samples, [2, samples]."""
        self._held.append(channels)
        self._count += channels.shape[1]
        size = round(WINDOW_S * self.rate)
        if self._count < size:
            return
        joined = np.concatenate(self._held, axis=1)
        for at in range(0, self._count - size + 1, size):
            self._compare(joined[:, at : at + size])
        rest = joined[:, self._count - self._count % size :]
        self._held, self._count = [rest], rest.shape[1]

    def _compare(self, window: Sound) -> None:
        rules = self.rules
        first, second = (_tenths_db(each, self.rate) for each in window)
        active = np.maximum(first, second) >= rules.active_db
        self._active += int(active.sum())
        for led, own, other in ((self._leads[0], first, second), (self._leads[1], second, first)):
            led.append(own[active & (own - other >= rules.leads_db)])
        together = active & (np.abs(first - second) < rules.leads_db)
        if together.mean() >= 0.5 and len(self._alike) < MOST_WINDOWS:
            self._alike.append(likeness(window[0], window[1], round(rules.lag_s * self.rate)))

    @property
    def are_separate(self) -> bool:
        """Whether the channels hold two sources."""
        return all(self._speaks(led) for led in self._leads) and not self._are_alike

    def _speaks(self, led: list[Levels]) -> bool:
        """Whether a channel leads long enough, with a level that rises and falls as speech does."""
        rules, levels = self.rules, np.concatenate(led) if led else np.zeros(0)
        if len(levels) * TENTH_S < rules.leads_s or len(levels) < rules.leads_share * self._active:
            return False
        low, high = np.quantile(levels, [0.1, 0.9])
        return bool(high - low >= rules.range_db)

    @property
    def _are_alike(self) -> bool:
        return bool(self._alike) and float(np.median(self._alike)) >= self.rules.alike


def distinct(tracks: Sequence[Slices], rate: int, rules: SeparationRules = RULES) -> list[int]:
    """The tracks that are sources of their own, by index: without silent ones, copies of earlier ones, and mixes of
    others."""
    windows = [_windows(tracks, rate, rules, index) for index in range(len(tracks))]
    heard = [index for index, own in enumerate(windows) if own]
    lag = round(rules.lag_s * rate)
    kept: list[int] = []
    for index in heard:
        if not any(
            _copies(tracks, index, other, sorted({*windows[index], *windows[other]}), rate, lag, rules)
            for other in kept
        ):
            kept.append(index)
    return [index for index in kept if not _is_mix(tracks, index, kept, windows[index], rate, lag, rules)]


def likeness(first: Sound, second: Sound, lag: int) -> float:
    """The highest normalised cross-correlation of two sounds of one length within `lag` samples, 0 to 1."""
    return abs(_best_lag(first, second, lag)[1])


def _best_lag(first: Sound, second: Sound, lag: int) -> tuple[int, float]:
    """By how many samples `second` has to be rolled to fit `first` best, and how well it fits then."""
    size = 2 * len(first)
    energy = float(np.sqrt(np.square(first, dtype=np.float64).sum() * np.square(second, dtype=np.float64).sum()))
    if energy <= 0.0:
        return 0, 0.0
    product = np.fft.rfft(first, size) * np.conj(np.fft.rfft(second, size))
    correlation = np.fft.irfft(product, size)
    near = np.concatenate([correlation[-lag:], correlation[: lag + 1]]) if lag else correlation[:1]
    at = int(np.abs(near).argmax())
    return at - lag, float(near[at] / energy)


def _level_db(sound: Sound) -> float:
    return float(10 * np.log10(max(float(np.square(sound, dtype=np.float64).mean()), 1e-12)))


def _tenths_db(sound: Sound, rate: int) -> Levels:
    """The level of each tenth of a second."""
    size = round(TENTH_S * rate)
    powers = np.square(sound[: len(sound) // size * size].reshape(-1, size), dtype=np.float64).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(powers, 1e-12)))


def _windows(tracks: Sequence[Slices], rate: int, rules: SeparationRules, index: int) -> list[int]:
    """Where windows of a track begin in which it is active, spread over it."""
    size, own = round(WINDOW_S * rate), tracks[index]
    starts = range(0, len(own) - size + 1, size)
    active = [at for at in starts if _level_db(own[at : at + size]) >= rules.active_db]
    return active[:: -(-len(active) // MOST_WINDOWS)] if active else []


def _cut(track: Slices, at: int, size: int) -> Sound:
    """A window of a track; silence where it has ended."""
    window = np.zeros(size, np.float32)
    part = track[at : at + size]
    window[: len(part)] = part
    return window


def _copies(
    tracks: Sequence[Slices],
    index: int,
    other: int,
    windows: Sequence[int],
    rate: int,
    lag: int,
    rules: SeparationRules,
) -> bool:
    size = round(WINDOW_S * rate)
    found = [likeness(_cut(tracks[index], at, size), _cut(tracks[other], at, size), lag) for at in windows]
    return float(np.quantile(found, 1 - rules.mostly)) >= rules.copy


def _is_mix(
    tracks: Sequence[Slices],
    index: int,
    kept: Sequence[int],
    windows: Sequence[int],
    rate: int,
    lag: int,
    rules: SeparationRules,
) -> bool:
    """Whether the other tracks explain this one: at least two of them, each shifted to where it fits best."""
    others = [each for each in kept if each != index]
    if len(others) < 2:
        return False
    size = round(WINDOW_S * rate)
    left = []
    for at in windows:
        own = _cut(tracks[index], at, size)
        parts = [_cut(tracks[each], at, size) for each in others]
        fitted = np.stack([np.roll(part, _best_lag(own, part, lag)[0]) for part in parts], axis=1)
        weights = np.linalg.lstsq(fitted, own, rcond=None)[0]
        rest = own - fitted @ weights
        left.append(float(np.square(rest, dtype=np.float64).sum() / np.square(own, dtype=np.float64).sum()))
    return float(np.quantile(left, rules.mostly)) < rules.left
