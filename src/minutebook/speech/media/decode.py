"""Files nobody has checked → sound. Every call runs in a process of its own with limits (see `limits`, `child`)."""

from dataclasses import dataclass
from pathlib import Path

from minutebook.speech.media.limits import DEFAULT, DecodeLimits
from minutebook.speech.media.process import run


@dataclass(frozen=True, slots=True)
class Decoded:
    """How decoding went. Durations are seconds; `declared_duration_s` is what the file's header states, if it does.
    `truncated` says that the file ends before that, or without its end mark; `notices` are sentences for the reader
    of the transcript. `parts` counts the sources of the recording that have a sound of their own (see `part_path`): a
    speaker per channel, the tracks of a recorder; 0 where all share one sound."""

    duration_s: float
    declared_duration_s: float | None
    truncated: bool
    notices: tuple[str, ...]
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file says of itself. `duration_s` is the header's or an estimate: only decoding tells the truth.
    `lacks_end` says that the mark which ends such a file is not there."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    audio_tracks: int
    has_video: bool
    duration_s: float | None
    declared_duration_s: float | None
    lacks_end: bool


def decode(source: Path, pcm: Path, limits: DecodeLimits = DEFAULT) -> Decoded:
    """Write the sound of `source` to `pcm` as s16le mono at 16 kHz, whole or not at all, in constant memory; the sound
    of each part lies beside it.

    A cut file is decoded as far as it goes; damaged pieces become silence. Raises `MinutebookError` with
    `media_unreadable`, `media_no_audio`, `media_empty`, `media_too_long`, `media_timeout`, `media_memory` or
    `media_crashed`.
    """
    result = run("decode", source, pcm, limits)
    return Decoded(**{**result, "notices": tuple(result["notices"])})


def write_preview(source: Path, to: Path, limits: DecodeLimits = DEFAULT) -> None:
    """Write the sound of `source` to `to` as AAC in MP4 (mono, 64 kbit/s) that every browser plays and seeks in, on
    the same clock as `decode`. Raises as `decode` does."""
    run("preview", source, to, limits)


def probe(source: Path, limits: DecodeLimits = DEFAULT) -> Probe:
    """Read only the header; raises `media_unreadable`, `media_no_audio`, `media_empty`, `media_timeout`."""
    return Probe(**run("probe", source, None, limits))
