"""Every word to a speaker."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minutebook.transcript.attribution import TurnIndex, attribute, number_speakers, talk_times
from minutebook.transcript.model import Segment, Speaker, Turn, Word

TURNS = [Turn("A", 0.0, 4.0), Turn("B", 3.5, 6.0), Turn("A", 8.0, 9.0)]


def speakers_of(*spans: tuple[float, float], heard_in: Turn | None = None) -> list[str]:
    words = [Word("so", start, end, 1.0) for start, end in spans]
    return [spoken.speaker for spoken in attribute(words, TurnIndex(TURNS), heard_in)]


def test_a_word_goes_to_the_turn_it_overlaps_most() -> None:
    assert speakers_of((1.0, 1.4), (3.4, 4.4), (8.2, 8.4)) == ["A", "B", "A"]


def test_a_word_between_turns_goes_to_the_nearest() -> None:
    assert speakers_of((6.1, 6.3), (7.6, 7.8), (20.0, 20.5)) == ["B", "A", "A"]


def test_where_two_speak_at_once_the_turn_that_was_heard_decides() -> None:
    assert speakers_of((3.6, 3.9), heard_in=TURNS[0]) == ["A"]
    assert speakers_of((3.6, 3.9), heard_in=TURNS[1]) == ["B"]


def test_a_pause_inside_a_joined_turn_stays_with_its_voice() -> None:
    assert speakers_of((6.6, 6.8), heard_in=Turn("A", 0.0, 9.0)) == ["A"]


@st.composite
def many_turns(draw: st.DrawFn) -> list[Turn]:
    starts = draw(st.lists(st.floats(0, 200), min_size=1, max_size=20))
    return [Turn(draw(st.sampled_from("ABC")), s, s + draw(st.floats(0.05, 60))) for s in starts]


@example(turns=[Turn("A", 0.0, 2.0), Turn("A", 1.0, 1.5)], start=33.0, length=0.01)
@given(turns=many_turns(), start=st.floats(0, 260), length=st.floats(0.01, 3))
def test_the_index_finds_what_looking_at_all_turns_finds(turns: list[Turn], start: float, length: float) -> None:
    index = TurnIndex(turns)
    expected = {turn for turn in turns if turn.end > start and turn.start < start + length}
    assert set(index.between(start, start + length)) == expected

    def distance(turn: Turn) -> float:
        return max(turn.start - start, start - turn.end, 0.0)

    nearest = index.nearest(start)
    assert nearest is not None
    assert distance(nearest) == pytest.approx(min(map(distance, turns)))


def test_own_overlapping_turns_count_once() -> None:
    assert talk_times([Turn("A", 0, 2), Turn("A", 1, 3), Turn("B", 2, 4)]) == {"A": 3.0, "B": 2.0}


def test_speakers_are_numbered_as_they_are_first_heard() -> None:
    segments = [Segment("B", 0, 1, "first"), Segment("A", 1, 2, "second"), Segment("B", 2, 3, "third")]
    turns = [Turn("C", 0, 0.2), Turn("B", 0, 1), Turn("A", 1, 2), Turn("B", 2, 3)]
    numbered, speakers = number_speakers(segments, turns)
    assert [segment.speaker for segment in numbered] == ["speaker_1", "speaker_2", "speaker_1"]
    assert speakers == (Speaker("speaker_1", "Speaker 1", 2.0), Speaker("speaker_2", "Speaker 2", 1.0))
