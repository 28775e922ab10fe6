"""What the child process makes of a file: PCM for the models, AAC for the browser."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame

from minutebook.errors import MinutebookError, invalid
from minutebook.speech.media.notices import ends_early, notices
from minutebook.speech.media.separation import ChannelComparison
from minutebook.speech.media.source import Source
from minutebook.speech.media.timeline import Timeline

PCM_RATE = 16_000
PREVIEW_RATE = 32_000
PREVIEW_BITS_PER_S = 64_000
FAST = {"aac_coder": "fast"}
"""Twice the speed of FFmpeg's default search, for speech at this rate as good."""
WRITE_BUFFER_BYTES = 1024 * 1024


def write_pcm(
    source: Source, to: Path, max_duration_s: float, channel: int | None = None
) -> tuple[dict[str, object], ChannelComparison]:
    """Write the sound, or one channel of it, as s16le mono at 16 kHz; says how it went (the fields of `Decoded` but
    `parts`) and how the channels of stereo go together."""
    comparison = ChannelComparison(PCM_RATE)
    timeline = Timeline(source, PCM_RATE, max_duration_s, channel, comparison)
    with to.open("wb", buffering=WRITE_BUFFER_BYTES) as out:
        for block in timeline.blocks():
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    _refuse_silence_of_nothing(timeline)
    facts, end_s = source.facts, timeline.end_s
    told: dict[str, object] = {
        "duration_s": timeline.duration_s,
        "declared_duration_s": facts.declared_duration_s,
        "truncated": ends_early(facts, end_s) or facts.lacks_end,
        "notices": list(notices(facts, end_s, timeline.missing_s, timeline.skipped, timeline.skipped_at_s)),
    }
    return told, comparison


def write_preview(source: Source, to: Path, max_duration_s: float) -> dict[str, object]:
    """Write the sound as AAC in an MP4 whose index comes first, so that a browser starts at once."""
    timeline = Timeline(source, PREVIEW_RATE, max_duration_s)
    with av.open(str(to), "w", format="ipod", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("aac", rate=PREVIEW_RATE, layout="mono", options=FAST)
        stream.bit_rate = PREVIEW_BITS_PER_S
        for frame in _frames(timeline):
            out.mux(stream.encode(frame))
        _refuse_silence_of_nothing(timeline)
        out.mux(stream.encode(None))
    return {"duration_s": timeline.duration_s}


def _frames(timeline: Timeline) -> Iterator[AudioFrame]:
    """The sound in frames of a second: each passes through a filter graph, whose cost is by the frame."""
    at, held = 0, bytearray()
    for block in timeline.blocks():
        held += block
        if len(held) >= 2 * PREVIEW_RATE:
            yield _frame(held, at)
            at += len(held) // 2
            held = bytearray()
    if held:
        yield _frame(held, at)


def _frame(samples: bytearray, at: int) -> AudioFrame:
    frame = AudioFrame(format="s16", layout="mono", samples=len(samples) // 2, align=1)
    frame.planes[0].update(bytes(samples))
    frame.sample_rate = PREVIEW_RATE
    frame.time_base = Fraction(1, PREVIEW_RATE)
    frame.pts = at
    return frame


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
