"""Everything that was recognised of a call, in one order and under names."""

from hypothesis import given
from hypothesis import strategies as st

from minutebook.transcript.calls import CallPeople, call_segments
from minutebook.transcript.echoes import OwnWords
from minutebook.transcript.merge import Heard
from minutebook.transcript.model import Segment, Speaker, Turn, Word
from minutebook.transcript.participants import Speaking

PEOPLE = CallPeople({"a": "Ada", "b": "Bob", "c": "Ada", "d": ""})


def words(text: str, start: float) -> tuple[Word, ...]:
    return tuple(Word(w, start + n * 0.4, start + n * 0.4 + 0.35, 0.9) for n, w in enumerate(text.split()))


def own(person: str, text: str, start: float) -> OwnWords:
    said = words(text, start)
    return OwnWords(person, Turn(person, start, said[-1].end), said, (-20.0,) * len(said))


def lines(made: tuple[tuple[Segment, ...], tuple[Speaker, ...]]) -> list[tuple[str, str]]:
    segments, speakers = made
    names = {speaker.id: speaker.name for speaker in speakers}
    return [(names[segment.speaker], segment.text) for segment in segments]


def made(
    *stretches: OwnWords, voices: tuple[Heard, ...] = (), people: CallPeople = PEOPLE, turns: tuple[Turn, ...] = ()
) -> tuple[tuple[Segment, ...], tuple[Speaker, ...]]:
    return call_segments(stretches, [s.turn for s in stretches], voices, turns or [h.turn for h in voices], people)


def test_people_who_speak_at_once_keep_their_words() -> None:
    found = made(own("a", "I think that we should wait", 1.0), own("b", "no no no", 1.5))
    assert lines(found) == [("Ada", "I think that we should wait"), ("Bob", "no no no")]


def test_two_of_one_name_are_told_apart_as_they_are_heard() -> None:
    found = made(own("c", "first", 1.0), own("a", "second", 5.0))
    assert lines(found) == [("Ada", "first"), ("Ada (2)", "second")]
    assert [speaker.participant for speaker in found[1]] == [True, True]


def test_a_participant_without_a_name_and_a_voice_without_one_are_speakers() -> None:
    found = made(own("d", "nameless", 1.0), voices=(Heard(Turn("speaker_1", 5, 6), words("nobody", 5.0)),))
    assert lines(found) == [("Speaker 1", "nameless"), ("Speaker 2", "nobody")]
    assert not any(speaker.participant for speaker in found[1])


def test_a_participant_called_like_a_voice_is_not_taken_for_it() -> None:
    people = CallPeople({"speaker_1": "Speaker 2", "b": "Speaker 1"})
    found = made(
        own("speaker_1", "mine", 1.0), voices=(Heard(Turn("speaker_1", 5, 6), words("theirs", 5.0)),), people=people
    )
    assert lines(found) == [("Speaker 2", "mine"), ("Speaker 2 (2)", "theirs")]


def test_words_in_mixed_sound_get_the_names_of_those_who_have_no_track() -> None:
    people = CallPeople({"a": "Ada", "b": "Bob"}, (Speaking("b", 4.5, 9.0, 0.6, 1.5, "page"),))
    heard = (Heard(Turn("speaker_1", 5, 9), words("this is Bob speaking now", 5.0)),)
    found = made(own("a", "hello", 1.0), voices=heard, people=people)
    assert lines(found) == [("Ada", "hello"), ("Bob", "this is Bob speaking now")]


def test_talk_time_is_by_turns_on_tracks_and_by_words_elsewhere() -> None:
    stretch = own("a", "hello there", 1.0)
    voice = Heard(Turn("speaker_1", 5, 9), words("well", 5.0))
    _, speakers = call_segments([stretch], [Turn("a", 0.5, 3.0)], [voice], [voice.turn], PEOPLE)
    assert [(s.name, s.talk_time_s) for s in speakers] == [("Ada", 2.5), ("Speaker 2", 0.35)]


some_words = st.lists(st.sampled_from(["so", "it", "is", "fine.", "yes"]), min_size=1, max_size=8).map(" ".join)
starts = st.integers(0, 400).map(lambda n: n / 4)


@given(
    st.lists(st.builds(own, st.sampled_from("abcd"), some_words, starts), max_size=5),
    st.lists(st.tuples(st.sampled_from(["speaker_1", "a"]), some_words, st.integers(0, 9)), max_size=4),
    st.lists(
        st.builds(
            lambda p, at, n: Speaking(p, at, at + n, 0.6, 1.5, "page"),
            st.sampled_from("abcd"),
            starts,
            st.integers(1, 30),
        ),
        max_size=4,
    ),
)
def test_every_word_is_there_once_and_has_one_speaker(
    stretches: list[OwnWords], others: list[tuple[str, str, int]], signs: list[Speaking]
) -> None:
    # Words of voices far apart: neighbours may share words, which then are one.
    voices = [
        Heard(Turn(v, 200 + 20 * n, 204 + 20 * n), words(text, 200.0 + 20 * n)) for n, (v, text, _) in enumerate(others)
    ]
    segments, speakers = call_segments(
        stretches, [s.turn for s in stretches], voices, [h.turn for h in voices], CallPeople(PEOPLE.names, tuple(signs))
    )
    said = [each.words for each in stretches] + [each.words for each in voices]
    before = sorted((w.start, w.word) for own_words in said for w in own_words)
    after = sorted((w.start, w.word) for s in segments for w in s.words)
    assert before == after
    assert [s.start for s in segments] == sorted(s.start for s in segments)
    known = {speaker.id for speaker in speakers}
    assert {s.speaker for s in segments} == known
    shown = [speaker.name.casefold() for speaker in speakers]
    assert len(set(shown)) == len(shown)
