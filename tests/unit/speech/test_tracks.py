"""Turns on tracks, sound that is nobody's, and several tracks laid out as one sound."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.speech.engines.fake import FakeEngine
from minutebook.speech.media import Pcm
from minutebook.speech.ports import SAMPLE_RATE, Recognised
from minutebook.speech.tracks import Clip, back_in_place, clips_of, laid_out, nobodys, track_turns
from minutebook.speech.units import plan_chunks
from minutebook.transcript.model import Turn, Word


def pcm(path: Path, seconds: float, *loud: tuple[float, float, float]) -> Pcm:
    """Silence with stretches of a constant level."""
    sound = np.zeros(int(seconds * SAMPLE_RATE))
    for start, end, level in loud:
        sound[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)] = level
    path.write_bytes((sound * 32767).astype("<i2").tobytes())
    return Pcm(path)


def test_short_pauses_are_closed_and_clicks_are_no_turns() -> None:
    turns = track_turns({"b": [(0.0, 1.0), (1.5, 2.0), (5.0, 5.1)], "a": [(0.5, 3.0)]})
    assert turns == [Turn("@b", 0.0, 2.0), Turn("@a", 0.5, 3.0)]


def test_a_span_that_a_chunk_divides_is_one_turn() -> None:
    assert track_turns({"a": [(590.0, 600.0), (600.0, 603.0)]}) == [Turn("@a", 590.0, 603.0)]


def test_only_sound_that_no_track_holds_is_nobodys() -> None:
    mixed = np.full(10 * SAMPLE_RATE, 0.1, np.float32)
    of_tracks = np.zeros(100)
    of_tracks[20:40] = 0.01  # all of the mixed sound's power
    of_tracks[60:70] = 0.002  # somebody else is much louder
    left = nobodys(mixed, of_tracks)
    heard = [bool(left[int((second + 0.5) * SAMPLE_RATE)]) for second in range(10)]
    assert heard == [True, True, False, False, True, True, True, True, True, True]


def test_a_chunk_is_recognised_from_each_participants_own_track(tmp_path: Path) -> None:
    tracks = {"a": pcm(tmp_path / "a", 30), "b": pcm(tmp_path / "b", 30)}
    mixed = pcm(tmp_path / "mixed", 30)
    turns = [Turn("@a", 1, 5), Turn("@b", 3, 4), Turn("@a", 6, 8), Turn("speaker_1", 20, 22)]
    clips = clips_of(plan_chunks(30, 600)[0], turns, tracks, mixed)
    # A's two turns are one stretch although B speaks between.
    assert [(c.turn, c.pcm) for c in clips] == [
        (Turn("@a", 1, 8), tracks["a"]),
        (Turn("@b", 3, 4), tracks["b"]),
        (Turn("speaker_1", 20, 22), mixed),
    ]


def test_clips_keep_their_own_sound(tmp_path: Path) -> None:
    a = pcm(tmp_path / "a", 10, (0.0, 2.0, 0.5), (9.0, 10.0, 0.5))
    b = pcm(tmp_path / "b", 10, (4.0, 5.0, 0.25))
    clips = [Clip(Turn("@a", 0.0, 2.0), a), Clip(Turn("@b", 4.0, 5.0), b), Clip(Turn("@a", 9.0, 10.0), a)]
    layout = laid_out(clips)
    for turn, level in zip(layout.turns, (0.5, 0.25, 0.5), strict=True):
        inside = layout.audio[round(turn.start * SAMPLE_RATE) : round(turn.end * SAMPLE_RATE)]
        assert inside == pytest.approx(level, abs=1e-3)
        for edge in (turn.start - 0.2, turn.end + 0.2):
            assert layout.audio[round(edge * SAMPLE_RATE)] == 0.0
    assert len(layout.audio) == round((2 + 1 + 1 + 3 * 1.0) * SAMPLE_RATE)


def test_words_come_back_into_recording_time_with_their_levels(tmp_path: Path) -> None:
    a = pcm(tmp_path / "a", 100, (50.0, 52.0, 0.1))
    clips = [Clip(Turn("@a", 50.0, 52.0), a), Clip(Turn("speaker_1", 70.0, 71.0), a)]
    layout = laid_out(clips)
    recognised = FakeEngine("so it").recognise(layout.audio, 0.0, layout.turns, "en")
    first, second = back_in_place(recognised, clips, layout)
    assert (first.turn, [(w.start, w.end) for w in first.words]) == (clips[0].turn, [(50.0, 51.0), (51.0, 52.0)])
    assert first.levels == (-20.0, -20.0)
    assert (second.turn, second.levels) == (clips[1].turn, ())


@given(
    st.lists(
        st.tuples(st.sampled_from(["@a", "@b", "speaker_1"]), st.integers(0, 9_000), st.integers(20, 2_600)), max_size=8
    )
)
def test_laying_out_loses_no_time_and_lets_no_clip_hear_another(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, int]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "layout.pcm"
    if not path.exists():
        pcm(path, 120, (0.0, 120.0, 0.1))
    sound = Pcm(path)
    clips = [Clip(Turn(s, at / 100, (at + n) / 100), sound) for s, at, n in rows]
    layout = laid_out(clips)
    for before, after in pairwise(layout.turns):
        assert after.start - before.end == pytest.approx(1.0, abs=0.001)
    words = [Recognised(t, (Word("so", t.start, t.end, 1.0),)) for t in layout.turns]
    for each, clip in zip(back_in_place(words, clips, layout), clips, strict=True):
        (word,) = each.words
        assert [word.start, word.end] == pytest.approx([clip.turn.start, clip.turn.end], abs=0.001)
