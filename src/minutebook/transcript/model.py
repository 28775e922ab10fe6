"""What was said, by whom, and when. Times are seconds from the start of the recording."""

from dataclasses import dataclass
from typing import Final

NO_SPEECH: Final = "No speech was found in this recording."
"""The notice of a transcript without a word."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word, as written (with its punctuation, without surrounding blanks)."""

    word: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of time in which one voice speaks; turns of different voices may overlap."""

    speaker: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice of this recording. `id` is stable ("speaker_1"); `name` is shown ("Speaker 1", later "Ada").
    `participant` says that the name is the participant's own, as the call told it."""

    id: str
    name: str
    talk_time_s: float
    participant: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive words of one speaker; `speaker` is a `Speaker.id`."""

    speaker: str
    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """The whole record of a recording's speech. `notices` are sentences on what limits it (a cut file …)."""

    language: str
    duration_s: float
    speakers: tuple[Speaker, ...]
    segments: tuple[Segment, ...]
    summary: str = ""
    notices: tuple[str, ...] = ()

    def name_of(self, speaker_id: str) -> str:
        """The shown name of a speaker, or the id itself when it is unknown."""
        return next((s.name for s in self.speakers if s.id == speaker_id), speaker_id)
