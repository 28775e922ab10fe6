"""From the local voices of all chunks to the turns of the whole recording."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.diarization.clustering import Cohesion, Groups, merge, singletons
from minutebook.speech.diarization.model import (
    FRAME_SAMPLES,
    LOCAL_SPEAKERS,
    WINDOW_FRAMES,
    ChunkVoices,
    frame_to_seconds,
)
from minutebook.speech.diarization.parameters import DEFAULT, DiarizationParameters
from minutebook.speech.diarization.pieces import solo_labels
from minutebook.speech.ports import SAMPLE_RATE
from minutebook.transcript.model import Turn

Floats = NDArray[np.float64]
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE


def speaker_turns(
    chunks: Sequence[ChunkVoices],
    num_speakers: int | None = None,
    parameters: DiarizationParameters = DEFAULT,
) -> list[Turn]:
    """Who spoke when, over a whole recording, sorted by start.

    Voices are called `speaker_1`, `speaker_2` … in the order in which they are first heard; turns of different voices
    may overlap. The number of voices is found, unless `num_speakers` says it.
    """
    chunks = sorted(chunks, key=lambda chunk: chunk.start_s)
    pieces = np.concatenate([chunk.pieces for chunk in chunks]) if chunks else np.empty((0, 2), np.int64)
    if not len(pieces):
        return []
    embeddings = np.concatenate([chunk.embeddings for chunk in chunks])
    centroids = _voices(pieces, embeddings, num_speakers, parameters)
    activity = _global_activity(chunks, pieces, embeddings, centroids, parameters)
    return _named(_turns(activity, chunks[-1].end_s, parameters))


def _voices(
    pieces: NDArray[np.int64], embeddings: NDArray[np.float32], num_speakers: int | None, p: DiarizationParameters
) -> Floats:
    seconds = (pieces[:, 1] - pieces[:, 0]) * FRAME_S
    long = seconds >= min(p.min_clustered_s, float(seconds.max()))
    groups = singletons(embeddings[long], seconds[long])
    cohesion = Cohesion(p.expected_cohesion, p.prior_s2)
    groups = merge(groups, cohesion, p.merge_limit)
    need = min(p.min_speaker_s, p.min_speaker_share * float(seconds[long].sum()))
    keep = groups.weights >= need
    if not keep.any():
        keep[groups.weights.argmax()] = True
    centroids = groups.sums[keep]
    return np.asarray(centroids / np.linalg.norm(centroids, axis=1, keepdims=True))


def _global_activity(chunks, pieces, embeddings, centroids, p):
    last = max(int(c.window_frames[-1]) for c in chunks if len(c.window_frames)) + WINDOW_FRAMES
    total = np.zeros((last, len(centroids)), dtype=np.float32)
    seen = np.zeros(last, dtype=np.float32)
    scores = (embeddings @ centroids.T) 
    w = p.edge + (1 - p.edge) * (1 - np.abs(np.linspace(-1, 1, WINDOW_FRAMES, dtype=np.float32)))
    rows = np.arange(WINDOW_FRAMES)
    for chunk in chunks:
        for first, activity in zip(chunk.window_frames.tolist(), chunk.activity, strict=True):
            active = activity > p.onset * 255
            solo = solo_labels(active)
            lo = np.searchsorted(pieces[:, 1], first, side='right')
            hi = np.searchsorted(pieces[:, 0], first + WINDOW_FRAMES)
            mine = pieces[lo:hi] - first
            mine = np.clip(mine, 0, WINDOW_FRAMES)
            a = activity.astype(np.float32) / 255
            seen[first:first + WINDOW_FRAMES] += w
            for k in range(LOCAL_SPEAKERS):
                if not active[:, k].any():
                    continue
                csum = np.concatenate([[0], np.cumsum(solo == k)])
                wt = (csum[mine[:, 1]] - csum[mine[:, 0]]).astype(np.float64)
                its = np.flatnonzero(wt > 0.5 * (mine[:, 1] - mine[:, 0]))
                if not len(its):
                    continue
                own = wt[its, None] * scores[lo:hi][its]
                s = own + p.context * (own.sum(axis=0) - own)
                c = s.argmax(axis=1)
                mid = (mine[its][1:, 0] + mine[its][:-1, 1]) // 2
                of = c[np.searchsorted(mid, rows, side='right')]
                total[first + rows, of] += a[:, k] * w
    return total / np.maximum(seen, 1e-6)[:, None]


def _turns(activity, end_s, p):
    turns = []
    gap, least = round(p.min_off_s / FRAME_S), round(p.min_on_s / FRAME_S)
    for voice in range(activity.shape[1]):
        active = activity[:, voice] > p.presence
        edges = np.flatnonzero(np.diff(np.concatenate([[0], active.astype(np.int8), [0]])))
        spans = edges.reshape(-1, 2)
        joined = []
        for a, b in spans.tolist():
            if joined and a - joined[-1][1] <= gap:
                joined[-1][1] = b
            else:
                joined.append([a, b])
        for a, b in joined:
            if b - a >= least:
                s, e = frame_to_seconds(a), min(frame_to_seconds(b), end_s)
                if e > s:
                    turns.append((s, e, voice))
    return sorted(turns)


def _named(turns):
    names = {}
    for _, _, voice in turns:
        names.setdefault(voice, f"speaker_{len(names) + 1}")
    return [Turn(names[voice], start, end) for start, end, voice in turns]
