"""From the forms that survive being cut off to the forms that are sent home. Runs in the spool's thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from minutebook.bots.protocol import AUDIO_RATE

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

SAMPLES_PER_MS: Final = AUDIO_RATE // 1000
FRAME_SAMPLES: Final = AUDIO_RATE

MILLISECONDS: Final = Fraction(1, 1000)


class UnreadablePieceError(Exception):
    """There is nothing in the piece that could be read."""


@dataclass(frozen=True, slots=True)
class Form:
    """A finished form: its file extension, and `convert(part, whole, length_ms)` → its length in ms (0: nothing)."""

    extension: str
    convert: Callable[[Path, Path, int | None], int]


def samples_to_flac(part: Path, whole: Path, length_ms: int | None) -> int:
    """s16le samples → FLAC. The length is that of the samples."""
    import av
    import numpy as np

    samples = np.fromfile(part, "<i2")
    if samples.size < SAMPLES_PER_MS:
        return 0
    with av.open(str(whole), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=AUDIO_RATE, layout="mono", options={"compression_level": "3"})
        for at in range(0, samples.size, FRAME_SAMPLES):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + FRAME_SAMPLES], format="s16", layout="mono")
            frame.sample_rate = AUDIO_RATE
            frame.time_base = Fraction(1, AUDIO_RATE)
            frame.pts = at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return round(samples.size / SAMPLES_PER_MS)


def whole_lines(part: Path, whole: Path, length_ms: int | None) -> int:
    """JSON lines as they are, but for a last one that was cut off."""
    data = part.read_bytes()
    lines = data[: data.rfind(b"\n") + 1]
    if not lines:
        return 0
    whole.write_bytes(lines)
    return max(1, length_ms or 0)


def ts_to_mp4(part: Path, whole: Path, length_ms: int | None) -> int:
    """H.264 in MPEG-TS → H.264 in MP4 with a time base of milliseconds, the first frame at 0. Nothing is encoded."""
    import av

    try:
        with av.open(str(part), "r", format="mpegts") as source:
            packets = _packets(source)
            if not packets:
                return 0
            with av.open(str(whole), "w", format="mp4", options=MP4_OPTIONS) as out:
                return _write(packets, out, length_ms or 0)
    except (av.InvalidDataError, EOFError, IndexError) as error:
        raise UnreadablePieceError(str(error)) from error


def _packets(source: InputContainer) -> list[Packet[VideoStream]]:
    pictures = source.streams.video
    return [packet for packet in source.demux(pictures[0]) if packet.pts is not None] if pictures else []


def _write(packets: list[Packet[VideoStream]], out: OutputContainer, length_ms: int) -> int:
    stream = out.add_stream_from_template(packets[0].stream)
    stream.time_base = MILLISECONDS
    times = [_ms(packet) for packet in packets]
    end_ms = max(times[0] + length_ms, times[-1] + 1)
    for packet, at, following in zip(packets, times, [*times[1:], end_ms], strict=True):
        packet.stream = stream
        packet.time_base = MILLISECONDS
        packet.pts = packet.dts = at - times[0]
        packet.duration = following - at
        out.mux(packet)
    return end_ms - times[0]


def _ms(packet: Packet[VideoStream]) -> int:
    assert packet.pts is not None
    return round(1000 * packet.pts * packet.time_base)


MP4_OPTIONS: Final = {"video_track_timescale": "1000"}

FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "s16": Form("flac", samples_to_flac),
        "jsonl": Form("jsonl", whole_lines),
        "ts": Form("mp4", ts_to_mp4),
    }
)
"""By the form in which a piece grows."""
