"""Who speaks on their own track, and whose voice only comes out of a loudspeaker there."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.speech.activity import ChunkActivity, levels_of, own_speech, usual_levels

QUIET = -70.0


def activity(
    spoken: Mapping[str, list[tuple[float, float, float]]],
    seconds: float = 60.0,
    start_s: float = 0.0,
    untracked: Sequence[tuple[float, float, float]] = (),
) -> ChunkActivity:
    """Spans of speech with the level in each; `untracked` is in the mixed sound alone."""
    silence = np.full(round(seconds * 10) + 1, -100.0)
    levels = {key: np.full(round(seconds * 10) + 1, QUIET) for key in spoken}
    for key, own in spoken.items():
        for start, end, level in own:
            first, last = (round((moment - start_s) * 10) for moment in (start, end))
            levels[key][first:last] = np.maximum(levels[key][first:last], level)
    for start, end, level in untracked:
        silence[round((start - start_s) * 10) : round((end - start_s) * 10)] = level
    mixed = 10 * np.log10(sum((10 ** (own / 10) for own in levels.values()), 10 ** (silence / 10)))
    return ChunkActivity(start_s, {key: [(a, b) for a, b, _ in own] for key, own in spoken.items()}, levels, mixed)


def test_people_who_speak_at_once_both_speak() -> None:
    found = own_speech([activity({"a": [(1, 10, -20)], "b": [(5, 12, -24)]})])
    assert found == {"a": [(1, 10)], "b": [(5, 12)]}


def test_an_echo_in_a_listeners_track_is_nobodys() -> None:
    found = own_speech([activity({"a": [(1, 10, -20)], "b": [(1.3, 10.3, -42)]})])
    assert found == {"a": [(1, 10)], "b": []}


def test_an_echo_is_told_from_the_participants_own_voice() -> None:
    own = (20, 30, -22)
    found = own_speech([activity({"a": [(1, 10, -20)], "b": [(1.3, 10.3, -45), own]})])
    assert found["b"] == [(20, 30)]


def test_an_echo_of_somebody_without_a_track_is_nobodys() -> None:
    own = (20, 30, -22)
    chunk = activity({"b": [(1.3, 10.3, -45), own]}, untracked=[(1, 10, -20)])
    assert own_speech([chunk])["b"] == [(20, 30)]
    assert own_speech([activity({"b": [(5, 8, -24), own]}, untracked=[(1, 10, -20)])])["b"] == [(5, 8), (20, 30)]


def test_a_quiet_persons_answer_under_a_loud_voice_stays() -> None:
    usual, answer = (20, 30, -38), (5, 6, -40)
    found = own_speech([activity({"a": [(1, 10, -20)], "b": [answer, usual]})])
    assert found["b"] == [(5, 6), (20, 30)]


def test_two_who_answer_together_both_do() -> None:
    usual = (20, 30, -32)
    found = own_speech([activity({"a": [(5, 6, -18), (40, 50, -18)], "b": [(5.2, 6.2, -32), usual]})])
    assert found == {"a": [(5, 6), (40, 50)], "b": [(5.2, 6.2), (20, 30)]}


def test_speech_that_runs_into_an_echo_is_cut_there() -> None:
    chunk = activity({"a": [(10, 20, -18)], "b": [(4, 9.5, -20)]})
    chunk.levels["b"][95:205] = -48
    merged = ChunkActivity(0.0, {"a": chunk.spans["a"], "b": [(4.0, 20.4)]}, chunk.levels, chunk.mixed)
    ((start, end),) = own_speech([merged])["b"]
    assert start == 4.0
    assert end == pytest.approx(9.9, abs=0.25)


def test_what_is_usual_is_learned_from_the_whole_recording() -> None:
    first = activity({"a": [(1, 10, -20)], "b": [(1.2, 10.2, -38)]})
    second = activity({"a": [], "b": [(70, 80, -37)]}, start_s=60.0)
    assert usual_levels([first, second]) == {"a": -20.0, "b": -37.0}
    assert usual_levels([first]) == {"a": -20.0}


def test_there_and_back_as_bytes() -> None:
    chunk = activity({"file": [(1, 2, -20)], "a-b_c": []}, start_s=0.0)
    back = ChunkActivity.from_bytes(chunk.to_bytes())
    assert (back.start_s, back.spans) == (0.0, {"file": [(1.0, 2.0)], "a-b_c": []})
    assert all((back.levels[key] == chunk.levels[key]).all() for key in chunk.levels)


def test_levels_are_decibels_of_full_scale() -> None:
    sound = np.concatenate([np.full(1600, 1.0), np.full(1600, 0.1), np.zeros(1600)]).astype(np.float32)
    assert levels_of(sound, 5).tolist() == [0.0, -20.0, -100.0, -100.0, -100.0]
    assert levels_of(sound, 1).tolist() == [0.0]


spans = st.lists(
    st.tuples(st.integers(0, 500), st.integers(3, 90), st.sampled_from([-18.0, -25.0, -40.0, -50.0])).map(
        lambda s: (s[0] / 10, min((s[0] + s[1]) / 10, 60.0), s[2])
    ),
    max_size=4,
)


@given(st.dictionaries(st.sampled_from("abc"), spans, min_size=1))
def test_own_speech_is_within_speech_and_the_loudest_always_stays(
    spoken: dict[str, list[tuple[float, float, float]]],
) -> None:
    chunk = activity(spoken)
    found = own_speech([chunk])
    for key, own in found.items():
        assert all(any(a <= start < end <= b for a, b in chunk.spans[key]) for start, end in own)
        others = [chunk.levels[other] for other in spoken if other != key]
        for start, end in chunk.spans[key]:
            for block in range(int(start * 10), int(end * 10)):
                around = slice(max(0, block - 8), block + 3)
                if all(chunk.levels[key][block] > levels[around].max() for levels in others):
                    moment = (block + 0.5) / 10
                    assert any(a - 1e-9 <= moment <= b + 1e-9 for a, b in own)


@given(st.lists(spans, min_size=1, max_size=1).map(lambda s: {"a": s[0]}))
def test_who_is_alone_is_always_heard(spoken: dict[str, list[tuple[float, float, float]]]) -> None:
    assert own_speech([activity(spoken)])["a"] == [(a, b) for a, b, _ in spoken["a"]]
