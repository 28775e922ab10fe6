"""The contract's `content.transcription` object, there and back."""

from collections.abc import Mapping
from typing import Any

from minutebook.transcript.joining import running_text
from minutebook.transcript.model import Segment, Speaker, Transcript, Word


def content(transcript: Transcript) -> dict[str, Any]:
    """The transcript as JSON values. `segments[].speaker` is a speaker's id; the name to show is in `speakers`. Times
    are seconds, rounded to milliseconds."""
    return {
        "summary": transcript.summary,
        "language": transcript.language,
        "duration_s": _seconds(transcript.duration_s),
        "notices": list(transcript.notices),
        "speakers": [_speaker(speaker) for speaker in transcript.speakers],
        "segments": [_segment(segment, transcript.language) for segment in transcript.segments],
    }


def from_content(value: Mapping[str, Any]) -> Transcript:
    """The transcript of a `content` object."""
    return Transcript(
        language=value["language"],
        duration_s=value["duration_s"],
        speakers=tuple(Speaker(s["id"], s["name"], s["talk_time_s"]) for s in value["speakers"]),
        segments=tuple(_segment_from(s) for s in value["segments"]),
        summary=value["summary"],
        notices=tuple(value["notices"]),
    )


def _speaker(speaker: Speaker) -> dict[str, Any]:
    return {"id": speaker.id, "name": speaker.name, "talk_time_s": _seconds(speaker.talk_time_s)}


def _segment(segment: Segment, language: str) -> dict[str, Any]:
    return {
        "speaker": segment.speaker,
        "start": _seconds(segment.start),
        "end": _seconds(segment.end),
        "text": running_text(segment, language),
        "words": [_word(word) for word in segment.words],
    }


def _word(word: Word) -> dict[str, Any]:
    return {
        "word": word.word,
        "start": _seconds(word.start),
        "end": _seconds(word.end),
        "probability": round(float(word.probability), 4),
    }


def _segment_from(value: Mapping[str, Any]) -> Segment:
    words = tuple(Word(w["word"], w["start"], w["end"], w["probability"]) for w in value["words"])
    return Segment(value["speaker"], value["start"], value["end"], value["text"], words)


def _seconds(value: float) -> float:
    # float(): numbers that come from numpy are not JSON.
    return round(float(value), 3)
