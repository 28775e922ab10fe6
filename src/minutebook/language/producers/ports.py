"""The language port: a transcript becomes a note, key points, sentiment."""

from typing import Protocol

from minutebook.language.model import KeyPoint, Note, NoteRequest, Sentiment
from minutebook.transcript.model import Transcript


class Producer(Protocol):
    """Turns a transcript into derived records. Implementations are synchronous and keep no state between calls."""

    @property
    def name(self) -> str:
        """Which producer made a note ("extractive", "llm:<model>")."""
        ...

    def summary(self, transcript: Transcript) -> str:
        """A few sentences taken from the talk; empty when nothing was said."""
        ...

    def note(self, transcript: Transcript, request: NoteRequest) -> Note:
        """The note's items, each with evidence."""
        ...

    def key_points(self, transcript: Transcript) -> tuple[KeyPoint, ...]:
        """The sentences worth remembering, most important first."""
        ...

    def sentiment(self, transcript: Transcript) -> Sentiment:
        """Mood overall, by speaker and over time."""
        ...
