"""What a good recognition looks like, and what not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.speech.guards import Fault, Hypothesis, consecutive_repeats, faults, is_repetitive, is_silence

SENTENCE = "We could switch off the suggestions for the first week, that would take most of the load away."


def hypothesis(text: str = SENTENCE, seconds: float = 6.0, mean_logprob: float = -0.3, **more: float) -> Hypothesis:
    return Hypothesis(text, seconds, mean_logprob, no_speech=more.get("no_speech", 0.05))


def test_ordinary_speech_has_no_fault() -> None:
    assert faults(hypothesis()) == frozenset()


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (hypothesis("you know " * 12), Fault.REPETITIVE),
        (hypothesis("tell me what happened then. " * 4), Fault.REPETITIVE),
        (hypothesis(SENTENCE, seconds=1.5), Fault.TOO_FAST),
        (Hypothesis(SENTENCE, 6.0, -0.3, 0.0, finished=False), Fault.UNFINISHED),
        (hypothesis(mean_logprob=-1.2), Fault.UNLIKELY),
        (hypothesis("Okay.", seconds=9.0), Fault.SPARSE),
    ],
)
def test_each_fault_is_seen(found: Hypothesis, fault: Fault) -> None:
    assert fault in faults(found)


@pytest.mark.parametrize("text", ["No no no no.", "Yes, yes, yes.", "", "bye bye", "the the meeting", "I I I think so"])
def test_people_repeat_themselves_a_little(text: str) -> None:
    assert not is_repetitive(text)


def test_words_in_silence_need_both_signs() -> None:
    assert is_silence(hypothesis("Thank you.", mean_logprob=-1.4, no_speech=0.9))
    assert not is_silence(hypothesis("Thank you.", mean_logprob=-0.2, no_speech=0.9))
    assert not is_silence(hypothesis("Thank you.", mean_logprob=-1.4, no_speech=0.2))


@given(group=st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=8, unique=True), times=st.integers(1, 9))
def test_repeats_of_a_group_are_counted(group: list[str], times: int) -> None:
    assert consecutive_repeats(group * times) == times


@given(words=st.lists(st.text("abc", min_size=1, max_size=3), max_size=30))
def test_repeats_are_bounded_by_the_text(words: list[str]) -> None:
    assert consecutive_repeats(words) <= len(words)
