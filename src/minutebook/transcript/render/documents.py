"""Transcripts to read: plain text and Markdown."""

import re
from collections.abc import Iterator

from minutebook.transcript.joining import running_text
from minutebook.transcript.model import Segment, Transcript
from minutebook.transcript.render.times import short_time

_MARKUP = re.compile(r"([\\`*_\[\]<>|~])")
_BLOCK_START = re.compile(r"^(\s*)([#+-]|\d+(?=[.)]))", re.MULTILINE)


def txt(transcript: Transcript) -> str:
    """One line per segment: `[M:SS] Name: text`, behind the notices if there are any."""
    notices = [f"Note: {notice}" for notice in transcript.notices]
    spoken = ((segment, _said(transcript, segment)) for segment in transcript.segments)
    lines = [f"[{short_time(each.start)}] {transcript.name_of(each.speaker)}: {text}" for each, text in spoken]
    return "".join(f"{line}\n" for line in [*notices, *lines])


def markdown(transcript: Transcript) -> str:
    """A document with summary, speakers and the talk; what was said stays text, whatever it looks like."""
    return "\n\n".join(_blocks(transcript)) + "\n"


def _blocks(transcript: Transcript) -> Iterator[str]:
    yield "# Transcript"
    for notice in transcript.notices:
        yield f"> {escaped(notice)}"
    if transcript.summary:
        yield f"## Summary\n\n{escaped(transcript.summary)}"
    if transcript.speakers:
        rows = (f"- {escaped(s.name)} ({short_time(s.talk_time_s)})" for s in transcript.speakers)
        yield "## Speakers\n\n" + "\n".join(rows)
    yield "## Talk"
    for segment in transcript.segments:
        name = escaped(transcript.name_of(segment.speaker))
        yield f"**{name}** ({short_time(segment.start)}): {escaped(_said(transcript, segment))}"


def _said(transcript: Transcript, segment: Segment) -> str:
    return " ".join(running_text(segment, transcript.language).split())


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _BLOCK_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))
