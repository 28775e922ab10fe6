"""Times and transcripts as text."""

import json
from collections.abc import Callable

from minutebook.transcript import render
from minutebook.transcript.model import Transcript


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss from one hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _transcript_json(transcript: Transcript) -> str:
    return json.dumps(render.content(transcript), ensure_ascii=False, indent=2)


EXPORTS: dict[str, Callable[[Transcript], str]] = {
    "json": _transcript_json,
    "txt": render.txt,
    "srt": render.srt,
    "vtt": render.vtt,
    "md": render.markdown,
}
"""A transcript as text, by file extension. JSON is the contract's `content.transcription` object."""
