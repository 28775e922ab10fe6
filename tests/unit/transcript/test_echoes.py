"""Other people's words in a participant's sound."""

from hypothesis import given
from hypothesis import strategies as st

from minutebook.transcript.echoes import OwnWords, without_echoes
from minutebook.transcript.merge import plain
from minutebook.transcript.model import Turn, Word


def heard(person: str, text: str, start: float, level: float) -> OwnWords:
    words = tuple(Word(word, start + n * 0.4, start + n * 0.4 + 0.3, 0.9) for n, word in enumerate(text.split()))
    return OwnWords(person, Turn(person, start, start + 0.4 * len(words)), words, (level,) * len(words))


def texts(found: list[OwnWords]) -> list[str]:
    return [" ".join(word.word for word in each.words) for each in found]


ADA = heard("Ada", "We should move the launch to March.", 10.0, -20.0)


def test_the_fainter_copy_goes() -> None:
    found = without_echoes([ADA, heard("Bob", "we should move the launch to March", 10.3, -45.0)])
    assert texts(found) == ["We should move the launch to March.", ""]


def test_what_else_is_said_in_that_sound_stays() -> None:
    mixed = heard("Bob", "we should move the launch Which one?", 10.2, -40.0)
    assert texts(without_echoes([mixed, ADA])) == ["Which one?", "We should move the launch to March."]


def test_two_who_say_the_same_together_both_do() -> None:
    both = [heard("Ada", "Thank you.", 5.0, -20.0), heard("Bob", "Thank you.", 5.1, -26.0)]
    assert texts(without_echoes(both)) == ["Thank you.", "Thank you."]


def test_a_short_echo_goes_when_it_is_unlike_the_persons_own_voice() -> None:
    own = heard("Bob", "one two three four five six seven eight nine ten eleven", 100.0, -22.0)
    found = without_echoes([heard("Ada", "Thank you.", 5.0, -20.0), heard("Bob", "Thank you.", 5.3, -45.0), own])
    assert texts(found)[:2] == ["Thank you.", ""]


def test_equally_loud_or_later_repetitions_stay() -> None:
    again = heard("Bob", "we should move the launch to March", 10.3, -21.0)
    later = heard("Bob", "we should move the launch to March", 14.0, -45.0)
    assert texts(without_echoes([ADA, again]))[1] == "we should move the launch to March"
    assert texts(without_echoes([ADA, later]))[1] == "we should move the launch to March"


def test_an_echo_of_an_echo_leaves_the_voice() -> None:
    all_three = [
        ADA,
        heard("Bob", "we should move the launch", 10.2, -35.0),
        heard("Cem", "we should move the launch", 10.5, -50.0),
    ]
    assert texts(without_echoes(all_three)) == ["We should move the launch to March.", "", ""]


stretches = st.lists(
    st.builds(
        heard,
        st.sampled_from(["Ada", "Bob", "Cem"]),
        st.lists(st.sampled_from(["so", "it", "is", "yes", "March."]), min_size=1, max_size=6).map(" ".join),
        st.integers(0, 20).map(lambda n: n / 4),
        st.sampled_from([-20.0, -24.0, -30.0, -45.0]),
    ),
    max_size=6,
)


@given(stretches)
def test_every_word_that_goes_has_a_louder_twin_of_another_that_stays(some: list[OwnWords]) -> None:
    found = without_echoes(some)
    assert [each.turn for each in found] == [each.turn for each in some]
    kept = [(e.person, w, level) for e in found for w, level in zip(e.words, e.levels, strict=True)]
    for before, after in zip(some, found, strict=True):
        remaining = list(after.words)
        for word, level in zip(before.words, before.levels, strict=True):
            if remaining and remaining[0] == word:
                remaining.pop(0)
                continue
            assert any(
                person != before.person and plain(w.word) == plain(word.word) and louder > level
                for person, w, louder in kept
            )
        assert not remaining


@given(stretches)
def test_one_persons_own_words_are_never_echoes(some: list[OwnWords]) -> None:
    alone = [OwnWords("Ada", each.turn, each.words, each.levels) for each in some]
    assert without_echoes(alone) == alone
