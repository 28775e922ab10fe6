"""A segment's text as somebody leaves it becomes the smallest corrections, whatever was corrected before."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.analysis.edits.model import Edit, WordsChange, corrected, in_force
from minutebook.analysis.edits.requests import SegmentRequest, checked_segment
from minutebook.analysis.edits.rewording import rewordings
from minutebook.transcript.model import Segment, Speaker, Transcript, Word

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def transcript_of(words: list[str], language: str = "en") -> Transcript:
    timed = tuple(Word(word, float(i), i + 0.9, 0.9) for i, word in enumerate(words))
    blank = "" if language == "ja" else " "
    segment = Segment("speaker_1", 0.0, float(len(words)), blank.join(words), timed)
    return Transcript(language, 60.0, (Speaker("speaker_1", "Speaker 1", 1.0),), (segment,))


def reword(transcript: Transcript, journal: list[Edit], text: str) -> list[Edit]:
    """The journal after somebody left this text, as the service writes it."""
    words = [word.word for word in transcript.segments[0].words]
    spaced = transcript.language != "ja"
    made, undone = rewordings(words, in_force(journal, WordsChange), text, spaced=spaced)
    kept = [edit for edit in journal if edit.change not in undone]
    for position, each in enumerate(made):
        request = SegmentRequest(0, each.first, each.last, text=each.text)
        change = checked_segment(request, position, transcript, kept, remember=True)
        kept.append(Edit(f"{len(kept)}-{position}", "r", "rec", "ada", change, NOW))
    return kept


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("we ship on monday the ninth", []),
        ("we ship on Tuesday the ninth", [(3, 3, "Tuesday")]),
        ("We ship on monday the tenth", [(0, 0, "We"), (5, 5, "tenth")]),
        ("we ship on monday the ninth again", [(5, 5, "ninth again")]),
        ("so we ship on monday the ninth", [(0, 0, "so we")]),
        ("we ship on the ninth", [(3, 3, "")]),
        ("", [(0, 5, "")]),
    ],
)
def test_only_what_changed_is_corrected(text: str, expected: list[tuple[int, int, str]]) -> None:
    made, undone = rewordings(["we", "ship", "on", "monday", "the", "ninth"], [], text)
    assert [(each.first, each.last, each.text) for each in made] == expected
    assert undone == []


def test_a_correction_taken_back_is_undone() -> None:
    earlier = WordsChange(0, 1, 1, "B", "b")
    assert rewordings(["a", "b", "c"], [earlier], "a b c") == ([], [earlier])


def test_what_is_corrected_alike_already_stays() -> None:
    earlier = WordsChange(0, 0, 2, "a X c", "a b c")
    assert rewordings(["a", "b", "c"], [earlier], "a X c") == ([], [])


def test_a_language_without_blanks() -> None:
    transcript = transcript_of(["今日", "は", "会議", "です"], "ja")
    journal = reword(transcript, [], "今日は試験です")
    assert corrected(transcript, journal).segments[0].text == "今日は試験です"
    assert [edit.change.before for edit in journal] == ["会議"]


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (["新", "しい", "Open", "AI", "の"], "新しい Open Source モデルの", [(3, 3, "Source モデル")]),
        (["会議", "です"], "会議はGoogle Meetです", [(0, 0, "会議はGoogle Meet")]),
        (["今日", "は", "会議", "です"], "明日は試験です", [(0, 2, "明日は試験")]),
    ],
)
def test_latin_words_keep_their_blanks_and_others_get_none(
    words: list[str], text: str, expected: list[tuple[int, int, str]]
) -> None:
    made, _ = rewordings(words, [], text, spaced=False)
    assert [(each.first, each.last, each.text) for each in made] == expected


def test_a_segment_without_words_cannot_be_corrected() -> None:
    assert rewordings([], [], "something") == ([], [])


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), min_size=1, max_size=8)
TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", "e", "X", "Y"]), max_size=9), min_size=1, max_size=5)


@given(WORDS, TEXTS)
def test_the_text_is_what_was_left_whatever_came_before(words: list[str], texts: list[list[str]]) -> None:
    transcript = transcript_of(words)
    journal: list[Edit] = []
    for text in texts:
        journal = reword(transcript, journal, " ".join(text))
        assert corrected(transcript, journal).segments[0].text.split() == text
    journal = reword(transcript, journal, " ".join(words))
    assert corrected(transcript, journal).segments[0].text.split() == words
