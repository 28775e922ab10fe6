"""Which stretches tell the language of a recording, and what is made of the answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.speech.languages import RULES, HeardLanguage, decide, rounds_of
from minutebook.transcript.model import Turn


def test_one_turn_is_heard_as_long_as_a_model_hears() -> None:
    assert rounds_of([Turn("A", 2, 14)]) == [[(2, 14)]]
    assert rounds_of([Turn("A", 2, 80)]) == [[(2, 32)]]


def test_half_a_minute_is_shared_by_stretches_all_over_the_recording() -> None:
    turns = [Turn("A", 0, 1), Turn("B", 1, 20), Turn("A", 30, 33), Turn("B", 40, 41), Turn("A", 50, 70)]
    first, second = rounds_of(turns)
    assert first == [(1, 14.5), (30, 33), (50, 63.5)]
    assert second == [(0, 1), (40, 41)]


def test_without_speech_nothing_is_heard() -> None:
    assert rounds_of([]) == []


spans = st.lists(st.tuples(st.floats(0, 5000), st.floats(0.1, 60)), max_size=40)


@given(spans)
def test_no_second_is_heard_twice_and_no_round_is_too_long(found: list[tuple[float, float]]) -> None:
    turns = [Turn(f"speaker_{n % 3}", start, start + length) for n, (start, length) in enumerate(found)]
    rounds = rounds_of(turns)
    assert len(rounds) <= RULES.rounds
    for each in rounds:
        assert 0 < len(each) <= RULES.samples
        assert sum(end - start for start, end in each) <= RULES.round_s + 1e-6
    begins = [span[0] for each in rounds for span in each]
    assert bool(begins) == bool(turns)
    assert set(begins) <= {turn.start for turn in turns}


def test_seconds_count() -> None:
    assert decide([(10.0, {"en": 0.9, "cy": 0.1}), (2.0, {"cy": 1.0})]) == HeardLanguage("en")


def test_a_close_call_is_not_sure() -> None:
    heard = decide([(5.0, {"th": 0.4, "de": 0.35, "nl": 0.25})])
    assert (heard.code, heard.sure) == ("th", False)


def test_a_language_that_the_account_uses_counts_more() -> None:
    assert decide([(5.0, {"th": 0.4, "de": 0.35, "nl": 0.25})], familiar={"de"}).code == "de"
    assert decide([(5.0, {"th": 0.95, "de": 0.05})], familiar={"de"}) == HeardLanguage("th")


@pytest.mark.parametrize("heard", [[], [(0.5, {"es": 0.99})], [(5.0, {})]], ids=["nothing", "half_a_second", "mute"])
def test_too_little_speech_invents_no_language(heard: list[tuple[float, dict[str, float]]]) -> None:
    assert decide(heard) == HeardLanguage("en", sure=False)
    assert decide(heard, familiar={"de"}) == HeardLanguage("de", sure=False)
