"""Subtitles: SubRip (SRT) and WebVTT (W3C)."""

import html
import textwrap

from minutebook.transcript.model import Transcript
from minutebook.transcript.render.cues import LINE_CHARS, MIN_CUE_S, Cue, cues
from minutebook.transcript.render.times import clock_time


def srt(transcript: Transcript) -> str:
    """SubRip: numbered cues; the speaker's name stands before the first cue of what they say."""
    blocks = (
        f"{number}\n{_span(cue, ',')}\n{_lines(_prefixed(transcript, cue))}\n"
        for number, cue in enumerate(cues(transcript.segments), start=1)
    )
    return "\n".join(blocks)


def vtt(transcript: Transcript) -> str:
    """WebVTT: each cue in a voice tag with the speaker's name."""
    blocks = (f"{_span(cue, '.')}\n{_voiced(transcript, cue)}\n" for cue in cues(transcript.segments))
    return "\n".join(["WEBVTT\n", *blocks])


def _span(cue: Cue, separator: str) -> str:
    # Rounding to milliseconds must not fold a short cue to nothing.
    end = max(cue.end, round(cue.start, 3) + MIN_CUE_S)
    return f"{clock_time(cue.start, separator)} --> {clock_time(end, separator)}"


def _prefixed(transcript: Transcript, cue: Cue) -> str:
    return f"{transcript.name_of(cue.speaker)}: {cue.text}" if cue.first else cue.text


def _lines(text: str) -> str:
    return "\n".join(textwrap.wrap(_arrowless(text), LINE_CHARS, break_on_hyphens=False))


def _voiced(transcript: Transcript, cue: Cue) -> str:
    name = html.escape(" ".join(transcript.name_of(cue.speaker).split()), quote=False)
    # Wrapped before it is escaped: `&amp;` is one character to a reader.
    wrapped = html.escape(_lines(cue.text), quote=False)
    return f"<v {name}>{wrapped}</v>"


def _arrowless(text: str) -> str:
    """`-->` would end a cue's text for a parser."""
    return text.replace("-->", "→")
