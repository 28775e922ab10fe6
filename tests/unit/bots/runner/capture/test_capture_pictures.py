"""From JPEG frames to pieces of video, whole or salvaged."""

import asyncio
import base64
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from minutebook.bots.runner.capture.picture.h264 import HEIGHT, WIDTH, PictureWriter
from minutebook.bots.runner.capture.picture.screencast import Screencast
from minutebook.bots.runner.capture.spool import Spool, SpooledPiece, finished, salvage

START_MS = 1_700_000_000_000


def jpeg(brightness: int, width: int = WIDTH, height: int = HEIGHT) -> str:
    picture = np.full((height, width, 3), brightness, np.uint8)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuvj420p", Fraction(1, 10)
    return base64.b64encode(
        b"".join(
            bytes(packet)
            for packet in encoder.encode(
                av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuvj420p", dst_color_range="JPEG")
            )
        )
    ).decode()


def frames(piece: SpooledPiece) -> list[tuple[int, int]]:
    """Time since the call's start and brightness of each frame."""
    with av.open(str(piece.path)) as source:
        (stream,) = source.streams.video
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", WIDTH, HEIGHT)
        return [
            (piece.start_ms - START_MS + round(1000 * frame.time), round(float(frame.to_ndarray(format="gray").mean())))
            for frame in source.decode(video=0)
        ]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, 1, 2.0)


def test_frames_keep_their_times_and_pieces_begin_with_the_last_picture(spool: Spool) -> None:
    writer = PictureWriter(spool, "video", 2000)
    for at_ms, brightness in ((0, 40), (300, 80), (1700, 120), (2900, 200)):
        writer.picture(START_MS + at_ms, jpeg(brightness))
    writer.close(START_MS + 3500)
    spool.close()
    first, second = finished(spool.folder)
    assert (first.start_ms, first.length_ms) == (START_MS, 2000)
    assert (second.start_ms, second.length_ms) == (START_MS + 2000, 1500)
    assert [at for at, _ in frames(first)] == [0, 300, 1700]
    first_at, first_level = frames(second)[0]
    last_at, last_level = frames(second)[-1]
    assert (first_at, last_at) == (2000, 2900)
    assert [first_level, last_level] == pytest.approx([120, 200], abs=6)


def test_a_picture_that_stands_still_goes_on(spool: Spool) -> None:
    writer = PictureWriter(spool, "video", 2000)
    writer.picture(START_MS, jpeg(90))
    for now_ms in range(0, 7000, 50):
        writer.advance(START_MS + now_ms)
    writer.close(START_MS + 7000)
    spool.close()
    pieces = finished(spool.folder)
    assert [piece.start_ms - START_MS for piece in pieces] == [0, 2000, 4000, 6000]
    times = [at for piece in pieces for at, _ in frames(piece)]
    assert times == sorted(set(times))
    assert max(np.diff(times)) <= 1100


def test_a_picture_that_comes_after_a_later_one_is_left_out(spool: Spool) -> None:
    writer = PictureWriter(spool, "video", 2000)
    for at_ms, brightness in ((500, 60), (400, 200), (500, 200), (900, 100), (700, 200)):
        writer.picture(START_MS + at_ms, jpeg(brightness))
    writer.close(START_MS + 1000)
    spool.close()
    (piece,) = finished(spool.folder)
    assert [at for at, _ in frames(piece)] == [500, 900]
    assert [level for _, level in frames(piece)] == pytest.approx([60, 100], abs=6)


def test_a_clock_that_is_set_back_does_not_stop_the_picture(spool: Spool) -> None:
    writer = PictureWriter(spool, "video", 60_000)
    for at_ms, brightness in ((9_000, 60), (1_000, 100), (1_100, 140), (9_500, 180)):
        writer.picture(START_MS + at_ms, jpeg(brightness))
    writer.close(START_MS + 10_000)
    spool.close()
    (piece,) = finished(spool.folder)
    assert [shade for _, shade in frames(piece)] == [pytest.approx(each, abs=6) for each in (60, 100, 140, 180)]


def test_what_a_paced_picture_shows_changed_between_the_two(spool: Spool) -> None:
    writer = PictureWriter(spool, "video", 2000)
    for at_ms in (0, 100, 220, 900, 1000):
        writer.picture(START_MS + at_ms, jpeg(100))
    writer.close(START_MS + 1100)
    spool.close()
    (piece,) = finished(spool.folder)
    assert [at for at, _ in frames(piece)] == [0, 50, 160, 900, 950]


def test_pictures_of_another_size_and_damaged_ones_are_met(spool: Spool) -> None:
    writer = PictureWriter(spool, "video", 2000)
    writer.picture(START_MS, jpeg(100))
    writer.picture(START_MS + 100, base64.b64encode(b"no picture").decode())
    writer.picture(START_MS + 200, jpeg(50, 960, 540))
    writer.close(START_MS + 400)
    spool.close()
    (piece,) = finished(spool.folder)
    assert [at for at, _ in frames(piece)] == [0, 150]


@pytest.mark.parametrize("kept", [1.0, 0.6])
def test_a_piece_that_was_cut_off_is_salvaged(spool: Spool, kept: float) -> None:
    writer = PictureWriter(spool, "video", 60_000)
    for number in range(30):
        writer.picture(START_MS + 100 * number, jpeg(3 * number + 60))
    (part,) = (spool.folder / "1").iterdir()
    os.truncate(part, int(kept * part.stat().st_size))
    salvage(spool.folder, 2)
    (piece,) = finished(spool.folder)
    times = [at for at, _ in frames(piece)]
    assert times[0] == 0
    assert times[-1] >= (2700 if kept == 1.0 else 1000)
    writer.close(START_MS + 3000)


def test_a_piece_without_a_picture_is_dropped(tmp_path: Path) -> None:
    folder = tmp_path / "1"
    folder.mkdir()
    (folder / f"video.0.{START_MS}.ts.part").write_bytes(b"")
    (folder / f"video.1.{START_MS}.ts.part").write_bytes(os.urandom(2000))
    salvage(tmp_path, 2)
    assert list(folder.iterdir()) == []


class CastPage:
    """A page whose screencast a test plays: page, context and DevTools session in one."""

    def __init__(self) -> None:
        self.tell: Callable[[dict[str, Any]], None] = lambda _: None

    @property
    def context(self) -> "CastPage":
        return self

    async def new_cdp_session(self, _page: object) -> "CastPage":
        return self

    def on(self, _event: str, listener: Callable[[dict[str, Any]], None]) -> None:
        self.tell = listener

    async def send(self, _method: str, _parameters: object = None) -> None: ...

    async def detach(self) -> None: ...


async def test_a_pause_is_black_and_ends_with_what_the_page_shows_then(spool: Spool) -> None:
    now_ms = START_MS
    page, cast = CastPage(), Screencast(spool, 60.0, lambda: now_ms)
    await cast.start(cast_to(page))
    for at_ms, brightness in ((0, 90), (1000, 140), (2000, 200), (4000, 250)):
        now_ms = START_MS + at_ms
        if at_ms in {1000, 4000}:
            cast.pause(at_ms == 1000)
        page.tell({"metadata": {"timestamp": now_ms / 1000}, "data": jpeg(brightness), "sessionId": at_ms})
        await asyncio.sleep(0)
    now_ms = START_MS + 5000
    await cast.stop()
    spool.close()
    (piece,) = finished(spool.folder)
    shown = frames(piece)
    assert [at for at, _ in shown] == [0, 1000, 4000]
    assert [level for _, level in shown] == pytest.approx([90, 0, 200], abs=6)


def cast_to(page: CastPage) -> Any:
    return page
