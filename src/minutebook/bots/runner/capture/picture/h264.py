"""JPEG frames → H.264 in pieces that survive being cut off. Runs in the video thread."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minutebook.bots.runner.capture.pieces import MILLISECONDS

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from minutebook.bots.runner.capture.spool import Spool

WIDTH: Final = 1280
HEIGHT: Final = 720

ENCODER: Final = {"preset": "ultrafast", "tune": "zerolatency", "crf": "26", "x264-params": "keyint=250:scenecut=0"}
STILL_MS: Final = 1_000
"""A picture that stands still is repeated so often: players and crashes both like frames."""

PACED_MS: Final = 150
"""Pictures that follow each other within so long were paced: what the later one shows changed some time between the
two, and the middle is the best guess. A picture after a longer pause shows what changed just then."""

BLACK: Final = 16
GREY: Final = 128
"""Luma and chroma of black."""

IN_FLIGHT_MS: Final = 500
"""A frame may still be on its way for so long; until then it is not taken for standing still."""


@dataclass(slots=True)
class _Piece:
    path: Path
    start_ms: int
    last_ms: int
    container: OutputContainer
    stream: VideoStream


class PictureWriter:
    """Writes pieces of at most `chunk_ms` that each begin with a key frame and follow each other without a hole."""

    def __init__(self, spool: Spool, stream: str, chunk_ms: int) -> None:
        self._spool = spool
        self._stream = stream
        self._chunk_ms = chunk_ms
        self._piece: _Piece | None = None
        self._last: VideoFrame | None = None
        self._last_taken_ms = 0
        self._decoder: VideoCodecContext | None = None

    def picture(self, at_ms: int, data: str) -> None:
        """A JPEG frame (base64) that was taken at `at_ms`. One that comes just after a later one is left out: the
        browser compresses two at a time. One from long before says that the clock was set back."""
        since_ms = at_ms - self._last_taken_ms
        if -IN_FLIGHT_MS < since_ms <= 0:
            return
        self._last_taken_ms = at_ms
        changed_ms = at_ms - since_ms // 2 if 0 < since_ms <= PACED_MS else at_ms
        for frame in self._decode(base64.b64decode(data)):
            self._roll(changed_ms)
            self._write(changed_ms, frame)
            self._last = frame

    def blank(self, at_ms: int) -> None:
        """Black from now on, until the next picture."""
        import av

        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, level in zip(frame.planes, (BLACK, GREY, GREY), strict=True):
            plane.update(bytes([level]) * plane.buffer_size)
        self._last_taken_ms = at_ms
        self._roll(at_ms)
        self._write(at_ms, frame)
        self._last = frame

    def advance(self, now_ms: int) -> None:
        """Time passes, whether or not the picture changes."""
        settled_ms = now_ms - IN_FLIGHT_MS
        self._roll(settled_ms)
        if self._piece is not None and self._last is not None and settled_ms - self._piece.last_ms >= STILL_MS:
            self._write(settled_ms, self._last)

    def close(self, now_ms: int) -> None:
        """The last piece ends."""
        self._roll(now_ms)
        if self._piece is not None:
            self._close(self._piece, max(now_ms, self._piece.last_ms + 1))

    def _decode(self, jpeg: bytes) -> Iterator[VideoFrame]:
        import av

        if self._decoder is None:
            self._decoder = av.CodecContext.create("mjpeg", "r")
        try:
            for frame in self._decoder.decode(av.Packet(jpeg)):
                yield frame.reformat(WIDTH, HEIGHT, "yuv420p", dst_color_range="MPEG")
        except av.InvalidDataError:
            return

    def _roll(self, at_ms: int) -> None:
        """Close pieces that are over, and go on with the last picture."""
        while self._piece is not None and at_ms - self._piece.start_ms >= self._chunk_ms:
            end_ms = max(self._piece.start_ms + self._chunk_ms, self._piece.last_ms + 1)
            self._close(self._piece, end_ms)
            if self._last is not None:
                self._write(end_ms, self._last)

    def _write(self, at_ms: int, frame: VideoFrame) -> None:
        piece = self._piece
        if piece is None:
            piece = self._piece = self._open(at_ms)
        else:
            at_ms = max(at_ms, piece.last_ms + 1)
        piece.last_ms = at_ms
        frame.pts = at_ms - piece.start_ms
        frame.time_base = MILLISECONDS
        piece.container.mux(piece.stream.encode(frame))

    def _open(self, start_ms: int) -> _Piece:
        import av

        path = self._spool.pictures(self._stream, start_ms)
        container = av.open(str(path), "w", format="mpegts", options={"flush_packets": "1"})
        stream = container.add_stream("libx264", rate=10, options=ENCODER)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = MILLISECONDS
        stream.codec_context.framerate = Fraction(10)
        stream.codec_context.thread_count = 1
        return _Piece(path, start_ms, start_ms, container, stream)

    def _close(self, piece: _Piece, end_ms: int) -> None:
        piece.container.mux(piece.stream.encode(None))
        piece.container.close()
        self._piece = None
        self._spool.pictures_done(piece.path, end_ms)
