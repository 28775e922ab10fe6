"""Subtitles: SubRip (SRT) and WebVTT (W3C)."""

import html

from minutebook.transcript.model import Segment, Transcript
from minutebook.transcript.render.cues import LINE_COLUMNS, MIN_CUE_S, Cue, cues, shortened
from minutebook.transcript.render.neutral import in_plain_text
from minutebook.transcript.render.times import clock_time


def srt(transcript: Transcript) -> str:
    """SubRip: numbered cues; the speaker's name stands before the first cue of what they say."""

    def name(segment: Segment) -> str:
        return shortened(_name(transcript, segment.speaker), LINE_COLUMNS - 1) + ":"

    made = cues(transcript.segments, transcript.language, name)
    blocks = (f"{number}\n{_span(cue, ',')}\n{in_plain_text(_text(cue))}\n" for number, cue in enumerate(made, start=1))
    return "\n".join(blocks)


def vtt(transcript: Transcript) -> str:
    """WebVTT: each cue in a voice tag with the speaker's name."""
    made = cues(transcript.segments, transcript.language)
    blocks = (f"{_span(cue, '.')}\n{_voiced(transcript, cue)}\n" for cue in made)
    return "\n".join(["WEBVTT\n", *blocks])


def _span(cue: Cue, separator: str) -> str:
    # Rounding to milliseconds must not fold a short cue to nothing.
    end = max(cue.end, round(cue.start, 3) + MIN_CUE_S)
    return f"{clock_time(cue.start, separator)} --> {clock_time(end, separator)}"


def _name(transcript: Transcript, speaker: str) -> str:
    return " ".join(transcript.name_of(speaker).replace("-->", "→").split())


def _text(cue: Cue) -> str:
    return "\n".join(cue.lines)


def _voiced(transcript: Transcript, cue: Cue) -> str:
    # Escaped after it was divided: `&amp;` is one character to a reader.
    name, text = (html.escape(each, quote=False) for each in (_name(transcript, cue.speaker), _text(cue)))
    return f"<v {name}>{text}</v>"
