"""When participants speak by their own tracks: speech there, less the others' voices out of a loudspeaker."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.ports import SAMPLE_RATE, Audio

BLOCK_S = 0.1
SILENCE_DB = -100.0

Span = tuple[float, float]
Levels = NDArray[np.float64]
"""dB of full scale of each tenth of a second."""


@dataclass(frozen=True, slots=True)
class EchoRules:
    """Which speech in a track is somebody else's.

    What else the call holds is louder by `louder_db`, now or up to `late_s` ago (the sound went to this participant
    and back), and one of these is true: this track is `lower_db` under what the participant's own voice usually
    reaches, and rises and falls with it (correlation of `alike` over `window_s`); or it is `unlike_db` under that; or
    that is not known, because the participant has led for less than `usual_s`. A pause shorter than `hold_s` is still
    the participant's, an echo shorter than `least_s` is left in. Echoes of systems without cancellation lie 10 to
    30 dB under the voice.
    """

    louder_db: float = 6.0
    lower_db: float = 3.0
    alike: float = 0.75
    window_s: float = 2.0
    floor_db: float = -60.0
    unlike_db: float = 12.0
    usual_quantile: float = 0.75
    early_s: float = 0.2
    late_s: float = 0.8
    hold_s: float = 0.3
    least_s: float = 0.3
    usual_s: float = 2.0


DEFAULT = EchoRules()


@dataclass(frozen=True, eq=False)
class ChunkActivity:
    """What the tracks hold in a chunk that begins at `start_s`: spans of speech and levels, by participant; and the
    levels of the mixed sound, which somebody without a track is in too."""

    start_s: float
    spans: Mapping[str, Sequence[Span]]
    levels: Mapping[str, Levels]
    mixed: Levels

    def to_bytes(self) -> bytes:
        """An uncompressed npz archive."""
        arrays: dict[str, NDArray[np.float64]] = {"start": np.array([self.start_s]), "mixed": self.mixed}
        for key in self.spans:
            arrays[f"spans.{key}"] = np.array(self.spans[key], dtype=np.float64).reshape(-1, 2)
            arrays[f"levels.{key}"] = self.levels[key]
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ChunkActivity":
        """The inverse of `to_bytes`; never unpickles."""
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            keys = [name.removeprefix("spans.") for name in stored.files if name.startswith("spans.")]
            spans = {key: [(float(a), float(b)) for a, b in stored[f"spans.{key}"]] for key in keys}
            levels = {key: stored[f"levels.{key}"] for key in keys}
            return cls(float(stored["start"][0]), spans, levels, stored["mixed"])


def levels_of(audio: Audio, count: int) -> Levels:
    """The levels of `count` blocks; silence where the sound has ended."""
    levels = np.full(count, SILENCE_DB)
    found = 10 * np.log10(np.maximum(power(audio), 10 ** (SILENCE_DB / 10)))
    levels[: min(count, len(found))] = found[:count]
    return np.round(levels, 1)


def power(audio: Audio) -> NDArray[np.float64]:
    """Mean square of each tenth of a second."""
    block = round(BLOCK_S * SAMPLE_RATE)
    whole = audio[: len(audio) // block * block].reshape(-1, block)
    return np.asarray(np.square(whole, dtype=np.float64).mean(axis=1))


def own_speech(chunks: Iterable[ChunkActivity], rules: EchoRules = DEFAULT) -> dict[str, list[Span]]:
    """When each participant speaks themselves, over the whole recording."""
    ordered = sorted(chunks, key=lambda chunk: chunk.start_s)
    usual = usual_levels(ordered, rules)
    spoken: dict[str, list[Span]] = {}
    for chunk in ordered:
        for key, spans in chunk.spans.items():
            echo = _echoes(chunk, key, usual.get(key), rules)
            spoken.setdefault(key, []).extend(_without(spans, echo, chunk.start_s, rules))
    return spoken


def usual_levels(chunks: Sequence[ChunkActivity], rules: EchoRules = DEFAULT) -> dict[str, float]:
    """How loud each participant's own voice usually is: in their speech where no other track is as loud."""
    loudest: dict[str, list[Levels]] = {}
    for chunk in chunks:
        for key, own in chunk.levels.items():
            others = _around(_others(chunk, key), rules)
            leads = _active(chunk, key) & (own > others)
            loudest.setdefault(key, []).append(own[leads])
    joined = {key: np.concatenate(parts) for key, parts in loudest.items()}
    return {
        key: float(np.quantile(own, rules.usual_quantile))
        for key, own in joined.items()
        if len(own) * BLOCK_S >= rules.usual_s
    }


def _active(chunk: ChunkActivity, key: str) -> NDArray[np.bool_]:
    active = np.zeros(len(chunk.levels[key]), dtype=bool)
    for start, end in chunk.spans[key]:
        active[_block(start, chunk.start_s) : _block(end, chunk.start_s) + 1] = True
    return active


def _block(moment: float, start_s: float) -> int:
    return max(0, int((moment - start_s) / BLOCK_S))


def _others(chunk: ChunkActivity, key: str) -> Levels:
    """The loudest other track, or what the mixed sound holds besides this one."""
    rest = np.maximum(10 ** (chunk.mixed / 10) - 10 ** (chunk.levels[key] / 10), 10 ** (SILENCE_DB / 10))
    others = [levels for other, levels in chunk.levels.items() if other != key]
    return np.asarray(np.max([10 * np.log10(rest), *others], axis=0))


def _around(levels: Levels, rules: EchoRules) -> Levels:
    """The loudest from `late_s` before to `early_s` after each block."""
    return _highest(levels, round(rules.late_s / BLOCK_S), round(rules.early_s / BLOCK_S))


def _highest(levels: Levels, before: int, after: int) -> Levels:
    padded = np.concatenate([np.full(before, SILENCE_DB), levels, np.full(after, SILENCE_DB)])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, before + after + 1).max(axis=1))


def _echoes(chunk: ChunkActivity, key: str, usual: float | None, rules: EchoRules) -> NDArray[np.bool_]:
    """The blocks in which a track holds others' voices and not its participant's."""
    hold, own, others = round(rules.hold_s / BLOCK_S), chunk.levels[key], _others(chunk, key)
    highest = _highest(own, hold, hold)
    fainter = highest <= _around(others, rules) - rules.louder_db
    if usual is None:
        return fainter
    doubtful = fainter & (highest <= usual - rules.lower_db)
    return _mostly(doubtful, _alike(own, others, rules) | (highest <= usual - rules.unlike_db))


def _mostly(stretches: NDArray[np.bool_], signs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those unbroken stretches whose blocks have the sign for at least half of them."""
    found = np.zeros(len(stretches), dtype=bool)
    for first, last in _runs(stretches):
        found[first:last] = bool(signs[first:last].mean() >= 0.5)
    return found


def _runs(blocks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], blocks, [False]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _alike(own: Levels, others: Levels, rules: EchoRules) -> NDArray[np.bool_]:
    """Where levels go with those of the others, as late as an echo comes."""
    width = 2 * round(rules.window_s / BLOCK_S / 2) + 1
    late = range(round(rules.late_s / BLOCK_S) + 1)
    ours = _windows(_smooth(own, rules), width)
    found = np.full(len(own), -1.0)
    for blocks in late:
        theirs = np.concatenate([np.full(blocks, SILENCE_DB), others])[: len(others)]
        found = np.maximum(found, _correlations(ours, _windows(_smooth(theirs, rules), width)))
    return np.asarray(found >= rules.alike)


def _smooth(levels: Levels, rules: EchoRules) -> Levels:
    """Means over three blocks: an echo's delay is no whole number of them."""
    return np.convolve(np.pad(np.maximum(levels, rules.floor_db), 1, mode="edge"), np.full(3, 1 / 3), mode="valid")


def _windows(levels: Levels, width: int) -> Levels:
    """The levels around each block, [blocks, width], less their mean."""
    padded = np.pad(levels, width // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    return np.asarray(windows - windows.mean(axis=1, keepdims=True))


def _correlations(ours: Levels, theirs: Levels) -> Levels:
    energy = np.einsum("ij,ij->i", ours, ours) * np.einsum("ij,ij->i", theirs, theirs)
    shared = np.einsum("ij,ij->i", ours, theirs)
    return np.asarray(np.where(energy > 1.0, shared / np.sqrt(np.maximum(energy, 1.0)), 0.0))


def _without(spans: Iterable[Span], echo: NDArray[np.bool_], start_s: float, rules: EchoRules) -> list[Span]:
    """The spans less the echoes in them."""
    cuts = [
        (start_s + first * BLOCK_S, start_s + last * BLOCK_S)
        for first, last in _runs(echo)
        if (last - first) * BLOCK_S >= rules.least_s
    ]
    left: list[Span] = []
    for first, last in spans:
        start = first
        for cut_start, cut_end in cuts:
            if start < cut_end and cut_start < last:
                left.append((start, cut_start))
                start = max(start, cut_end)
        left.append((start, last))
    return [(start, end) for start, end in left if end - start > 1e-6]
