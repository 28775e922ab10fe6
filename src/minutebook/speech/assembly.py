"""One recording out of the pieces in which a call was brought to safety.

All pieces lie on one wall-clock time line, whichever attempt of a bot delivered them: what nobody recorded is silence,
and where attempts overlap the later one wins. Everything is streamed; memory does not grow with the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from minutebook.errors import invalid
from minutebook.speech.media.notices import clock

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

AUDIO: Final = "audio"
VIDEO: Final = "video"
TRACK_PREFIX: Final = "track."

RATE: Final = 24_000
SAMPLES_PER_MS: Final = RATE // 1000
BYTES_PER_SAMPLE: Final = 2
WAV_HEADER_BYTES: Final = 44

BLOCK_SAMPLES: Final = 10 * RATE
SECOND_BYTES: Final = BYTES_PER_SAMPLE * RATE

AAC_BITS_PER_S: Final = 64_000
AAC_FAST: Final = {"aac_coder": "fast"}
MILLISECONDS: Final = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a stream (`audio`, `track.<key>`: FLAC, mono, 24 kHz; `video`: H.264 in MP4) in a file. Times are
    milliseconds; `start_ms` since the epoch."""

    stream: str
    attempt: int
    index: int
    start_ms: int
    length_ms: int
    path: Path

    @property
    def end_ms(self) -> int:
        """When it ends (epoch)."""
        return self.start_ms + self.length_ms


@dataclass(frozen=True, slots=True)
class Assembled:
    """The recording: `wav` is s16, mono, 24 kHz; `mp4` H.264 and AAC; `tracks` one FLAC file per participant's key,
    all from the recording's start `started_ms` (epoch) on. `notices` are sentences for people."""

    wav: Path
    mp4: Path | None
    tracks: Mapping[str, Path]
    started_ms: int
    duration_s: float
    notices: tuple[str, ...]


def assemble(pieces: Sequence[Piece], folder: Path) -> Assembled:
    """Put the pieces together in `folder`. Pieces of other streams are passed over; one that cannot be read is left out
    with a notice. Raises `recording_empty` when there is no piece of sound."""
    ordered = sorted(pieces, key=lambda piece: (piece.attempt, piece.start_ms, piece.index))
    sound = [piece for piece in ordered if piece.stream == AUDIO]
    if not sound:
        raise invalid("recording_empty", "There is no recording: the call left no sound at all.")
    started_ms = min(piece.start_ms for piece in sound)
    samples = (max(piece.end_ms for piece in sound) - started_ms) * SAMPLES_PER_MS
    notices: list[str] = []
    wav = folder / "recording.wav"
    with wav.open("wb") as out:
        out.write(_wav_header(samples))
        notices += _lay(sound, out, WAV_HEADER_BYTES, started_ms, samples)
    tracks = {}
    for key, own in _by_track(ordered):
        tracks[key] = folder / f"track.{key}.flac"
        notices += _track(own, tracks[key], started_ms, samples)
    mp4, picture_notices = _mp4([piece for piece in ordered if piece.stream == VIDEO], wav, folder, started_ms)
    return Assembled(wav, mp4, tracks, started_ms, samples / RATE, (*notices, *picture_notices))


def _by_track(pieces: Iterable[Piece]) -> Iterator[tuple[str, list[Piece]]]:
    own = [piece for piece in pieces if piece.stream.startswith(TRACK_PREFIX)]
    own.sort(key=lambda piece: piece.stream)
    for stream, group in groupby(own, key=lambda piece: piece.stream):
        yield stream.removeprefix(TRACK_PREFIX), list(group)


def _lay(pieces: Iterable[Piece], out: BinaryIO, offset: int, started_ms: int, samples: int) -> Iterator[str]:
    """Write each piece where it belongs; holes in the file are silence, and later attempts overwrite earlier ones.
    Yields notices."""
    for piece in pieces:
        at = (piece.start_ms - started_ms) * SAMPLES_PER_MS
        end = at
        try:
            for block in _samples(piece.path):
                lead = max(0, -end)
                fits = block[BYTES_PER_SAMPLE * lead : BYTES_PER_SAMPLE * max(0, samples - end)]
                out.seek(offset + BYTES_PER_SAMPLE * (end + lead))
                out.write(fits)
                end += len(block) // BYTES_PER_SAMPLE
        except UnreadableError:
            yield _notice(piece, "sound", started_ms)
            continue
        if end - at < piece.length_ms * SAMPLES_PER_MS - RATE // 10:
            yield _notice(piece, "sound", started_ms)
    out.truncate(offset + BYTES_PER_SAMPLE * samples)


class UnreadableError(Exception):
    """A piece cannot be read, from some point on."""


def _samples(path: Path) -> Iterator[bytes]:
    """The piece's sound as s16le, mono, 24 kHz."""
    import av

    try:
        with av.open(str(path), "r") as source:
            if not source.streams.audio:
                raise UnreadableError
            resampler = av.AudioResampler("s16", "mono", RATE)
            for frame in source.decode(audio=0):
                for even in resampler.resample(frame):
                    yield bytes(even.planes[0])[: BYTES_PER_SAMPLE * even.samples]
    except av.FFmpegError as error:
        raise UnreadableError from error


def _notice(piece: Piece, what: str, started_ms: int) -> str:
    from_s, to_s = ((at_ms - started_ms) / 1000 for at_ms in (piece.start_ms, piece.end_ms))
    of = f" of participant {piece.stream.removeprefix(TRACK_PREFIX)}" if piece.stream.startswith(TRACK_PREFIX) else ""
    where = f"from {clock(from_s)} to {clock(to_s)}"
    return f"A piece of the {what}{of} {where} is damaged; what could not be read is missing."


def _wav_header(samples: int) -> bytes:
    size = BYTES_PER_SAMPLE * samples
    form = b"fmt " + _numbers((16, 4), (1, 2), (1, 2), (RATE, 4), (SECOND_BYTES, 4), (BYTES_PER_SAMPLE, 2), (16, 2))
    return b"RIFF" + _numbers((size + 36, 4)) + b"WAVE" + form + b"data" + _numbers((size, 4))


def _numbers(*fields: tuple[int, int]) -> bytes:
    return b"".join(value.to_bytes(size, "little") for value, size in fields)


def _track(pieces: Sequence[Piece], to: Path, started_ms: int, samples: int) -> list[str]:
    """One participant's sound as one FLAC file."""
    import av

    laid = to.with_suffix(".s16")
    try:
        with laid.open("w+b") as raw:
            notices = list(_lay(pieces, raw, 0, started_ms, samples))
            raw.seek(0)
            with av.open(str(to), "w", format="flac") as out:
                stream = out.add_stream("flac", rate=RATE, layout="mono", options={"compression_level": "2"})
                for frame in _frames(raw, BLOCK_SAMPLES):
                    out.mux(stream.encode(frame))
                out.mux(stream.encode(None))
    finally:
        laid.unlink(missing_ok=True)
    return notices


def _frames(raw: BinaryIO, size: int) -> Iterator[AudioFrame]:
    """The rest of a file of s16le samples as frames of `size` samples."""
    import av

    at = 0
    while data := raw.read(BYTES_PER_SAMPLE * size):
        count = len(data) // BYTES_PER_SAMPLE
        frame = av.AudioFrame(format="s16", layout="mono", samples=count, align=1)
        frame.planes[0].update(data)
        frame.sample_rate = RATE
        frame.time_base = Fraction(1, RATE)
        frame.pts = at
        at += count
        yield frame


def _mp4(pieces: Sequence[Piece], wav: Path, folder: Path, started_ms: int) -> tuple[Path | None, list[str]]:
    """The pictures as they are, with the sound as AAC; the index comes first."""
    import av

    notices: list[str] = []
    pictures = _pictures(pieces, started_ms, notices)
    first = next(pictures, None)
    if first is None:
        return None, notices
    path = folder / "recording.mp4"
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as out:
        picture = out.add_stream_from_template(first.stream)
        picture.time_base = MILLISECONDS
        sound = out.add_stream("aac", rate=RATE, layout="mono", options=AAC_FAST)
        sound.bit_rate = AAC_BITS_PER_S
        with wav.open("rb") as raw:
            raw.seek(WAV_HEADER_BYTES)
            _interleave(out, picture, chain((first,), pictures), sound, _frames(raw, RATE))
    return path, notices


def _interleave(
    out: OutputContainer,
    picture: VideoStream,
    pictures: Iterator[Packet[VideoStream]],
    sound: AudioStream,
    seconds: Iterator[AudioFrame],
) -> None:
    """Both in the order of their times; the picture ends with the sound."""
    waiting = next(pictures, None)
    for number, second in enumerate(seconds, 1):
        while waiting is not None and waiting.pts is not None and waiting.pts < 1000 * number:
            waiting.stream = picture
            out.mux(waiting)
            waiting = next(pictures, None)
        out.mux(sound.encode(second))
    out.mux(sound.encode(None))


def _pictures(pieces: Sequence[Piece], started_ms: int, notices: list[str]) -> Iterator[Packet[VideoStream]]:
    """The pictures of all pieces in ms since the start. Each stays until the next one, the first one from the start; an
    attempt's end where the next one's begin."""
    last_ms: int | None = None
    for piece in pieces:
        later = [other.start_ms for other in pieces if other.attempt > piece.attempt]
        until_ms = min(later, default=None)
        try:
            for packet in _packets(piece.path):
                at_ms = piece.start_ms + _ms(packet)
                if until_ms is not None and at_ms >= until_ms:
                    break
                last_ms = 0 if last_ms is None else max(last_ms + 1, at_ms - started_ms)
                packet.time_base = MILLISECONDS
                packet.pts = packet.dts = last_ms
                yield packet
        except UnreadableError:
            notices.append(_notice(piece, "picture", started_ms))


def _packets(path: Path) -> Iterator[Packet[VideoStream]]:
    import av

    try:
        with av.open(str(path), "r") as source:
            if not source.streams.video:
                raise UnreadableError
            yield from (packet for packet in source.demux(source.streams.video[0]) if packet.pts is not None)
    except av.FFmpegError as error:
        raise UnreadableError from error


def _ms(packet: Packet[VideoStream]) -> int:
    assert packet.pts is not None
    return round(1000 * packet.pts * packet.time_base)
