"""Words as running text, in scripts with blanks and without."""

import pytest

from minutebook.transcript.joining import columns, joined, running_text
from minutebook.transcript.model import Segment, Speaker, Transcript, Word
from minutebook.transcript.render import content, markdown, srt, txt, vtt


@pytest.mark.parametrize(
    ("language", "words", "text"),
    [
        ("zh", list("大家早上好"), "大家早上好"),
        ("zh", ["我们", "用", "Google", "Meet", "开会"], "我们用Google Meet开会"),
        ("ja", ["明日", "は", "ＮＨＫ", "の", "API", "v2", "です。"], "明日はＮＨＫのAPI v2です。"),
        ("th", ["สวัสดี", "ครับ"], "สวัสดีครับ"),
        ("my", ["မင်္ဂလာ", "ပါ"], "မင်္ဂလာပါ"),
        ("en", ["I", "like", "你好", "世界", "very", "much"], "I like 你好世界 very much"),
        ("ko", ["안녕", "하세요"], "안녕 하세요"),
        ("en", [], ""),
        ("en", ["a", "", "b"], "a b"),
    ],
)
def test_blanks_stand_where_they_are_written(language: str, words: list[str], text: str) -> None:
    assert joined(words, language) == text


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("大家", 4), ("ｱ", 1), ("e\u0301", 1), ("Ａ。", 4), ("é", 1)])
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width


def transcript(words: list[str], stored: str) -> Transcript:
    timed = tuple(Word(word, i * 0.2, i * 0.2 + 0.2, 0.9) for i, word in enumerate(words))
    segment = Segment("speaker_1", 0.0, timed[-1].end, stored, timed)
    return Transcript("zh", 9.0, (Speaker("speaker_1", "李雷", 5.0),), (segment,))


def test_every_rendering_joins_alike_also_what_was_stored_glued() -> None:
    made = transcript(["我们", "用", "Google", "Meet", "开会"], "我们用GoogleMeet开会")
    for text in (srt(made), vtt(made), txt(made), markdown(made), content(made)["segments"][0]["text"]):
        assert "我们用Google Meet开会" in text


def test_a_text_that_is_not_its_words_stays_as_it_is() -> None:
    assert running_text(Segment("s", 0.0, 1.0, "two  words", (Word("other", 0.0, 1.0, 1.0),)), "zh") == "two  words"


def test_chinese_cues_fill_lines_of_twenty_one_characters() -> None:
    words = list("大家早上好今天我们有三个议题首先我们讨论明年的预算然后我们讨论招聘的计划最后讨论下个月的客户大会")
    words = [*words, *words]
    for line in srt(transcript(words, "".join(words))).splitlines():
        assert columns(line) <= 42


def test_no_word_stands_alone_behind_a_full_cue() -> None:
    said = "This is a sentence of more than eighty four characters so that it needs to be broken in two, does it."
    made = transcript(said.split(), said)
    for text in (srt(made), vtt(made)):
        shown = [block.split("\n")[-1] for block in text.strip().split("\n\n")[1:]]
        assert all(len(line.split()) > 1 for line in shown)
