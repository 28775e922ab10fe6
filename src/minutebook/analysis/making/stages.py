"""How far a transcription is, stage by stage. Fractions are what is done when all chunks passed a stage; measured on
the bundled models."""

from collections.abc import Sequence
from typing import Final

from minutebook.analysis.model import Progress
from minutebook.speech.pipeline import Chunk
from minutebook.transcript.model import Turn

DECODED: Final = 0.02
VOICES: Final = 0.30
WORDS: Final = 0.98


def decoding() -> Progress:
    """Nothing is done yet."""
    return Progress(0.0, "decoding")


def telling_apart(chunk: Chunk, total_s: float) -> Progress:
    """Voices are told apart, and this chunk is next."""
    return _between(DECODED, VOICES, chunk.start_s / total_s, "telling voices apart", 0.0, total_s)


def transcribing(chunk: Chunk, part: float, total_s: float) -> Progress:
    """This part (0 to 1) of a chunk is recognised, and all chunks before it."""
    done = chunk.start_s + min(part, 1.0) * (chunk.end_s - chunk.start_s)
    return _between(VOICES, WORDS, done / total_s, "transcribing", done, total_s)


def waiting_for(provider: str, done_s: float, total_s: float) -> Progress:
    """A provider has answered up to here."""
    return _between(VOICES, WORDS, done_s / total_s, f"waiting for {provider}", done_s, total_s)


def speech_in(chunk: Chunk, turns: Sequence[Turn]) -> float:
    """Seconds of speech in a chunk, which recognition counts its progress in; never zero."""
    return sum(max(0.0, min(t.end, chunk.end_s) - max(t.start, chunk.start_s)) for t in turns) or 1.0


def _between(low: float, high: float, part: float, stage: str, done_s: float, total_s: float) -> Progress:
    return Progress(round(low + (high - low) * part, 4), stage, round(done_s, 1), round(total_s, 1))
