"""Sound as it is sent to providers."""

import io
from fractions import Fraction
from typing import Final

from minutebook.speech import units
from minutebook.speech.media import Pcm
from minutebook.speech.ports import SAMPLE_RATE

BITS_PER_S: Final = 32_000
"""Opus is transparent for speech of 8 kHz bandwidth from about here on."""
_FRAME_S: Final = 1.0
_EDGE_S: Final = 5.0

Piece = tuple[float, float]


def pieces_of(pcm: Pcm, longest_s: float) -> list[Piece]:
    """A recording in pieces of at most `longest_s`, cut where it is quietest near their ends."""
    pieces: list[Piece] = []
    start = 0.0
    while pcm.duration_s - start > longest_s:
        latest = start + longest_s
        cut = latest - 2 * _EDGE_S + units.quietest_moment(pcm.read(latest - 2 * _EDGE_S, latest))
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, pcm.duration_s)]


def encoded(pcm: Pcm, piece: Piece) -> bytes:
    """A piece as Ogg Opus, mono."""
    import av
    import numpy as np

    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = BITS_PER_S
        at, (start, end) = 0, piece
        while start + at / SAMPLE_RATE < end:
            first = start + at / SAMPLE_RATE
            sound = pcm.read(first, min(first + _FRAME_S, end))
            if not len(sound):
                break
            samples = np.clip(sound * 32768, -32768, 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), at
            container.mux(stream.encode(frame))
            at += len(sound)
        container.mux(stream.encode(None))
    return out.getvalue()
