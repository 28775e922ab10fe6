"""WAV files whose headers say whatever one likes."""

import random
import struct
from collections.abc import Callable
from pathlib import Path

from support.recording_files import tone

Maker = Callable[[Path], Path]


def wav(
    filename: str,
    samples: bytes = b"\0\0" * 8000,
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = 8000,
    bits: int = 16,
    claimed: int | None = None,
) -> Maker:
    """A maker of a WAV file whose every header field is free; `claimed` is the stated size of the samples."""

    def maker(folder: Path) -> Path:
        align = channels * bits // 8
        size = len(samples) if claimed is None else claimed
        header = struct.pack("<HHIIHH", tag, channels, rate, rate * align & 0xFFFFFFFF, align & 0xFFFF, bits)
        riff = struct.pack("<4sI4s4sI", b"RIFF", min(size + 36, 0xFFFFFFFF), b"WAVE", b"fmt ", len(header))
        path = folder / filename
        path.write_bytes(riff + header + struct.pack("<4sI", b"data", size) + samples)
        return path

    return maker


def _floats(value: float) -> bytes:
    sound = tone(2.0)
    sound[::7] = value
    return sound.tobytes()


LYING_WAVS: dict[str, Maker] = {
    "wav_claims_4_gb": wav("claims.wav", claimed=0xFFFFFFF0),
    "wav_of_unknown_length": wav("streamed.wav", claimed=0xFFFFFFFF),
    "wav_without_samples": wav("nothing.wav", b""),
    "wav_at_1_hz": wav("slow.wav", b"\x80\x90" * 300, rate=1, bits=8),
    "wav_at_768_khz": wav("fast.wav", random.Random(1).randbytes(768_000 * 2), rate=768_000),
    "wav_at_4_ghz": wav("faster.wav", random.Random(2).randbytes(100_000), rate=0xFFFFFFFF),
    "wav_at_0_hz": wav("stopped.wav", rate=0),
    "wav_of_255_channels": wav("many.wav", bytes(255 * 2 * 8000), channels=255),
    "wav_of_32_channels": wav("mixer.wav", bytes(32 * 2 * 8000), channels=32),
    "wav_of_65535_channels": wav("crowd.wav", bytes(65535 * 2 * 4), channels=65535),
    "wav_of_0_channels": wav("none.wav", channels=0),
    "wav_of_0_bits": wav("bitless.wav", bits=0),
    "wav_of_unknown_codec": wav("codec.wav", tag=0xBEEF),
    "wav_of_nan": wav("nan.wav", _floats(float("nan")), tag=3, bits=32, rate=16_000),
    "wav_of_infinity": wav("inf.wav", _floats(float("inf")), tag=3, bits=32, rate=16_000),
    "wav_of_huge_floats": wav("huge.wav", _floats(3e38), tag=3, bits=32, rate=16_000),
}
