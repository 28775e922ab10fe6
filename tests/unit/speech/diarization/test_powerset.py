"""Decoding the segmentation network's classes, and stretches in which one voice speaks alone."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from minutebook.speech.diarization.model import WINDOW_FRAMES
from minutebook.speech.diarization.pieces import OVERLAP, SILENT, cut, solo_labels, solo_runs
from minutebook.speech.diarization.segmentation import POWERSET, decode_powerset

STEP = 296


def windows_of(timeline: NDArray[np.int8], names: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Cut labels of the whole recording into windows; window number i calls voice v `names[i][v]`."""
    starts = np.arange(len(names)) * STEP
    padded = np.concatenate([timeline, np.full(len(names) * STEP + WINDOW_FRAMES, SILENT, np.int8)])
    rows = []
    for start, name in zip(starts.tolist(), names, strict=True):
        window = padded[start : start + WINDOW_FRAMES]
        rows.append(np.where(window >= 0, np.array(name)[np.maximum(window, 0)], window))
    return starts, np.array(rows, dtype=np.int8)


def test_each_class_stands_for_its_voices() -> None:
    certain = np.log(np.eye(7, dtype=np.float32) + 1e-9)
    assert np.array_equal(decode_powerset(certain), (POWERSET * 255).astype(np.uint8))


def test_a_voice_is_as_probable_as_all_its_classes_together() -> None:
    probabilities = np.array([0.1, 0.3, 0.0, 0.0, 0.4, 0.2, 0.0], dtype=np.float32)
    with np.errstate(divide="ignore"):
        decoded = decode_powerset(np.log(probabilities))
    assert decoded.tolist() == pytest.approx([0.9 * 255, 0.4 * 255, 0.2 * 255], abs=1)


def test_solo_labels_tell_silence_one_voice_and_overlap() -> None:
    active = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1]], dtype=bool)
    assert solo_labels(active).tolist() == [SILENT, 1, OVERLAP, 2]


def test_a_run_goes_on_across_windows_that_name_the_voice_differently() -> None:
    timeline = np.full(1200, SILENT, np.int8)
    timeline[100:900] = 0
    timeline[900:1000] = 1
    starts, labels = windows_of(timeline, [[0, 1, 2], [2, 0, 1], [1, 2, 0], [0, 2, 1]])
    assert solo_runs(starts, labels, 0, 1200).tolist() == [[100, 900], [900, 1000]]


def test_overlap_interrupts_runs() -> None:
    timeline = np.zeros(500, np.int8)
    timeline[200:220] = OVERLAP
    starts, labels = windows_of(timeline, [[0, 1, 2], [1, 0, 2]])
    assert solo_runs(starts, labels, 0, 500).tolist() == [[0, 200], [220, 500]]


@given(
    st.lists(st.tuples(st.integers(5, 200), st.integers(-2, 2)), min_size=1, max_size=12),
    st.lists(st.permutations([0, 1, 2]), min_size=5, max_size=5),
    st.integers(0, 900),
)
def test_runs_are_those_of_the_timeline_however_it_is_divided(
    stretches: list[tuple[int, int]], names: list[list[int]], seam: int
) -> None:
    timeline = np.concatenate([np.full(length, label, np.int8) for length, label in stretches])[: 4 * STEP]
    starts, labels = windows_of(timeline, names)
    edges = [0, *(np.flatnonzero(np.diff(timeline)) + 1).tolist(), len(timeline)]
    expected = [[a, b] for a, b in pairwise(edges) if timeline[a] >= 0]
    assert solo_runs(starts, labels, 0, len(timeline)).tolist() == expected

    seam = min(seam, len(timeline))
    parts = [*solo_runs(starts, labels, 0, seam).tolist(), *solo_runs(starts, labels, seam, len(timeline)).tolist()]
    covered = np.zeros(len(timeline), dtype=bool)
    for first, last in parts:
        covered[first:last] = True
    assert np.array_equal(covered, timeline >= 0)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 700)), max_size=8))
def test_cutting_keeps_long_runs_whole_in_sum(runs: list[tuple[int, int]]) -> None:
    spans = np.array([[first, first + length] for first, length in runs], dtype=np.int64).reshape(-1, 2)
    pieces = cut(spans, shortest=18, longest=207)
    lengths = pieces[:, 1] - pieces[:, 0]
    assert lengths.sum() == sum(length for _, length in runs if length >= 18)
    assert np.all((lengths >= 18) & (lengths <= 207))
