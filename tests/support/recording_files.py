"""Real recordings in all accepted formats, made on the spot."""

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
SOUND_RATE = 16_000
FRAME_SAMPLES = 1024
PICTURES_PER_S = 25
PICTURE = (176, 144)
QUICK_VP8: dict[str, object] = {"deadline": "realtime", "cpu-used": "16"}
"""Without these, half a second of work for each second of an even picture."""


class Recipe(NamedTuple):
    """How PyAV makes one format."""

    muxer: str
    codec: str
    rate: int
    picture: str | None
    media_type: str


RECIPES = {
    ".mp3": Recipe("mp3", "libmp3lame", 44_100, None, "audio/mpeg"),
    ".wav": Recipe("wav", "pcm_s16le", 16_000, None, "audio/wav"),
    ".flac": Recipe("flac", "flac", 16_000, None, "audio/flac"),
    ".mpa": Recipe("mp2", "mp2", 44_100, None, "audio/mpeg"),
    ".aac": Recipe("adts", "aac", 44_100, None, "audio/aac"),
    ".opus": Recipe("opus", "libopus", 48_000, None, "audio/opus"),
    ".m4a": Recipe("ipod", "aac", 44_100, None, "audio/mp4"),
    ".mpeg": Recipe("mpeg", "mp2", 44_100, "mpeg1video", "video/mpeg"),
    ".mp4": Recipe("mp4", "aac", 44_100, "mpeg4", "video/mp4"),
    ".flv": Recipe("flv", "libmp3lame", 44_100, "flv", "video/x-flv"),
    ".webm": Recipe("webm", "libopus", 48_000, "vp8", "video/webm"),
    ".wmv": Recipe("asf", "wmav2", 44_100, "wmv2", "video/x-ms-wmv"),
    ".3gp": Recipe("3gp", "libopencore_amrnb", 8_000, "h263", "video/3gpp"),
}
"""By extension: the thirteen formats that are accepted."""

EXTENSIONS = tuple(RECIPES)


def media_type_for(path: Path) -> str:
    """The media type that a client declares for this file."""
    return RECIPES[path.suffix].media_type


def tone(seconds: float, hz: float = 440.0, loudness: float = 0.3) -> Sound:
    """A sine, float32 mono at 16 kHz."""
    times = np.arange(int(seconds * SOUND_RATE)) / SOUND_RATE
    return (loudness * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def write_recording(
    path: Path,
    sound: Sound | float = 5.0,
    *,
    codec: str | None = None,
    muxer: str | None = None,
    layout: str = "mono",
    picture: bool | None = None,
    sound_tracks: int = 1,
    options: dict[str, str] | None = None,
) -> Path:
    """Write `sound` (float32 mono at 16 kHz, or the seconds of a tone) to `path`, in the format of its extension, with
    a moving picture where that format is a video (`picture` overrides)."""
    recipe = RECIPES[path.suffix]
    samples = tone(sound) if isinstance(sound, (int, float)) else sound
    has_picture = recipe.picture is not None if picture is None else picture
    with av.open(str(path), "w", format=muxer or recipe.muxer, options=options or {}) as out:
        audio = [_sound_track(out, codec or recipe.codec, recipe.rate, layout) for _ in range(sound_tracks)]
        for stream in audio:
            stream.bit_rate = 12_200 if recipe.rate == 8_000 else 96_000
        if has_picture:
            _write_pictures(out, recipe.picture or "mpeg4", len(samples) / SOUND_RATE)
        out.start_encoding()
        for stream in audio:
            for frame in _frames(samples, recipe.rate, layout):
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return path


def _sound_track(out: av.container.OutputContainer, codec: str, rate: int, layout: str) -> av.AudioStream:
    stream = out.add_stream(codec, rate=rate, layout=layout)
    assert isinstance(stream, av.AudioStream)
    return stream


def _frames(samples: Sound, rate: int, layout: str) -> list[av.AudioFrame]:
    if not len(samples):
        return []
    whole = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
    whole.sample_rate = SOUND_RATE
    resampler = av.AudioResampler("fltp", layout, rate, frame_size=FRAME_SAMPLES)
    return [*resampler.resample(whole), *resampler.resample(None)]


def _write_pictures(out: av.container.OutputContainer, codec: str, seconds: float) -> None:
    stream = out.add_stream(codec, rate=PICTURES_PER_S)
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height = PICTURE
    if codec == "vp8":
        stream.options = QUICK_VP8
    stream.pix_fmt = "yuv420p"
    for index in range(max(1, int(seconds * PICTURES_PER_S))):
        shade = np.full((PICTURE[1] * 3 // 2, PICTURE[0]), index % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(shade, format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, PICTURES_PER_S)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def write_all_formats(folder: Path, seconds: float = 5.0) -> list[Path]:
    """One recording per accepted format."""
    return [write_recording(folder / f"recording{extension}", seconds) for extension in EXTENSIONS]
