"""The spool: pieces on disk, whole or salvaged."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minutebook.bots.runner.capture.spool import Spool, SpooledPiece, finished, salvage

START_MS = 1_700_000_000_000
FRAME_MS = 100


def samples(frames: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9000, 9000, 2400 * frames).astype("<i2")


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as source:
        assert source.streams.audio[0].rate == 24_000
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in source.decode(audio=0)])


def of_stream(folder: Path, stream: str) -> list[SpooledPiece]:
    return [piece for piece in finished(folder) if piece.stream == stream]


def write(spool: Spool, sound: np.ndarray) -> None:
    for number in range(len(sound) // 2400):
        at_ms = START_MS + number * FRAME_MS
        spool.sound("audio", at_ms, sound[2400 * number : 2400 * (number + 1)].tobytes())
        spool.advance(at_ms + FRAME_MS)


def test_pieces_follow_each_other_without_a_hole(tmp_path: Path) -> None:
    spool, sound = Spool(tmp_path, 1, 1.0), samples(25)
    write(spool, sound)
    spool.close()
    pieces = of_stream(tmp_path, "audio")
    assert [(piece.index, piece.start_ms - START_MS, piece.length_ms) for piece in pieces] == [
        (0, 0, 1000),
        (1, 1000, 1000),
        (2, 2000, 500),
    ]
    assert np.array_equal(np.concatenate([decoded(piece.path) for piece in pieces]), sound)


def test_pauses_inside_a_piece_are_silence_and_long_ones_are_no_piece(tmp_path: Path) -> None:
    spool, sound = Spool(tmp_path, 1, 1.0), samples(1)
    for at_ms in (0, 300, 8000):
        spool.sound("track.ana-1", START_MS + at_ms, sound.tobytes())
        spool.advance(START_MS + at_ms)
    spool.close()
    first, second = of_stream(tmp_path, "track.ana-1")
    assert (first.length_ms, second.start_ms - START_MS) == (400, 8000)
    assert np.array_equal(decoded(first.path), np.concatenate([sound, np.zeros(4800, np.int16), sound]))


def test_sound_before_the_last_one_is_refused(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1, 10.0)
    spool.sound("audio", START_MS + 100, bytes(4800))
    with pytest.raises(ValueError, match="comes after"):
        spool.sound("audio", START_MS, bytes(4800))
    spool.close()


def test_lines_stay_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1, 1.0)
    spool.lines("observations", START_MS, b'{"a": 1}\n')
    spool.lines("observations", START_MS + 1200, b'{"a": 2}\n')
    spool.close()
    assert [piece.path.read_bytes() for piece in of_stream(tmp_path, "observations")] == [b'{"a": 1}\n', b'{"a": 2}\n']


def test_nothing_is_finished_before_its_time(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1, 10.0)
    write(spool, samples(5))
    assert finished(tmp_path) == []
    spool.close()
    assert len(finished(tmp_path)) == 1


def test_an_empty_or_missing_folder_holds_nothing(tmp_path: Path) -> None:
    assert finished(tmp_path / "nowhere") == []
    salvage(tmp_path / "nowhere", 5)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 40_000), frames=st.integers(1, 20))
def test_sound_that_was_cut_off_anywhere_is_salvaged(
    tmp_path_factory: pytest.TempPathFactory, cut: int, frames: int
) -> None:
    folder, sound = tmp_path_factory.mktemp("spool"), samples(frames)
    write(Spool(folder, 1, 60.0), sound)
    (part,) = (folder / "1").iterdir()
    os.truncate(part, min(cut, part.stat().st_size))
    left = part.read_bytes()
    salvage(folder, 2)
    pieces = finished(folder)
    if len(left) < 48:
        assert pieces == []
    else:
        assert decoded(pieces[0].path).tobytes() == left[: len(left) & ~1]
    assert not list((folder / "1").glob("*.part"))


def test_only_dead_attempts_are_salvaged_and_only_once(tmp_path: Path) -> None:
    spools = [Spool(tmp_path, attempt, 60.0) for attempt in (1, 2)]
    for spool in spools:
        write(spool, samples(3))
    salvage(tmp_path, 2)
    salvage(tmp_path, 2)
    assert [piece.attempt for piece in finished(tmp_path)] == [1]
    spools[1].close()
    assert [(piece.attempt, piece.length_ms) for piece in finished(tmp_path)] == [(1, 300), (2, 300)]


def test_a_piece_that_was_finished_before_its_part_was_removed_is_not_salvaged_again(tmp_path: Path) -> None:
    write(Spool(tmp_path, 1, 60.0), samples(3))
    (part,) = (tmp_path / "1").iterdir()
    left = part.read_bytes()
    salvage(tmp_path, 2)
    part.write_bytes(left)
    salvage(tmp_path, 2)
    assert len(finished(tmp_path)) == 1
    assert not part.exists()


def test_a_piece_that_was_being_converted_is_converted_again(tmp_path: Path) -> None:
    write(Spool(tmp_path, 1, 60.0), samples(3))
    (part,) = (tmp_path / "1").iterdir()
    part.with_name(part.name.removesuffix(".s16.part") + ".tmp").write_bytes(b"fLaC")
    salvage(tmp_path, 2)
    assert len(finished(tmp_path)) == 1
    assert len(list((tmp_path / "1").iterdir())) == 1


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1, 60.0)
    spool.lines("observations", START_MS, b'{"a": 1}\n{"a": ')
    salvage(tmp_path, 2)
    assert of_stream(tmp_path, "observations")[0].path.read_bytes() == b'{"a": 1}\n'


WRITER = """
import sys, time
from pathlib import Path
from minutebook.bots.runner.capture.spool import Spool
spool = Spool(Path(sys.argv[1]), 1, 1.0)
for number in range(1000):
    spool.sound("audio", 1_700_000_000_000 + 100 * number, number.to_bytes(2, "little") * 2400)
    spool.advance(1_700_000_000_000 + 100 * number)
    print(number, flush=True)
    time.sleep(0.005)
"""


def test_a_killed_process_loses_nothing_that_it_wrote(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        written = [int(writer.stdout.readline()) for _ in range(37)][-1]
        os.kill(writer.pid, signal.SIGKILL)
        written = max([written, *map(int, writer.stdout.read().split())])
    salvage(tmp_path, 2)
    sound = np.concatenate([decoded(piece.path) for piece in of_stream(tmp_path, "audio")])
    assert len(sound) >= 2400 * (written + 1)
    assert np.array_equal(sound, np.repeat(np.arange(len(sound) // 2400, dtype=np.int16), 2400))
