"""Which stretches tell the languages of a recording, and what is made of the answers."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.speech.engines.fake import FakeEngine
from minutebook.speech.language_survey import language_of
from minutebook.speech.languages import (
    RULES,
    Answer,
    Elsewhere,
    HeardLanguage,
    decide,
    elsewhere_of,
    further,
    notices_of,
    rounds_of,
    turns_by_language,
    whole,
)
from minutebook.speech.media import Pcm
from minutebook.speech.ports import SAMPLE_RATE, Audio
from minutebook.transcript.model import Turn
from support.speech import write_pcm


def test_the_speech_of_a_short_recording_is_heard_as_one() -> None:
    assert whole([Turn("A", 2, 14), Turn("B", 15, 20)]) == [(2, 20)]
    assert whole([Turn("A", 2, 14), Turn("B", 50, 60)]) == [(2, 14), (50, 60)]
    assert whole([Turn("A", 2, 34)]) == []
    assert whole([]) == []


def test_of_a_long_one_stretches_all_over_it_are_heard_and_every_voice() -> None:
    turns = [Turn("A", 20 * n, 20 * n + 8 + n % 7) for n in range(60)] + [Turn("B", 1201, 1204)]
    first = rounds_of(turns)[0]
    assert 10 <= len(first) <= 14
    starts = sorted(turn.start for turn in first)
    assert max(after - before for before, after in pairwise(starts)) < 300
    assert Turn("B", 1201, 1204) in first
    assert all(turn.end - turn.start <= RULES.stretch_s for turn in first)


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
        assert all(0 < turn.end - turn.start <= RULES.stretch_s + 1e-6 for turn in each)
    begins = [turn.start for each in rounds for turn in each]
    assert bool(begins) == bool(turns)
    assert set(begins) <= {turn.start for turn in turns}


def test_seconds_count() -> None:
    assert decide([Answer(10.0, {"en": 0.9, "cy": 0.1}), Answer(2.0, {"cy": 1.0})]) == HeardLanguage("en")


def test_a_close_call_is_not_sure() -> None:
    heard = decide([Answer(5.0, {"th": 0.4, "de": 0.35, "nl": 0.25})])
    assert (heard.code, heard.sure) == ("th", False)


def test_a_language_that_the_account_uses_counts_more() -> None:
    assert decide([Answer(5.0, {"th": 0.4, "de": 0.35, "nl": 0.25})], familiar={"de"}).code == "de"
    assert decide([Answer(5.0, {"th": 0.95, "de": 0.05})], familiar={"de"}) == HeardLanguage("th")


def test_a_rare_language_has_to_be_clearer() -> None:
    heard = [Answer(5.0, {"la": 0.45, "de": 0.3, "lv": 0.25})]
    assert decide(heard).code == "de"
    assert decide(heard, familiar={"la"}).code == "la"
    assert decide([Answer(5.0, {"cy": 0.9, "en": 0.1})]) == HeardLanguage("cy")


@pytest.mark.parametrize(
    "heard", [[], [Answer(0.5, {"es": 0.99})], [Answer(5.0, {})]], ids=["nothing", "half_a_second", "mute"]
)
def test_too_little_speech_invents_no_language(heard: list[Answer]) -> None:
    assert decide(heard) == HeardLanguage("en", sure=False)
    assert decide(heard, familiar={"de"}) == HeardLanguage("de", sure=False)


def test_another_language_is_spoken_where_two_stretches_say_so() -> None:
    one = [Answer(9.0, {"en": 0.99}, "A"), Answer(9.0, {"sv": 0.9, "en": 0.1}, "B")]
    assert further(one, "en") == set()
    assert further(one, "en", familiar={"sv"}) == {"sv"}
    assert further([*one, Answer(4.0, {"sv": 0.95})], "en") == {"sv"}
    assert further([*one, Answer(1.0, {"sv": 0.95})], "en") == set()


def test_a_rare_language_is_no_further_one_unless_the_account_uses_it() -> None:
    heard = [Answer(9.0, {"de": 0.99}, "A"), *(Answer(9.0, {"la": 0.9, "de": 0.1}, "B") for _ in range(3))]
    assert further(heard, "de") == set()
    assert further(heard, "de", familiar={"la"}) == {"la"}


def test_a_voice_whose_stretches_all_speak_for_a_language_speaks_it() -> None:
    faint = {"de": 0.6, "en": 0.1, "lv": 0.3}
    heard = [Answer(9.0, {"en": 0.99, "de": 0.0}, "A"), *(Answer(5.0, faint, "B") for _ in range(3))]
    assert further(heard, "en") == {"de"}
    assert further(heard[:2], "en") == set()
    assert further([*heard, *(Answer(9.0, {"en": 0.9, "de": 0.1}, "B") for _ in range(2))], "en") == set()


def test_a_piece_that_is_not_clear_goes_with_its_voice() -> None:
    pieces = [
        Turn("A", 0, 5),
        Turn("B", 5, 9),
        Turn("A", 9, 10),
        Turn("B", 10, 10.5),
        Turn("C", 11, 15),
        Turn("B", 16, 20),
    ]
    clear_english = {"en": 0.95, "de": 0.01}
    told = [{"en": 0.9, "de": 0.05}, {"de": 0.95, "nl": 0.03}, {}, {}, {"en": 0.3, "de": 0.3, "cy": 0.4}, clear_english]
    found = elsewhere_of(pieces, told, "en", {"de"})
    assert [(each.speaker, each.start) for each in found] == [("B", 5)]
    found = elsewhere_of(pieces, [*told[:5], {"de": 0.4, "en": 0.45}], "en", {"de"})
    assert [(each.speaker, each.start) for each in found] == [("B", 5), ("B", 10), ("B", 16)]
    assert {each.code for each in found} == {"de"}


def test_turns_are_divided_where_the_language_changes() -> None:
    turns = [Turn("A", 0, 30), Turn("B", 31, 40)]
    elsewhere = [Elsewhere("A", 10, 20, "de"), Elsewhere("B", 31, 40, "de")]
    assert dict(turns_by_language(turns, "en", elsewhere)) == {
        "en": [Turn("A", 0, 10), Turn("A", 20, 30)],
        "de": [Turn("A", 10, 20), Turn("B", 31, 40)],
    }
    assert list(turns_by_language(turns, "en", ())) == [("en", turns)]


def test_the_reader_is_told() -> None:
    (told,) = notices_of(HeardLanguage("en", elsewhere=(Elsewhere("A", 1, 2, "de"),)))
    assert "German" in told
    assert notices_of(HeardLanguage("en")) == []


class _ByPitch(FakeEngine):
    """Takes loud sound for German, other sound for English."""

    def language_probabilities(self, samples: Sequence[Audio]) -> list[Mapping[str, float]]:
        loud = [float(np.abs(sample).mean()) > 0.2 for sample in samples]
        return [{"de": 0.95, "en": 0.05} if each else {"en": 0.95, "de": 0.05} for each in loud]


def test_a_meeting_in_two_languages_keeps_both(tmp_path: Path) -> None:
    turns = [Turn("AB"[n % 2], 8.0 * n, 8.0 * n + 7) for n in range(12)]
    sound = np.full(96 * SAMPLE_RATE, 0.1, np.float32)
    for turn in turns[1::2][:4]:
        sound[round(turn.start * SAMPLE_RATE) : round(turn.end * SAMPLE_RATE)] = 0.5
    heard = language_of(_ByPitch(), Pcm(write_pcm(sound, tmp_path / "two.pcm")), turns)
    assert heard.code == "en"
    assert [(each.start, each.code) for each in heard.elsewhere] == [(turn.start, "de") for turn in turns[1::2][:4]]
