"""From local voices to turns: rules, on made-up activity."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from minutebook.speech.diarization import ChunkVoices, DiarizationParameters, speaker_turns
from minutebook.speech.diarization.model import (
    EMBEDDING_SIZE,
    FRAME_S,
    WINDOW_FRAMES,
    frame_to_seconds,
    seconds_to_frame,
)
from minutebook.speech.diarization.turns import named_turns, voice_spans

STEP = 296
PARAMETERS = DiarizationParameters()
Spoken = list[tuple[int, int, int]]
"""(voice, first frame, last frame + 1)"""


def recording(spoken: Spoken, frames: int, seed: int = 0) -> ChunkVoices:
    """What the networks would find in a recording: windows that shuffle the voices, pieces of 150 frames."""
    random = np.random.default_rng(seed)
    active = np.zeros((frames + WINDOW_FRAMES, 3), dtype=bool)
    for voice, first, last in spoken:
        active[first:last, voice] = True
    starts = np.arange(-STEP, frames, STEP, dtype=np.int64)
    heard = np.concatenate([np.zeros((STEP, 3), dtype=bool), active])
    shuffled = [
        heard[start + STEP : start + STEP + WINDOW_FRAMES][:, random.permutation(3)] for start in starts.tolist()
    ]
    alone = [
        (voice, first, min(first + 150, last))
        for voice, begin, last in spoken
        for first in range(begin, last, 150)
        if min(first + 150, last) - first >= 30 and active[first : min(first + 150, last)].sum(axis=1).max() == 1
    ]
    vectors = np.eye(3, EMBEDDING_SIZE)[[voice for voice, _, _ in alone]].reshape(-1, EMBEDDING_SIZE)
    vectors = vectors + 0.05 * random.normal(size=vectors.shape)
    return ChunkVoices(
        start_s=0.0,
        end_s=frame_to_seconds(frames),
        window_frames=starts,
        activity=np.array(shuffled, dtype=np.uint8) * 255,
        pieces=np.array([[first, last] for _, first, last in alone], dtype=np.int64).reshape(-1, 2),
        embeddings=(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32),
    )


def divided(voices: ChunkVoices, at: int) -> list[ChunkVoices]:
    """The same recording as two chunks."""
    early, before = voices.window_frames < at, voices.pieces[:, 0] < at
    seam = frame_to_seconds(at)
    return [
        replace(
            voices,
            start_s=start,
            end_s=end,
            window_frames=voices.window_frames[windows],
            activity=voices.activity[windows],
            pieces=voices.pieces[pieces],
            embeddings=voices.embeddings[pieces],
        )
        for start, end, windows, pieces in ((0.0, seam, early, before), (seam, voices.end_s, ~early, ~before))
    ]


DIALOGUE: Spoken = [(1, 50, 500), (0, 520, 1000), (2, 980, 1400), (1, 1450, 1800)]


def test_voices_are_named_by_first_appearance_and_overlap_is_kept() -> None:
    turns = speaker_turns([recording(DIALOGUE, 1900)])
    assert [turn.speaker for turn in turns] == ["speaker_1", "speaker_2", "speaker_3", "speaker_1"]
    for turn, (_, first, last) in zip(turns, DIALOGUE, strict=True):
        assert turn.start == pytest.approx(frame_to_seconds(first), abs=2 * FRAME_S)
        assert turn.end == pytest.approx(frame_to_seconds(last), abs=2 * FRAME_S)
    assert turns[2].start < turns[1].end


@pytest.mark.parametrize("at", [300, 592, 990, 1500])
def test_chunks_in_any_order_give_the_turns_of_the_whole(at: int) -> None:
    whole = recording(DIALOGUE, 1900)
    assert speaker_turns(divided(whole, at)[::-1]) == speaker_turns([whole])


@pytest.mark.parametrize(("asked", "found"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_a_number_of_voices_is_a_bound_and_nothing_is_divided_to_reach_it(asked: int, found: int) -> None:
    assert len({turn.speaker for turn in speaker_turns([recording(DIALOGUE, 1900)], asked)}) == found


def test_silence_and_nothing_have_no_turns() -> None:
    assert speaker_turns([]) == []
    assert speaker_turns([recording([], 900)]) == []


def test_a_voice_heard_for_a_moment_goes_to_the_most_similar_one() -> None:
    spoken: Spoken = [(0, 0, 600), (1, 620, 1200), (2, 1220, 1290)]
    assert {turn.speaker for turn in speaker_turns([recording(spoken, 1400)])} == {"speaker_1", "speaker_2"}


def test_a_short_pause_is_closed_unless_somebody_else_speaks_in_it() -> None:
    active = np.zeros((300, 2), dtype=bool)
    active[0:100, 0] = active[120:200, 0] = True
    assert voice_spans(active, PARAMETERS) == [[(0, 200)], []]
    active[105:118, 1] = True
    assert voice_spans(active, PARAMETERS) == [[(0, 100), (120, 200)], [(105, 118)]]


@settings(deadline=None, max_examples=60)
@given(
    active=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 900), st.integers(1, 300)), max_size=15),
    end=st.integers(50, 1000),
)
def test_turns_are_sorted_in_range_long_enough_and_apart(active: list[tuple[int, int, int]], end: int) -> None:
    frames: NDArray[np.bool_] = np.zeros((1200, 3), dtype=bool)
    for voice, first, length in active:
        frames[first : first + length, voice] = True
    spans = voice_spans(frames, PARAMETERS)
    assert all(last - first >= round(PARAMETERS.min_on_s / FRAME_S) for its in spans for first, last in its)

    end_s = frame_to_seconds(end)
    turns = named_turns(spans, end_s)
    assert turns == sorted(turns, key=lambda turn: turn.start)
    assert all(0 <= turn.start < turn.end <= end_s for turn in turns)
    for speaker in {turn.speaker for turn in turns}:
        its = [turn for turn in turns if turn.speaker == speaker]
        assert all(before.end < after.start for before, after in pairwise(its))
    names = list(dict.fromkeys(turn.speaker for turn in turns))
    assert names == [f"speaker_{number + 1}" for number in range(len(names))]


def test_chunk_voices_survive_bytes() -> None:
    voices = recording(DIALOGUE, 1900)
    again = ChunkVoices.from_bytes(voices.to_bytes())
    assert (again.start_s, again.end_s) == (voices.start_s, voices.end_s)
    for name in ("window_frames", "activity", "pieces", "embeddings"):
        stored, original = getattr(again, name), getattr(voices, name)
        assert stored.dtype == original.dtype
        assert np.array_equal(stored, original)


def test_pickles_are_refused() -> None:
    import io

    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, start_s=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        ChunkVoices.from_bytes(buffer.getvalue())


@given(st.integers(0, 3_000_000))
def test_frames_and_seconds_agree(frame: int) -> None:
    assert seconds_to_frame(frame_to_seconds(frame) + FRAME_S / 2) == frame


def test_two_who_speak_at_once_are_two_even_where_both_sound_most_like_one() -> None:
    voices = recording([(0, 0, 600), (1, 620, 1200), (0, 1250, 1600), (1, 1500, 1900)], 1950)
    mixed = np.eye(3, EMBEDDING_SIZE)[0] * 0.8 + np.eye(3, EMBEDDING_SIZE)[1] * 0.7
    late = voices.pieces[:, 0] >= 1600
    embeddings = np.where(late[:, None], mixed / np.linalg.norm(mixed), voices.embeddings).astype(np.float32)
    first, second = (
        [turn for turn in speaker_turns([replace(voices, embeddings=embeddings)]) if turn.speaker == name]
        for name in ("speaker_1", "speaker_2")
    )
    both = [(max(a.start, b.start), min(a.end, b.end)) for a in first for b in second if a.start < b.end > a.start]
    (together,) = [(start, end) for start, end in both if end > start]
    assert together == pytest.approx((frame_to_seconds(1500), frame_to_seconds(1600)), abs=3 * FRAME_S)
