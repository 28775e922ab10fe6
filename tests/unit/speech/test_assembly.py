"""One recording out of pieces: one time line, later attempts win, damage is named."""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minutebook.bots import protocol
from minutebook.errors import MinutebookError
from minutebook.speech import assembly
from minutebook.speech.assembly import Piece, assemble

START_MS = 1_700_000_000_000
PER_MS = 24


def flac(path: Path, samples: np.ndarray) -> Path:
    with av.open(str(path), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=24_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None, :].astype(np.int16), format="s16", layout="mono")
        frame.sample_rate = 24_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def pictures(path: Path, shown: list[tuple[int, int]]) -> Path:
    """An MP4 of plain pictures: (ms since the piece's start, brightness)."""
    with av.open(str(path), "w", format="mp4", options={"video_track_timescale": "1000"}) as out:
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for at_ms, brightness in shown:
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), brightness, np.uint8), format="rgb24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


class Pieces:
    """Pieces of a call in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pieces: list[Piece] = []

    def sound(self, at_ms: int, samples: np.ndarray, *, stream: str = "audio", attempt: int = 1) -> Path:
        path = flac(self.folder / f"{len(self.pieces)}.flac", samples)
        return self.add(stream, attempt, at_ms, len(samples) // PER_MS, path)

    def shown(self, at_ms: int, length_ms: int, shown: list[tuple[int, int]], *, attempt: int = 1) -> Path:
        path = pictures(self.folder / f"{len(self.pieces)}.mp4", shown)
        return self.add("video", attempt, at_ms, length_ms, path)

    def add(self, stream: str, attempt: int, at_ms: int, length_ms: int, path: Path) -> Path:
        self.pieces.append(Piece(stream, attempt, len(self.pieces), START_MS + at_ms, length_ms, path))
        return path

    def assemble(self) -> assembly.Assembled:
        out = self.folder / "out"
        out.mkdir()
        return assemble(self.pieces, out)


@pytest.fixture
def call(tmp_path: Path) -> Pieces:
    return Pieces(tmp_path)


def sound(ms: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9000, 9000, ms * PER_MS).astype(np.int16)


def wav_of(path: Path) -> np.ndarray:
    with wave.open(str(path)) as source:
        assert (source.getnchannels(), source.getsampwidth(), source.getframerate()) == (1, 2, 24_000)
        return np.frombuffer(source.readframes(source.getnframes()), "<i2")


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as source:
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in source.decode(audio=0)])


def silence(ms: int) -> np.ndarray:
    return np.zeros(ms * PER_MS, np.int16)


def brightness(path: Path) -> list[tuple[int, int]]:
    with av.open(str(path)) as source:
        return [
            (round(1000 * frame.time), round(float(frame.to_ndarray(format="gray").mean())))
            for frame in source.decode(video=0)
        ]


def test_the_streams_have_the_names_of_the_protocol() -> None:
    assert (assembly.AUDIO, assembly.VIDEO, assembly.TRACK_PREFIX, assembly.RATE) == (
        protocol.AUDIO,
        protocol.VIDEO,
        protocol.TRACK_PREFIX,
        protocol.AUDIO_RATE,
    )


def test_pieces_in_a_row_are_one_recording(call: Pieces) -> None:
    call.sound(1000, sound(1000, 2))
    call.sound(0, sound(1000, 1))
    done = call.assemble()
    assert np.array_equal(wav_of(done.wav), np.concatenate([sound(1000, 1), sound(1000, 2)]))
    assert (done.started_ms, done.duration_s, done.mp4, done.notices) == (START_MS, 2.0, None, ())


def test_what_nobody_recorded_is_silence(call: Pieces) -> None:
    call.sound(0, sound(500))
    call.sound(4000, sound(500), attempt=2)
    assert np.array_equal(wav_of(call.assemble().wav), np.concatenate([sound(500), silence(3500), sound(500)]))


def test_where_attempts_overlap_the_later_one_wins(call: Pieces) -> None:
    call.sound(500, sound(1000, 2), attempt=2)
    call.sound(0, sound(2000, 1), attempt=1)
    expected = sound(2000, 1)
    expected[500 * PER_MS : 1500 * PER_MS] = sound(1000, 2)
    assert np.array_equal(wav_of(call.assemble().wav), expected)


def test_tracks_are_as_long_as_the_recording(call: Pieces) -> None:
    call.sound(0, sound(3000))
    call.sound(1000, sound(500, 5), stream="track.ana-1")
    call.sound(200, sound(500, 6), stream="track.ben-1")
    call.sound(2800, sound(900, 7), stream="track.ben-1", attempt=2)
    done = call.assemble()
    assert set(done.tracks) == {"ana-1", "ben-1"}
    assert np.array_equal(decoded(done.tracks["ana-1"]), np.concatenate([silence(1000), sound(500, 5), silence(1500)]))
    ben = decoded(done.tracks["ben-1"])
    assert np.array_equal(ben[200 * PER_MS : 700 * PER_MS], sound(500, 6))
    assert np.array_equal(ben[2800 * PER_MS :], sound(900, 7)[: 200 * PER_MS])


def test_a_track_that_began_before_the_recording_is_cut(call: Pieces) -> None:
    call.sound(0, sound(1000))
    call.sound(-300, sound(500, 5), stream="track.ana-1")
    ana = decoded(call.assemble().tracks["ana-1"])
    assert np.array_equal(ana, np.concatenate([sound(500, 5)[300 * PER_MS :], silence(800)]))


def test_damaged_pieces_are_left_out_and_named(call: Pieces) -> None:
    call.sound(0, sound(1000))
    call.sound(1000, sound(1000)).write_bytes(b"no sound at all")
    call.sound(2000, sound(1000)).unlink()
    call.sound(61_000, sound(500), stream="track.ana-1").write_bytes(b"")
    call.sound(3000, sound(59_000))
    done = call.assemble()
    heard = wav_of(done.wav)
    assert not heard[1000 * PER_MS : 3000 * PER_MS].any()
    assert np.array_equal(heard[3000 * PER_MS :], sound(59_000))
    assert len(done.notices) == 3
    assert "from 0:01 to 0:02" in done.notices[0]
    assert "of participant ana-1 from 1:01" in done.notices[2]


def test_a_piece_that_was_cut_gives_what_is_left(call: Pieces) -> None:
    path = call.sound(0, sound(4000))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    call.sound(4000, sound(1000, 2))
    done = call.assemble()
    heard = wav_of(done.wav)
    assert np.array_equal(heard[: 1000 * PER_MS], sound(4000)[: 1000 * PER_MS])
    assert np.array_equal(heard[4000 * PER_MS :], sound(1000, 2))
    assert len(done.notices) == 1


def test_a_call_without_sound_is_refused(call: Pieces) -> None:
    call.shown(0, 1000, [(0, 100)])
    with pytest.raises(MinutebookError) as refused:
        call.assemble()
    assert refused.value.code == "recording_empty"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.integers(1, 3)), min_size=1, max_size=6))
def test_every_moment_is_the_latest_attempt_that_heard_it(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[int, int, int]]
) -> None:
    call = Pieces(tmp_path_factory.mktemp("pieces"))
    line = np.zeros(61 * 100 * PER_MS, np.int16)
    begin, end = min(at for at, _, _ in spans), max(at + length for at, length, _ in spans)
    for number, (at, length, attempt) in enumerate(spans):
        call.sound(100 * at, sound(100 * length, number), attempt=attempt)
    for number, (at, length, _) in sorted(enumerate(spans), key=lambda each: (each[1][2], each[1][0], each[0])):
        line[100 * at * PER_MS : 100 * (at + length) * PER_MS] = sound(100 * length, number)
    done = call.assemble()
    assert done.started_ms == START_MS + 100 * begin
    assert np.array_equal(wav_of(done.wav), line[100 * begin * PER_MS : 100 * end * PER_MS])


def test_pictures_keep_their_times_over_pieces_and_attempts(call: Pieces) -> None:
    call.sound(0, sound(9000))
    call.shown(0, 2000, [(0, 20), (700, 60), (1500, 100)])
    call.shown(2000, 2000, [(0, 100), (500, 140), (1900, 250)])
    call.shown(3500, 2000, [(0, 180), (250, 220)], attempt=2)
    done = call.assemble()
    assert done.mp4 is not None
    shown = brightness(done.mp4)
    assert [at for at, _ in shown] == [0, 700, 1500, 2000, 2500, 3500, 3750]
    assert [level for _, level in shown] == pytest.approx([20, 60, 100, 100, 140, 180, 220], abs=6)


def test_the_first_picture_stands_from_the_start(call: Pieces) -> None:
    call.sound(0, sound(2000))
    call.shown(300, 1500, [(0, 50), (400, 90)])
    done = call.assemble()
    assert done.mp4 is not None
    assert [at for at, _ in brightness(done.mp4)] == [0, 700]


def test_damaged_pictures_are_left_out(call: Pieces) -> None:
    call.sound(0, sound(3000))
    call.shown(0, 1000, [(0, 50)]).write_bytes(b"no picture")
    call.shown(1000, 1000, [(0, 90), (500, 120)])
    done = call.assemble()
    assert done.mp4 is not None
    assert [at for at, _ in brightness(done.mp4)] == [0, 1500]
    assert "picture from 0:00 to 0:01" in done.notices[0]


def test_pictures_that_are_all_damaged_are_no_video(call: Pieces) -> None:
    call.sound(0, sound(1000))
    call.shown(0, 1000, [(0, 50)]).write_bytes(b"no picture")
    done = call.assemble()
    assert done.mp4 is None
    assert len(done.notices) == 1


def test_sound_and_picture_are_in_step_and_a_browser_can_start_at_once(call: Pieces) -> None:
    """A click and a flash at 1.5 s, in pieces that do not begin together."""
    click = silence(3000)
    click[1500 * PER_MS : 1600 * PER_MS] = 20_000 * np.sign(np.sin(np.arange(100 * PER_MS) / 4))
    call.sound(0, click)
    call.shown(130, 2900, [(0, 0), (1370, 255), (1470, 0)])
    done = call.assemble()
    assert done.mp4 is not None
    with av.open(str(done.mp4)) as source:
        assert {stream.codec_context.name for stream in source.streams} == {"h264", "aac"}
        frames = [(frame.time or 0.0, frame.to_ndarray().reshape(-1)) for frame in source.decode(audio=0)]
    heard = next(at + np.argmax(np.abs(part) > 0.2) / 24_000 for at, part in frames if np.abs(part).max() > 0.2)
    seen = next(at for at, level in brightness(done.mp4) if level > 128) / 1000
    assert heard == pytest.approx(1.5, abs=0.03)
    assert seen == pytest.approx(1.5, abs=0.002)
    data = done.mp4.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
