"""What was said stays text in every format, read by a Markdown parser and by what players take for tags."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from minutebook.transcript.model import Segment, Speaker, Transcript
from minutebook.transcript.render import markdown, srt, txt, vtt
from minutebook.transcript.render.neutral import in_markdown, in_plain_text

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "< b >bold</ b >",
    "<",
    "<font color=red>",
    "<!-- -->",
    "{\\an8}{\\b1}up",
    "{y:i}",
    "{ y : i}",
    "![picture](https://evil.example/x.png)",
    "[link](javascript:alert(1))",
    "<https://evil.example>",
    "https://evil.example www.evil.example ftp://evil.example a@evil.example",
    "# heading",
    "1. list",
    "- list",
    "+ list",
    "===",
    "---",
    "```",
    "~~~",
    "&lt;b&gt; &amp; &#60;",
    "a | b",
    "$x$",
    "line\nbreak\u2028and\u202ereversed",
    "\\<b>",
]
MARKS = st.lists(st.sampled_from([*"<>{}[]()*_`~#+-=|&;:!@$\\/.1 \n", "a", "script", "https", "www"]), max_size=30)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PATIENT = settings(deadline=None)


def hostile(text: str) -> Transcript:
    """It is said, is a name, the summary and a notice."""
    speaker, segment = Speaker("s", text, 1.0), Segment("s", 0.0, 3.0, text)
    return Transcript("en", 9.0, (speaker,), (segment, segment), text, (text,))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_player_finds_a_tag(text: str) -> None:
    for shown in (srt(hostile(text)), txt(hostile(text))):
        assert not re.search(r"<\s*([^\W\d_]|[/!?]|$)|\{\s*(\\\\|\w+\s*:)", shown.replace("-->", ""), re.MULTILINE), (
            shown
        )
    inside = re.sub(r"</?v[^<>]*>", "", vtt(hostile(text)).replace(" --> ", ""))
    assert "<" not in inside
    assert ">" not in inside


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_has_the_document_s_own_marks_only(text: str) -> None:
    ours = {"heading", "paragraph", "blockquote", "bullet_list", "list_item", "inline", "strong", "text", "softbreak"}
    found = PARSER.parse(markdown(hostile(text)))
    kinds = {token.type for block in found for token in (block, *(block.children or ()))}
    assert {re.sub("_(open|close)$", "", kind) for kind in kinds} <= ours
    assert [t.level for t in found if t.type == "heading_open"] == [0] * 4
    shown = PARSER.render(markdown(hostile(text)))
    assert shown == "".join(shown.split("<a"))


@PATIENT
@given(MARKS)
def test_markdown_shows_what_was_said(parts: list[str]) -> None:
    text = "".join(parts)
    plain = in_markdown(text)
    assert "\n" not in plain
    tokens = PARSER.parse(plain)
    assert [t.type for t in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    read = "".join(child.content for token in tokens for child in token.children or ())
    assert read == re.sub(r"\n+", " ", text).strip()


@PATIENT
@given(MARKS)
def test_plain_text_holds_no_tag_and_keeps_its_length(parts: list[str]) -> None:
    text = "".join(parts)
    plain = in_plain_text(text)
    assert len(plain) == len(text)
    assert not re.search(r"<\s*([^\W\d_]|[/!?])", plain)
    assert in_plain_text(plain) == plain


@pytest.mark.parametrize("text", ["3 < 4", "i <3 you", "a -> b", "{braces}", "5 > 4", "R&D", "1.5", "x=1"])
def test_what_is_no_tag_stays(text: str) -> None:
    assert in_plain_text(text) == text
    assert f"{text}\n" in txt(hostile(text))


def test_a_long_text_of_openings_takes_no_time() -> None:
    for mark in ("<a", "{a:", "<", "{\\", "&#", "a@", "1", " "):
        in_plain_text(mark * 50_000)
        in_markdown(mark * 50_000)
