"""The formats in which transcripts leave, by the endings of their names."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from minutebook.errors import invalid
from minutebook.transcript.model import Transcript
from minutebook.transcript.render import content, markdown, srt, txt, vtt


def _json(transcript: Transcript) -> str:
    return json.dumps(content(transcript), ensure_ascii=False)


FORMATS: Final[Mapping[str, tuple[str, Callable[[Transcript], str]]]] = {
    "json": ("application/json", _json),
    "txt": ("text/plain; charset=utf-8", txt),
    "srt": ("application/x-subrip; charset=utf-8", srt),
    "vtt": ("text/vtt; charset=utf-8", vtt),
    "md": ("text/markdown; charset=utf-8", markdown),
}


def format_of(name: str) -> tuple[str, Callable[[Transcript], str]]:
    """A format's media type and what renders it; `format_unknown`."""
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        raise invalid("format_unknown", f"A transcript is exported as one of: {known}.", "format")
    return FORMATS[name]
