"""What the child process makes of a file: PCM for the models, AAC for the browser."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame

from minutebook.errors import MinutebookError, invalid
from minutebook.speech.media.source import Source
from minutebook.speech.media.timeline import Timeline

PCM_RATE = 16_000
PREVIEW_RATE = 32_000
PREVIEW_BITS_PER_S = 64_000
WRITE_BUFFER_BYTES = 1024 * 1024

SHORTER_S = 1.0
SHORTER_SHARE = 0.001
"""A file counts as cut when more than this is missing: encoders pad, and headers round."""


def write_pcm(source: Source, to: Path, max_duration_s: float) -> dict[str, object]:
    """Write the sound as s16le mono at 16 kHz and say how it went (the fields of `Decoded`)."""
    timeline = Timeline(source, PCM_RATE, max_duration_s)
    with to.open("wb", buffering=WRITE_BUFFER_BYTES) as out:
        for block in timeline.blocks():
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    _refuse_silence_of_nothing(timeline)
    declared_s = source.facts.declared_duration_s
    truncated = declared_s is not None and timeline.end_s < declared_s * (1 - SHORTER_SHARE) - SHORTER_S
    return {
        "duration_s": timeline.duration_s,
        "declared_duration_s": declared_s,
        "truncated": truncated,
        "notices": list(_notices(timeline, truncated)),
    }


def write_preview(source: Source, to: Path, max_duration_s: float) -> dict[str, object]:
    """Write the sound as AAC in an MP4 whose index comes first, so that a browser starts at once."""
    timeline = Timeline(source, PREVIEW_RATE, max_duration_s)
    with av.open(str(to), "w", format="ipod", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("aac", rate=PREVIEW_RATE, layout="mono")
        stream.bit_rate = PREVIEW_BITS_PER_S
        for frame in _frames(timeline):
            out.mux(stream.encode(frame))
        _refuse_silence_of_nothing(timeline)
        out.mux(stream.encode(None))
    return {"duration_s": timeline.duration_s}


def _frames(timeline: Timeline) -> Iterator[AudioFrame]:
    at = 0
    for block in timeline.blocks():
        frame = AudioFrame(format="s16", layout="mono", samples=len(block) // 2, align=1)
        frame.planes[0].update(bytes(block))
        frame.sample_rate = PREVIEW_RATE
        frame.time_base = Fraction(1, PREVIEW_RATE)
        frame.pts = at
        at += frame.samples
        yield frame


def _refuse_silence_of_nothing(timeline: Timeline) -> None:
    if timeline.samples > 0:
        return
    raise (
        _undecodable()
        if timeline.skipped
        else invalid(
            "media_empty", "The audio track is empty: it holds no sound at all. Check that the recording plays."
        )
    )


def _undecodable() -> MinutebookError:
    return invalid("media_unreadable", "The audio track is damaged from its start: none of it can be decoded.")


def _notices(timeline: Timeline, truncated: bool) -> Iterator[str]:
    facts = timeline.source.facts
    if truncated and facts.declared_duration_s is not None:
        yield (
            f"The file ends after {clock(timeline.end_s)} of a declared {clock(facts.declared_duration_s)}; "
            "what follows is missing."
        )
    if timeline.skipped:
        pieces = "1 damaged piece" if timeline.skipped == 1 else f"{timeline.skipped} damaged pieces"
        yield f"{pieces} of the file could not be decoded and were left out."
    if facts.audio_tracks > 1:
        yield f"The file has {facts.audio_tracks} audio tracks; only the main one was used."


def clock(seconds: float) -> str:
    """Seconds as a person reads them: 1:23, 1:02:03."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"
