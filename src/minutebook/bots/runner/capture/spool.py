"""What was captured, on disk at once: nothing that was written is lost when the runner is killed.

A piece grows as `<attempt>/<stream>.<index>.<start_ms>.<raw form>.part`, in a form that may be cut off anywhere (raw
samples, JSON lines, MPEG-TS), and is finished into `<attempt>/<stream>.<index>.<start_ms>.<length_ms>.<form>` (FLAC,
JSON lines, MP4), which appears whole under its name. Times are milliseconds since the epoch.
"""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from minutebook.bots.protocol import AUDIO_RATE
from minutebook.bots.runner.capture.pieces import FORMS, UnreadablePieceError

logger = logging.getLogger(__name__)

PART: Final = ".part"
SAMPLES: Final = "s16"
LINES: Final = "jsonl"
PICTURES: Final = "ts"

SAMPLES_PER_MS: Final = AUDIO_RATE // 1000
BYTES_PER_MS: Final = 2 * SAMPLES_PER_MS

LATE_MS: Final = 3_000
"""Sound is written this late at the most; a piece whose time is over by more gets no more of it."""


@dataclass(frozen=True, slots=True)
class SpooledPiece:
    """A finished piece on disk."""

    attempt: int
    stream: str
    index: int
    start_ms: int
    length_ms: int
    path: Path


class _Growing:
    """A piece that is being written; every write reaches the kernel before it returns."""

    __slots__ = ("_file", "end_ms", "path", "start_ms")

    def __init__(self, path: Path, start_ms: int) -> None:
        self.path = path
        self.start_ms = start_ms
        self.end_ms = start_ms
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def close(self) -> None:
        os.close(self._file)


class Spool:
    """The spool of one attempt. For one thread, but for `pictures` and `pictures_done`, which another one may call.

    `OSError` of the disk comes out of the call that writes, or of the next one for what happens in the thread.
    """

    def __init__(self, folder: Path, attempt: int, chunk_s: float) -> None:
        self.folder = folder
        self.attempt = attempt
        self._home = folder / str(attempt)
        self._home.mkdir(parents=True, exist_ok=True)
        self._chunk_ms = max(100, round(1000 * chunk_s))
        self._growing: dict[str, _Growing] = {}
        self._next_index = _indexes_in(self._home)
        self._finisher: ThreadPoolExecutor | None = None
        self._finishing: list[Future[None]] = []
        self._lock = threading.Lock()

    def sound(self, stream: str, at_ms: int, samples: bytes) -> None:
        """Append s16le samples that begin at `at_ms`; what lies between them and the last ones is silence. Samples
        before those are refused (`ValueError`)."""
        piece = self._piece(stream, at_ms, SAMPLES)
        if at_ms < piece.end_ms:
            raise ValueError(f"{stream}: sound at {at_ms} comes after sound up to {piece.end_ms}.")
        piece.write(bytes((at_ms - piece.end_ms) * BYTES_PER_MS) + samples)
        piece.end_ms = at_ms + len(samples) // BYTES_PER_MS

    def lines(self, stream: str, at_ms: int, data: bytes) -> None:
        """Append whole lines."""
        piece = self._piece(stream, at_ms, LINES)
        piece.write(data)
        piece.end_ms = max(piece.end_ms, at_ms)

    def pictures(self, stream: str, start_ms: int) -> Path:
        """A file for a piece of MPEG-TS that somebody else writes and hands back with `pictures_done`."""
        return self._part(stream, start_ms, PICTURES)

    def pictures_done(self, part: Path, end_ms: int) -> None:
        """That piece is complete and lasts until `end_ms`."""
        self._finish(part, end_ms)

    def advance(self, now_ms: int) -> None:
        """Finish the pieces whose time is over."""
        for stream, piece in list(self._growing.items()):
            if now_ms - piece.start_ms >= self._chunk_ms + LATE_MS:
                self._close(stream)
        for done in [each for each in self._finishing if each.done()]:
            self._finishing.remove(done)
            done.result()

    def close(self) -> None:
        """Finish everything; returns when it is on disk. What is written afterwards (another browser of the same
        attempt) goes on with the numbers."""
        for stream in list(self._growing):
            self._close(stream)
        with self._lock:
            finisher, self._finisher = self._finisher, None
        if finisher is not None:
            finisher.shutdown(wait=True)
        for done in self._finishing:
            done.result()
        self._finishing.clear()

    def _piece(self, stream: str, at_ms: int, form: str) -> _Growing:
        piece = self._growing.get(stream)
        if piece is not None and at_ms - piece.start_ms >= self._chunk_ms:
            self._close(stream)
            piece = None
        if piece is None:
            piece = self._growing[stream] = _Growing(self._part(stream, at_ms, form), at_ms)
        return piece

    def _part(self, stream: str, start_ms: int, form: str) -> Path:
        index = self._next_index.get(stream, 0)
        self._next_index[stream] = index + 1
        return self._home / f"{stream}.{index}.{start_ms}.{form}{PART}"

    def _close(self, stream: str) -> None:
        piece = self._growing.pop(stream)
        piece.close()
        self._finish(piece.path, piece.end_ms)

    def _finish(self, part: Path, end_ms: int) -> None:
        with self._lock:
            if self._finisher is None:
                self._finisher = ThreadPoolExecutor(1, "spool")
            self._finishing.append(self._finisher.submit(finish, part, end_ms))


def finish(part: Path, end_ms: int | None = None) -> None:
    """Turn an unfinished piece into a finished one; without `end_ms` it lasts as long as what is in it. One that holds
    nothing is dropped."""
    stream, index, start, raw_form, _ = part.name.rsplit(".", 4)
    start_ms = int(start)
    form = FORMS[raw_form]
    whole = part.with_name(f"{stream}.{index}.{start}.tmp")
    try:
        length_ms = form.convert(part, whole, None if end_ms is None else end_ms - start_ms)
    except UnreadablePieceError as error:
        logger.warning("A piece of %s holds nothing that can be read and is dropped: %s", stream, error)
        length_ms = 0
    if length_ms > 0:
        whole.replace(part.with_name(f"{stream}.{index}.{start}.{length_ms}.{form.extension}"))
    whole.unlink(missing_ok=True)
    part.unlink()


def finished(folder: Path) -> list[SpooledPiece]:
    """The finished pieces of all attempts, oldest first."""
    pieces = [_piece_of(path) for home in _homes(folder) for path in home.iterdir() if _is_finished(path)]
    return sorted(pieces, key=lambda piece: (piece.attempt, piece.start_ms, piece.stream, piece.index))


def salvage(folder: Path, before_attempt: int) -> None:
    """Finish what earlier attempts, which are dead, left unfinished."""
    for home in _homes(folder):
        if int(home.name) >= before_attempt:
            continue
        done = {path.name.rsplit(".", 3)[0] for path in home.iterdir() if _is_finished(path)}
        for half_converted in home.glob("*.tmp"):
            half_converted.unlink()
        for part in sorted(home.glob(f"*{PART}")):
            if part.name.rsplit(".", 2)[0] in done:
                part.unlink()
            else:
                finish(part)


def _homes(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted((each for each in folder.iterdir() if each.name.isdecimal()), key=lambda each: int(each.name))


def _is_finished(path: Path) -> bool:
    return path.suffix.removeprefix(".") in {form.extension for form in FORMS.values()} and path.name.count(".") >= 4


def _piece_of(path: Path) -> SpooledPiece:
    stream, index, start_ms, length_ms, _ = path.name.rsplit(".", 4)
    return SpooledPiece(int(path.parent.name), stream, int(index), int(start_ms), int(length_ms), path)


def _indexes_in(home: Path) -> dict[str, int]:
    """The next free index of each stream: a runner that is started twice for the same attempt goes on counting."""
    following: dict[str, int] = {}
    for path in home.iterdir():
        parts = path.name.rsplit(".", 4)
        if len(parts) == 5 and parts[1].isdecimal():
            following[parts[0]] = max(following.get(parts[0], 0), int(parts[1]) + 1)
    return following
