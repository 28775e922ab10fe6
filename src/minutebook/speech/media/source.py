"""Opening a file that nobody has checked. Runs in the child process only.

FFmpeg is held to the demuxers of the accepted formats, to sound decoders (so that no picture is ever decoded, not
even while the streams are probed), and to the one file it is handed: it opens nothing by name, so a playlist or a
reference inside a container leads nowhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard

from minutebook.errors import invalid
from minutebook.speech.media.declared import declared_duration, lacks_end

DEMUXERS = ("mp3", "wav", "w64", "flac", "aac", "ogg", "mov", "mpeg", "mpegts", "mpegvideo", "flv", "matroska", "asf")
"""Names as FFmpeg's `format_whitelist` matches them; `mov` stands for MP4, M4A and 3GP, `matroska` for WebM."""

CONTAINER_NAMES = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")

DECODERS = (
    *("mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float", "aac", "aac_latm", "alac", "flac"),
    *("opus", "libopus", "vorbis", "libvorbis", "speex", "libspeex", "ac3", "eac3", "nellymoser"),
    *("wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice"),
    *("amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "gsm", "gsm_ms"),
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw", "pcm_bluray", "pcm_dvd"),
    *("adpcm_ms", "adpcm_ima_wav", "adpcm_g722", "adpcm_g726", "adpcm_swf", "adpcm_yamaha"),
)

LONGEST_BELIEVED_S = 10.0**6
"""A header that claims more than eleven days is broken, and its claim worth nothing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of itself. Durations are seconds; `duration_s` may be an estimate, `declared_duration_s` is
    only set when the file's header states it; `lacks_end` says that a mark which ends such a file is not there."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    audio_tracks: int
    has_video: bool
    duration_s: float | None
    declared_duration_s: float | None
    lacks_end: bool

    def to_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Source:
    """An open file and its best audio stream."""

    container: InputContainer
    stream: AudioStream
    facts: Facts

    @property
    def track(self) -> int:
        """The number of the stream among the file's audio tracks."""
        return [each.index for each in self.container.streams.audio].index(self.stream.index)

    @property
    def start_s(self) -> float:
        """When the recording starts on the file's own clock: that of its earliest stream."""
        start = self.container.start_time
        return 0.0 if start is None else start / av.time_base


@contextmanager
def open_source(path: Path, max_streams: int, track: int | None = None) -> Iterator[Source]:
    """Open `path` and choose what to decode: its main audio track, or the one with this number; raises
    `media_unreadable` and `media_no_audio`."""
    av.logging.set_level(None)
    with path.open("rb") as file:
        container = _open(file, max_streams)
        with container:
            stream = _audio(container, track)
            yield Source(container, stream, _facts(container, stream, path))


def _open(file: object, max_streams: int) -> InputContainer:
    options = {
        "format_whitelist": ",".join((*DEMUXERS, *CONTAINER_NAMES)),
        "codec_whitelist": ",".join(DECODERS),
        "protocol_whitelist": "none",
        "max_streams": str(max_streams),
    }
    try:
        return av.open(
            file, "r", container_options=options, metadata_errors="replace", buffer_size=256 * 1024, io_open=_refuse
        )
    except (av.FFmpegError, ValueError) as error:
        raise invalid(
            "media_unreadable",
            "The file cannot be read as audio or video: it is damaged, cut before its first second, or not one of the "
            "accepted formats. Check that it plays, then upload it again.",
        ) from error


def _refuse(*_: object) -> object:
    raise PermissionError("a media file may not open another one")


def _audio(container: InputContainer, track: int | None) -> AudioStream:
    tracks = container.streams.audio
    if not tracks:
        raise invalid("media_no_audio", "The file has no audio track, so there is nothing to transcribe.")
    best = container.streams.best("audio") if track is None else tracks[track]
    stream = best if isinstance(best, AudioStream) else tracks[0]
    if stream.codec_context is None or stream.codec_context.codec.name not in DECODERS:
        raise invalid(
            "media_unreadable",
            "The audio track uses a codec that is not supported. Save the recording as MP3, M4A, FLAC or WAV.",
        )
    stream.codec_context.thread_count = 1
    if container.format.name == CONTAINER_NAMES[0]:
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
    return stream


def _facts(container: InputContainer, stream: AudioStream, path: Path) -> Facts:
    estimate = container.duration / av.time_base if container.duration is not None else None
    if stream.duration is not None and stream.time_base is not None:
        estimate = float(stream.duration * stream.time_base)
    name = container.format.name
    return Facts(
        container=name,
        codec=stream.codec_context.codec.canonical_name,
        sample_rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        audio_tracks=len(container.streams.audio),
        has_video=any(not _is_picture(video) for video in container.streams.video),
        duration_s=_sensible(estimate),
        declared_duration_s=_sensible(declared_duration(path, name, estimate)),
        lacks_end=lacks_end(path, name),
    )


def _is_picture(video: av.VideoStream) -> bool:
    return bool(video.disposition & av.stream.Disposition.attached_pic)


def _sensible(duration_s: float | None) -> float | None:
    return duration_s if duration_s is not None and 0 < duration_s < LONGEST_BELIEVED_S else None
