"""Stretches in which one voice speaks alone: what an embedding is worth computing from."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.diarization.model import WINDOW_FRAMES

SILENT, OVERLAP = -1, -2


def solo_labels(active: NDArray[np.bool_]) -> NDArray[np.int8]:
    """[..., 3] activity to [...]: the local voice that speaks alone, or SILENT, or OVERLAP."""
    count = active.sum(axis=-1)
    labels = np.where(count == 1, active.argmax(axis=-1), SILENT)
    return np.where(count > 1, OVERLAP, labels).astype(np.int8)


def cores(window_frames: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """For each of the (sorted) windows, the frames whose nearest window it is."""
    middles = window_frames + WINDOW_FRAMES // 2
    between = (middles[1:] + middles[:-1]) // 2
    edges = [int(window_frames[0]), *between.tolist(), int(window_frames[-1]) + WINDOW_FRAMES]
    yield from pairwise(edges)


def solo_runs(window_frames: NDArray[np.int64], labels: NDArray[np.int8], first: int, last: int) -> NDArray[np.int64]:
    """Maximal runs [R, 2] of frames within `[first, last)` in which one and the same voice speaks alone.

    `labels` [W, 589] are `solo_labels` of windows that start at `window_frames`, sorted and overlapping by about half
    or more. Voices are named per window only, so a frame is compared with the one before it inside the window whose
    middle is nearest.
    """
    solo = np.zeros(max(last - first, 0), dtype=bool)
    change = np.zeros(len(solo), dtype=bool)
    for row, (core_first, core_last) in enumerate(cores(window_frames) if len(window_frames) else ()):
        begin, end = max(core_first, first), min(core_last, last)
        if begin >= end:
            continue
        window = labels[row]
        here = window[begin - window_frames[row] : end - window_frames[row]]
        before = window[np.maximum(np.arange(begin, end) - 1 - window_frames[row], 0)]
        solo[begin - first : end - first] = here >= 0
        change[begin - first : end - first] = here != before
    previous = np.concatenate([[False], solo[:-1]])
    following = np.concatenate([solo[1:], [False]]) & ~np.concatenate([change[1:], [False]])
    starts = np.flatnonzero(solo & (~previous | change))
    ends = np.flatnonzero(solo & ~following) + 1
    return np.stack([starts, ends], axis=1).astype(np.int64) + first


def cut(runs: NDArray[np.int64], shortest: int, longest: int) -> NDArray[np.int64]:
    """Runs as equal pieces of at most `longest` frames; runs under `shortest` frames are left out."""
    pieces: list[tuple[int, int]] = []
    for first, last in runs.tolist():
        if last - first >= shortest:
            parts = -(-(last - first) // longest)
            edges = np.linspace(first, last, parts + 1).round().astype(np.int64)
            pieces.extend(pairwise(edges.tolist()))
    return np.array(pieces, dtype=np.int64).reshape(-1, 2)
