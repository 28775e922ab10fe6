"""What diarization keeps of a stretch of a recording: small, serialisable, enough to join all stretches later."""

import io
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from minutebook.speech.ports import SAMPLE_RATE

FRAME_SAMPLES = 270
"""Step of the segmentation network: 16.875 ms (product of the strides of its convolutions)."""
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE
FIELD_SAMPLES = 991
"""Samples that one frame of the segmentation network looks at (61.9 ms)."""
WINDOW_FRAMES = 589
"""Frames of one 10 s window."""
WINDOW_SAMPLES = 160_000
LOCAL_SPEAKERS = 3
"""Voices that the segmentation network tells apart within one window."""
EMBEDDING_SIZE = 192


def frame_to_seconds(frame: float) -> float:
    """The moment at which frame number `frame` of the recording begins to be the nearest one."""
    return (frame * FRAME_SAMPLES + (FIELD_SAMPLES - FRAME_SAMPLES) / 2) / SAMPLE_RATE


def seconds_to_frame(seconds: float) -> int:
    """The frame of the recording that is nearest to a moment (never negative)."""
    return max(0, int((seconds * SAMPLE_RATE - (FIELD_SAMPLES - FRAME_SAMPLES) / 2) // FRAME_SAMPLES))


@dataclass(frozen=True, eq=False)
class ChunkVoices:
    """Who may be speaking in `[start_s, end_s)`, with voices named only locally.

    All frame numbers count from the start of the recording, so chunks of one recording can be joined.

    - `window_frames` int64 [W]: first frame of each 10 s window that starts in the chunk (one starts before the
      recording);
    - `activity` uint8 [W, 589, 3]: probability (× 255) that each local voice of the window speaks;
    - `pieces` int64 [P, 2]: first and last + 1 frame of stretches in which one voice speaks alone;
    - `embeddings` float32 [P, 192]: the voice of each piece, of unit length.
    """

    start_s: float
    end_s: float
    window_frames: NDArray[np.int64]
    activity: NDArray[np.uint8]
    pieces: NDArray[np.int64]
    embeddings: NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """An uncompressed npz archive."""
        buffer = io.BytesIO()
        values = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        np.savez(buffer, allow_pickle=False, **values)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ChunkVoices":
        """The inverse of `to_bytes`; never unpickles."""
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            values = {field.name: stored[field.name] for field in fields(cls)}
        return cls(**{**values, "start_s": float(values["start_s"]), "end_s": float(values["end_s"])})
