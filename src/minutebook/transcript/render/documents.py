"""Transcripts to read: plain text and Markdown."""

from collections.abc import Iterator

from minutebook.transcript.joining import running_text
from minutebook.transcript.model import Segment, Transcript
from minutebook.transcript.render.neutral import in_markdown, in_plain_text
from minutebook.transcript.render.times import short_time


def txt(transcript: Transcript) -> str:
    """One line per segment: `[M:SS] Name: text`, behind the notices if there are any."""
    notices = [f"Note: {notice}" for notice in transcript.notices]
    spoken = ((segment, _said(transcript, segment)) for segment in transcript.segments)
    lines = [f"[{short_time(each.start)}] {transcript.name_of(each.speaker)}: {text}" for each, text in spoken]
    return "".join(f"{in_plain_text(line)}\n" for line in [*notices, *lines])


def markdown(transcript: Transcript) -> str:
    """A document with summary, speakers and the talk; what was said stays text, whatever it looks like."""
    return "\n\n".join(_blocks(transcript)) + "\n"


def _blocks(transcript: Transcript) -> Iterator[str]:
    yield "# Transcript"
    for notice in transcript.notices:
        yield f"> {in_markdown(notice)}"
    if transcript.summary:
        yield "## Summary\n\n" + "\n".join(map(in_markdown, transcript.summary.splitlines()))
    if transcript.speakers:
        rows = (f"- {in_markdown(s.name)} ({short_time(s.talk_time_s)})" for s in transcript.speakers)
        yield "## Speakers\n\n" + "\n".join(rows)
    yield "## Talk"
    for segment in transcript.segments:
        name = in_markdown(transcript.name_of(segment.speaker))
        yield f"**{name}** ({short_time(segment.start)}): {in_markdown(_said(transcript, segment))}"


def _said(transcript: Transcript, segment: Segment) -> str:
    return " ".join(running_text(segment, transcript.language).split())
