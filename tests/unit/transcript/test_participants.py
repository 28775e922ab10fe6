"""Names for words: what the platform tells and what the voices say."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.transcript.attribution import SpokenWord
from minutebook.transcript.model import Turn, Word
from minutebook.transcript.participants import (
    DEFAULT,
    UNKNOWN,
    Speaking,
    bound_voices,
    named_words,
    uncovered,
    without_residual_lag,
)

TALK = [Turn("v1", 0, 10), Turn("v2", 11, 20), Turn("v1", 21, 30), Turn("v2", 31, 40), Turn("v1", 41, 50)]
WHO = {"v1": "Ada", "v2": "Bob"}


def page(late: float = 0.0, weight: float = 0.6, talk: list[Turn] = TALK) -> list[Speaking]:
    return [Speaking(WHO[t.speaker], t.start + late, t.end + late, weight, 1.5, "page") for t in talk]


def said(*words: tuple[str, float]) -> list[list[SpokenWord]]:
    return [[SpokenWord(voice, Word("so", at, at + 0.3, 0.9)) for voice, at in words]]


def names(words: list[list[SpokenWord]], turns: list[Turn], speaking: list[Speaking]) -> list[str]:
    return [each.speaker for own in named_words(words, turns, speaking) for each in own]


def test_platform_and_voice_agree() -> None:
    assert names(said(("v1", 5), ("v2", 15), ("v1", 25)), TALK, page()) == ["Ada", "Bob", "Ada"]


@pytest.mark.parametrize("late", [-1.0, 0.0, 0.5, 1.0, 1.5])
def test_a_late_platform_changes_nothing_even_right_after_a_change(late: float) -> None:
    words = said(("v1", 0.2), ("v1", 9.6), ("v2", 11.1), ("v2", 19.6), ("v1", 21.1), ("v2", 31.2), ("v1", 49.5))
    assert names(words, TALK, page(late)) == ["Ada", "Ada", "Bob", "Bob", "Ada", "Bob", "Ada"]


def test_residual_lag_is_found_by_the_voices() -> None:
    aligned = without_residual_lag(page(1.2), TALK)
    assert [each.start for each in aligned] == pytest.approx([t.start for t in TALK], abs=0.11)


def test_the_voice_names_what_the_platform_missed() -> None:
    told = [each for each in page() if each.start != 21]
    assert names(said(("v1", 25)), TALK, told) == ["Ada"]


def test_a_sure_platform_is_believed_before_the_voice() -> None:
    network = [Speaking("Ada", 0, 50, 0.95, 0.3, "network")]
    assert names(said(("v2", 15)), TALK, [*network]) == ["Ada"]
    wrong_voice = [Turn("v1", 0, 50)]
    told = [Speaking("Ada", 0, 40, 0.95, 0.3, "network"), Speaking("Bob", 40, 50, 0.95, 0.3, "network")]
    assert names(said(("v1", 45)), wrong_voice, told) == ["Bob"]


def test_a_voice_that_the_platform_does_not_show_is_not_whose_signs_lie_beside_it() -> None:
    """Of two namesakes a page of names alone tells neither: their voices are nobody's, not their neighbours'."""
    told = [each for each in page() if each.person == "Bob"]
    assert names(said(("v1", 5), ("v1", 25), ("v2", 15)), TALK, told) == ["v1", "v1", "Bob"]
    assert max(bound_voices(TALK, told)["v2"].values()) == 1.0


def test_a_platform_that_tells_nothing_for_minutes_speaks_against_no_voice() -> None:
    later = [replace(each, start=each.start + 600, end=each.end + 600) for each in TALK]
    assert names(said(("v1", 605)), [*TALK, *later], page()) == ["Ada"]


def test_a_turn_under_anothers_voice_is_not_that_others_by_the_voice_alone() -> None:
    mistaken = [*TALK, Turn("v1", 60, 63)]
    told = [*page(), Speaking("Bob", 60, 63, 0.7, 1.5, "page")]
    assert "Ada" not in names(said(("v1", 60.1), ("v1", 61.5), ("v1", 62.6)), mistaken, told)


def test_a_short_turn_under_anothers_voice_is_not_that_others_who_spoke_just_before_and_after() -> None:
    """The words lie within the blur of that other's signs."""
    mistaken = [*TALK, Turn("v1", 60, 62), Turn("v1", 62.2, 63.8), Turn("v1", 64, 70)]
    shown = [("Ada", 60, 62), ("Bob", 62.2, 63.8), ("Ada", 64, 70)]
    told = [*page(), *(Speaking(name, start, end, 0.7, 1.5, "page") for name, start, end in shown)]
    assert "Ada" not in names(said(("v1", 62.3), ("v1", 63.0), ("v1", 63.5)), mistaken, told)


@pytest.mark.parametrize(("length", "name"), [(0.6, UNKNOWN), (4.0, "Ada")])
def test_a_word_that_another_voice_puts_in_is_not_the_speakers(length: float, name: str) -> None:
    """The page shows who speaks for long; a diarizer mistakes a turn now and then, and few of them are short."""
    begun = [*TALK, Turn("v1", 60, 75), Turn("v2", 66, 66 + length)]
    told = [*page(), Speaking("Ada", 60, 75, 0.7, 1.5, "page")]
    assert names(said(("v2", 66.1)), begun, told) == [name]


def test_no_name_where_platform_and_voice_contradict_each_other() -> None:
    told = [*page(talk=TALK[:4]), Speaking("Bob", 41, 50, 0.6, 1.5, "page")]
    assert names(said(("v1", 45)), TALK, told) == [UNKNOWN]


def test_no_name_where_two_are_shown_for_one_unbound_voice() -> None:
    both = [Speaking("Ada", 0, 10, 0.6, 1.5, "page"), Speaking("Bob", 0, 10, 0.6, 1.5, "page")]
    assert names(said(("v1", 5)), [Turn("v1", 0, 10)], both) == ["v1"]


def test_a_voice_that_the_platform_never_shows_keeps_its_own_name() -> None:
    told = [each for each in page() if each.person == "Ada"]
    assert names(said(("v2", 15), ("v1", 5)), TALK, told) == ["v2", "Ada"]


def test_nothing_changes_without_signs() -> None:
    words = said(("v1", 5), ("v2", 15))
    assert named_words(words, TALK, []) == words


def test_signs_of_one_source_count_once_and_of_two_sources_not_twice() -> None:
    twice = [*page(), *(replace(each, source="captions") for each in page())]
    contradicted = [*twice, Speaking("Bob", 0, 50, 0.95, 0.3, "network")]
    assert names(said(("v1", 5)), TALK, contradicted) != ["Ada"]


def test_a_voice_is_bound_by_the_share_of_its_time() -> None:
    bound = bound_voices([Turn("v", 0, 10)], [Speaking("Ada", 0, 8), Speaking("Bob", 8, 10)])
    assert bound == {"v": {"Ada": pytest.approx(0.8), "Bob": pytest.approx(0.2)}}
    brief = bound_voices([Turn("v", 0, 1)], [Speaking("Ada", 0, 1)])
    assert brief == {"v": {"Ada": pytest.approx(1 / 3)}}


def test_signs_are_cut_where_the_persons_own_turns_are() -> None:
    sign = Speaking("Ada", 0, 10, 0.6, 1.5, "page")
    left = uncovered([sign, Speaking("Bob", 2, 2.4)], [Turn("Ada", 3, 6), Turn("Ada", 6.5, 8), Turn("Bob2", 0, 9)])
    assert [(e.person, e.start, e.end) for e in left] == [("Ada", 0, 3), ("Ada", 8, 10), ("Bob", 2, 2.4)]


persons = st.sampled_from(["Ada", "Bob", "Cem"])
voices = st.sampled_from(["v1", "v2", "v3"])
# On a grid, so that moving everything in time changes nothing by rounding.
moments = st.integers(0, 4000).map(lambda tick: tick / 64)
lengths = st.integers(1, 1300).map(lambda tick: tick / 64)
turns = st.lists(st.builds(lambda v, a, n: Turn(v, a, a + n), voices, moments, lengths), max_size=8)
signs = st.lists(
    st.builds(
        lambda p, a, n, w, b, s: Speaking(p, a, a + n, w, b, s),
        persons,
        moments,
        lengths,
        st.sampled_from([0.0, 0.3, 0.6, 0.95, 1.0]),
        st.sampled_from([0.125, 1.5]),
        st.sampled_from(["page", "network"]),
    ),
    max_size=8,
)
words = st.lists(
    st.builds(
        lambda v, a, n: SpokenWord(v, Word("so", a, a + n, 0.9)), voices, moments, st.sampled_from([0.0, 0.25, 1.0])
    ),
    max_size=10,
)


@given(st.lists(words, max_size=3), turns, signs)
def test_no_word_is_lost_doubled_moved_or_given_to_somebody_unheard_of(
    spoken: list[list[SpokenWord]], voices: list[Turn], speaking: list[Speaking]
) -> None:
    found = named_words(spoken, voices, speaking)
    assert [[each.word for each in own] for own in found] == [[each.word for each in own] for own in spoken]
    told = {each.person for each in speaking}
    for own, before in zip(found, spoken, strict=True):
        for now, then in zip(own, before, strict=True):
            assert now.speaker in told | {UNKNOWN, then.speaker}


@given(words, turns, signs, st.sampled_from([64.0, 1024.0]))
def test_the_same_talk_at_another_time_is_named_the_same(
    spoken: list[SpokenWord], voices: list[Turn], speaking: list[Speaking], later: float
) -> None:
    moved = [SpokenWord(s.speaker, replace(s.word, start=s.word.start + later, end=s.word.end + later)) for s in spoken]
    voices_moved = [replace(t, start=t.start + later, end=t.end + later) for t in voices]
    speaking_moved = [replace(s, start=s.start + later, end=s.end + later) for s in speaking]
    # Voting adds up in another order of rounding: decisions that hang on the last bits are left out.
    rules = replace(DEFAULT, longest_lag_s=0.0)
    (here,) = named_words([spoken], voices, speaking, rules)
    (there,) = named_words([moved], voices_moved, speaking_moved, rules)
    assert [each.speaker for each in here] == [each.speaker for each in there]


@given(words, turns, signs)
def test_a_name_has_a_lead_or_there_is_none(
    spoken: list[SpokenWord], voices: list[Turn], speaking: list[Speaking]
) -> None:
    """With the same signs for two persons everywhere, neither is ever named."""
    doubled = [*speaking, *(replace(each, person=f"{each.person}'s twin") for each in speaking)]
    (found,) = named_words([spoken], voices, doubled)
    assert all(now.speaker in {UNKNOWN, then.speaker} for now, then in zip(found, spoken, strict=True))


@given(words, turns, signs, st.randoms(use_true_random=False))
def test_the_order_of_signs_does_not_matter(
    spoken: list[SpokenWord], voices: list[Turn], speaking: list[Speaking], random: Random
) -> None:
    shuffled = list(speaking)
    random.shuffle(shuffled)
    rules = replace(DEFAULT, longest_lag_s=0.0)
    here, there = (named_words([spoken], voices, each, rules) for each in (speaking, shuffled))
    assert here == there
