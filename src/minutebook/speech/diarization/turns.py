"""From the local voices of all chunks to the turns of the whole recording."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.diarization.clustering import Cohesion, Groups, merge, repeated, singletons
from minutebook.speech.diarization.model import (
    EMBEDDING_SIZE,
    FRAME_S,
    LOCAL_SPEAKERS,
    WINDOW_FRAMES,
    ChunkVoices,
    frame_to_seconds,
)
from minutebook.speech.diarization.parameters import DEFAULT, DiarizationParameters
from minutebook.speech.diarization.pieces import solo_labels
from minutebook.transcript.model import Turn

Span = tuple[int, int]


def speaker_turns(
    chunks: Sequence[ChunkVoices],
    at_most: int | None = None,
    parameters: DiarizationParameters = DEFAULT,
) -> list[Turn]:
    """Who spoke when, over a whole recording, sorted by start.

    Voices are called `speaker_1`, `speaker_2` … in the order in which they are first heard; turns of different voices
    may overlap. The number of voices is found; where more than `at_most` are, those most alike are one. None is ever
    divided to reach a number: the true one, forced, made the error rate 49 of 30 percent on real meetings.
    """
    chunks = sorted(chunks, key=lambda chunk: chunk.start_s)
    pieces = np.concatenate([np.empty((0, 2), np.int64), *(chunk.pieces for chunk in chunks)])
    if not len(pieces):
        return []
    embeddings = np.concatenate([np.empty((0, EMBEDDING_SIZE), np.float32), *(chunk.embeddings for chunk in chunks)])
    centroids = voice_centroids(pieces, embeddings, at_most, parameters)
    likeness = embeddings @ centroids.T
    windows = [window for chunk in chunks for window in zip(chunk.window_frames.tolist(), chunk.activity, strict=True)]
    presence = voice_presence(windows, pieces, likeness, parameters)
    return named_turns(voice_spans(presence > parameters.presence, parameters), chunks[-1].end_s)


def voice_centroids(
    pieces: NDArray[np.int64],
    embeddings: NDArray[np.float32],
    at_most: int | None,
    parameters: DiarizationParameters,
) -> NDArray[np.float32]:
    """The unit vectors [K, D] of the recording's voices.

    Groups with too little speech to be sure of are left out; what they say goes to the voice most like them.
    """
    seconds = (pieces[:, 1] - pieces[:, 0]).astype(np.float64) * FRAME_S
    clear = seconds >= min(parameters.min_clustered_s, float(seconds.max()))
    clear &= ~repeated(embeddings, parameters.repeated_distance)
    singles = singletons(embeddings[clear], seconds[clear])
    groups = _voice_groups(singles, at_most, parameters)
    return np.asarray(groups.sums / np.linalg.norm(groups.sums, axis=1, keepdims=True), dtype=np.float32)


def _voice_groups(singles: Groups, at_most: int | None, parameters: DiarizationParameters) -> Groups:
    cohesion = Cohesion(parameters.expected_cohesion, parameters.cohesion_prior_s2, parameters.unrelated)
    least = max(parameters.min_speaker_s, parameters.min_speaker_share * float(singles.weights.sum()))
    voices = merge(singles, cohesion, parameters.merge_limit).heavier(least)
    if at_most is None or len(voices) <= at_most:
        return voices
    return merge(voices, cohesion, -np.inf, at_most)


def voice_presence(
    windows: Sequence[tuple[int, NDArray[np.uint8]]],
    pieces: NDArray[np.int64],
    likeness: NDArray[np.float32],
    parameters: DiarizationParameters,
) -> NDArray[np.float32]:
    """How present [frames, K] each voice is: the mean over the windows that saw a frame, weighted to their middles.

    `windows` are first frames and activities [589, 3] (× 255); `likeness` [P, K] compares pieces with voices.
    """
    before = max(0, -min(first for first, _ in windows))
    length = before + max(first for first, _ in windows) + WINDOW_FRAMES
    total = np.zeros((length, likeness.shape[1]), dtype=np.float32)
    seen = np.zeros(length, dtype=np.float32)
    weight = np.bartlett(WINDOW_FRAMES + 2)[1:-1].astype(np.float32)
    for first, activity in windows:
        frames = np.arange(WINDOW_FRAMES) + first + before
        seen[frames] += weight
        near = slice(
            int(np.searchsorted(pieces[:, 1], first, side="right")),
            int(np.searchsorted(pieces[:, 0], first + WINDOW_FRAMES)),
        )
        inside = np.clip(pieces[near] - first, 0, WINDOW_FRAMES)
        active = activity > parameters.onset * 255
        likeness_of = _told_apart(active, _likeness_of_locals(active, inside, likeness[near]))
        known, voices = _known(likeness_of), likeness_of.argmax(axis=2)
        for local in range(LOCAL_SPEAKERS):
            total[frames, voices[:, local]] += activity[:, local] * known[:, local] * (weight / 255)
    return np.asarray(total[before:] / np.maximum(seen[before:], np.finfo(np.float32).tiny)[:, None])


def _likeness_of_locals(
    active: NDArray[np.bool_],
    pieces: NDArray[np.int64],
    likeness: NDArray[np.float32],
) -> NDArray[np.float32]:
    """How like each voice [589, 3, K] each local voice of a window is at each frame; -inf for those without pieces.

    A piece goes to the voice most like it, whatever the other pieces of the same local voice do: the segmentation
    network often gives one name to several voices. Frames between pieces (overlapped speech, short words) go with the
    nearest piece.
    """
    solo = solo_labels(active)
    found = np.full((WINDOW_FRAMES, LOCAL_SPEAKERS, likeness.shape[1]), -np.inf, dtype=np.float32)
    for local in range(LOCAL_SPEAKERS):
        heard = np.concatenate([[0], np.cumsum(solo == local)])
        frames = heard[pieces[:, 1]] - heard[pieces[:, 0]]
        mine = np.flatnonzero(2 * frames > pieces[:, 1] - pieces[:, 0])
        if len(mine):
            between = (pieces[mine[1:], 0] + pieces[mine[:-1], 1]) // 2
            found[:, local] = likeness[mine[np.searchsorted(between, np.arange(WINDOW_FRAMES), side="right")]]
    return found


def _known(likeness: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which local voices [589, 3] may be any voice at all."""
    return np.asarray(np.isfinite(likeness).any(axis=2))


def _told_apart(active: NDArray[np.bool_], likeness: NDArray[np.float32]) -> NDArray[np.float32]:
    """The likeness [589, 3, K] without that of one voice where two local voices that speak at once are both most like
    it: it is the one that is more like it, the other is somebody else."""
    found = likeness.copy()
    for one, other in combinations(range(LOCAL_SPEAKERS), 2):
        voices = found.argmax(axis=2)
        known = _known(found) & active
        same = np.flatnonzero(known[:, one] & known[:, other] & (voices[:, one] == voices[:, other]))
        voice = voices[same, one]
        lesser = np.where(found[same, one, voice] < found[same, other, voice], one, other)
        found[same, lesser, voice] = -np.inf
    return found


def voice_spans(active: NDArray[np.bool_], parameters: DiarizationParameters) -> list[list[Span]]:
    """For each voice, the spans of frames of its turns.

    `active` [frames, K]. Pauses of a voice are closed when they are short and nobody else speaks meanwhile; what then
    is too short is left out.
    """
    pause, least = round(parameters.min_off_s / FRAME_S), round(parameters.min_on_s / FRAME_S)
    spoken = np.concatenate([[0], np.cumsum(active.any(axis=1))])
    spans: list[list[Span]] = []
    for voice in range(active.shape[1]):
        joined: list[Span] = []
        for first, last in _runs(active[:, voice]):
            before = joined[-1][1] if joined else -1
            if joined and first - before <= pause and spoken[first] == spoken[before]:
                joined[-1] = (joined[-1][0], last)
            else:
                joined.append((first, last))
        spans.append([span for span in joined if span[1] - span[0] >= least])
    return spans


def _runs(active: NDArray[np.bool_]) -> list[Span]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def named_turns(spans: Sequence[Sequence[Span]], end_s: float) -> list[Turn]:
    """Turns in order, with voices named in the order in which they are first heard; none reaches beyond `end_s`."""
    found = sorted(
        (frame_to_seconds(first), min(frame_to_seconds(last), end_s), voice)
        for voice, its in enumerate(spans)
        for first, last in its
        if frame_to_seconds(first) < end_s
    )
    names: dict[int, str] = {}
    for _, _, voice in found:
        names.setdefault(voice, f"speaker_{len(names) + 1}")
    return [Turn(names[voice], start, end) for start, end, voice in found]
