"""Transcripts as other things: the API's JSON, subtitles, plain text, Markdown. Pure."""

from minutebook.transcript.render.documents import markdown, txt
from minutebook.transcript.render.json_content import content, from_content
from minutebook.transcript.render.subtitles import srt, vtt

__all__ = ["content", "from_content", "markdown", "srt", "txt", "vtt"]
