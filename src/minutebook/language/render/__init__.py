"""How notes, key points and sentiment are shown and stored."""

from minutebook.language.render.markdown import key_points_markdown, note_markdown, sentiment_markdown
from minutebook.language.render.wire import (
    key_points_from_json,
    key_points_to_json,
    note_from_json,
    note_to_json,
    sentiment_from_json,
    sentiment_to_json,
    with_speaker_names,
)

__all__ = [
    "key_points_from_json",
    "key_points_markdown",
    "key_points_to_json",
    "note_from_json",
    "note_markdown",
    "note_to_json",
    "sentiment_from_json",
    "sentiment_markdown",
    "sentiment_to_json",
    "with_speaker_names",
]
