"""Subtitles: whatever was said, the cues are in order, short, and a player can read them."""

import html
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minutebook.transcript.joining import columns
from minutebook.transcript.model import Segment, Speaker, Transcript, Word
from minutebook.transcript.render import content, from_content, markdown, srt, txt, vtt
from minutebook.transcript.render.cues import CUE_S, LINE_COLUMNS, LINES, cues
from minutebook.transcript.render.times import clock_time, short_time

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Other work may share the machine: time proves nothing here."""

OVERLONG = st.sampled_from(["aB-’…”", "漢あ。、」ー", "ก\u0e31。", "x\u0301’"]).flatmap(
    lambda characters: st.text(st.sampled_from(characters), min_size=40, max_size=120)
)
TEXTS = (
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=30)
    | st.sampled_from(["-->", "<i>", "&amp;", "WEBVTT", "1", "yes."])
    | OVERLONG
)
SECONDS = st.floats(0, 90_000, allow_nan=False, width=32)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    start = draw(SECONDS)
    texts = draw(st.lists(TEXTS, min_size=1, max_size=16))
    words, at = [], start
    for text in texts:
        end = at + draw(st.floats(0, 3))
        words.append(Word(text, at, end, 0.5))
        at = end + draw(st.floats(0, 2))
    speaker, timed = draw(st.sampled_from(["speaker_1", "speaker_2"])), draw(st.booleans())
    return Segment(speaker, start, words[-1].end, " ".join(texts), tuple(words) if timed else ())


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    names = draw(st.lists(TEXTS, min_size=2, max_size=2))
    speakers = tuple(Speaker(f"speaker_{i + 1}", name, 1.0) for i, name in enumerate(names))
    found = draw(st.lists(segments(), max_size=3))
    return Transcript("en", 90_000.0, speakers, tuple(found), draw(TEXTS), tuple(draw(st.lists(TEXTS, max_size=2))))


@PATIENT
@given(transcripts(), st.sampled_from(["", "en", "ja", "th"]))
def test_cues_are_ordered_and_readable(transcript: Transcript, language: str) -> None:
    made = cues(transcript.segments, language)
    prefixed = cues(transcript.segments, language, lambda segment: transcript.name_of(segment.speaker))
    assert all(len(cue.lines) <= LINES and max(map(columns, cue.lines)) <= LINE_COLUMNS for cue in prefixed)
    assert [cue.start for cue in made] == sorted(cue.start for cue in made)
    for cue in made:
        assert cue.end > cue.start
        assert len(cue.lines) <= LINES
        assert all(columns(line) <= LINE_COLUMNS for line in cue.lines)
        if " " in cue.text:
            assert cue.end - cue.start <= CUE_S + 0.01
    said = sorted("".join(segment.text.replace("-->", "→") for segment in transcript.segments).replace(" ", ""))
    assert sorted("".join(cue.text for cue in made).replace(" ", "")) == said


@PATIENT
@given(transcripts())
def test_srt_parses(transcript: Transcript) -> None:
    text = srt(transcript)
    blocks = [block for block in text.split("\n\n") if block.strip()]
    for number, block in enumerate(blocks, start=1):
        lines = block.strip("\n").split("\n")
        assert lines[0] == str(number)
        match = re.fullmatch(r"(\d\d+:\d\d:\d\d,\d{3}) --> (\d\d+:\d\d:\d\d,\d{3})", lines[1])
        assert match is not None
        assert _ms(match[1]) < _ms(match[2])
        assert 1 <= len(lines[2:]) <= LINES
        assert all(columns(line) <= LINE_COLUMNS for line in lines[2:])
        assert all("-->" not in line and line.strip() for line in lines[2:])


@PATIENT
@given(transcripts())
def test_vtt_parses(transcript: Transcript) -> None:
    head, *blocks = vtt(transcript).split("\n\n")
    assert head.strip() == "WEBVTT"
    for block in blocks:
        timing, body = block.strip("\n").split("\n", 1)
        match = re.fullmatch(r"(\d\d+:\d\d:\d\d\.\d{3}) --> (\d\d+:\d\d:\d\d\.\d{3})", timing)
        assert match is not None
        assert _ms(match[1]) < _ms(match[2])
        voice = re.fullmatch(r"<v ([^<>\n]+)>([^<>]*)</v>", body)
        assert voice is not None, body
        assert "-->" not in html.unescape(voice[2])


def _ms(stamp: str) -> int:
    hours, minutes, seconds, milliseconds = map(int, re.split(r"[:.,]", stamp))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


@PATIENT
@given(transcripts())
def test_json_comes_back_as_it_went(transcript: Transcript) -> None:
    once = from_content(content(transcript))
    assert content(once) == content(transcript)
    assert from_content(content(once)) == once
    assert [segment.text for segment in once.segments] == [segment.text for segment in transcript.segments]


@PATIENT
@given(transcripts())
def test_documents_have_one_line_per_segment(transcript: Transcript) -> None:
    lines = txt(transcript).split("\n")
    assert len(lines) - 1 == len(transcript.segments) + len(transcript.notices)
    assert markdown(transcript).count("\n**") == len(transcript.segments)


def test_long_turns_break_where_speech_does() -> None:
    words = [
        "The",
        "first",
        "sentence",
        "is",
        "long",
        "enough",
        "to",
        "fill",
        "a",
        "line.",
        "Then",
        "comes",
        "the",
        "second",
        "one,",
        "after",
        "a",
        "while.",
    ]
    timed = tuple(Word(word, i * 0.3, i * 0.3 + 0.3, 1.0) for i, word in enumerate(words))
    made = cues([Segment("speaker_1", 0.0, 6.0, " ".join(words), timed)])
    assert [cue.text for cue in made] == [
        "The first sentence is long enough to fill a line.",
        "Then comes the second one, after a while.",
    ]
    assert all(len(line) <= LINE_COLUMNS for line in srt(_transcript(timed)).split("\n"))


def _transcript(words: tuple[Word, ...]) -> Transcript:
    segment = Segment("speaker_1", words[0].start, words[-1].end, " ".join(w.word for w in words), words)
    return Transcript("en", 10.0, (Speaker("speaker_1", "Ada", 1.0),), (segment,))


def test_what_was_said_cannot_become_markup() -> None:
    said = "<script>alert(1)</script> [link](http://x) *bold* # no"
    transcript = Transcript("en", 9.0, (Speaker("s", "</v><b>", 1.0),), (Segment("s", 0.0, 3.0, said),))
    assert "<script>" not in vtt(transcript)
    assert "<v &lt;/v&gt;&lt;b&gt;>" in vtt(transcript)
    assert "\\<script\\>" in markdown(transcript)
    assert "\\[link\\]" in markdown(transcript)


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (0.0, "00:00:00.000", "0:00"),
        (59.9996, "00:01:00.000", "0:59"),
        (3599.5, "00:59:59.500", "59:59"),
        (3600.0, "01:00:00.000", "1:00:00"),
        (360_000.0, "100:00:00.000", "100:00:00"),
        (-1.0, "00:00:00.000", "0:00"),
    ],
)
def test_times(seconds: float, long: str, short: str) -> None:
    assert clock_time(seconds, ".") == long
    assert short_time(seconds) == short
