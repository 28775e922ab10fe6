"""A recording's sound and, where it holds several sources, the sound of each. Runs in the child process only."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from minutebook.errors import MinutebookError
from minutebook.speech.media.pcm import BYTES_PER_SAMPLE, FULL_SCALE, part_path
from minutebook.speech.media.separation import Sound, distinct
from minutebook.speech.media.source import open_source
from minutebook.speech.media.writers import PCM_RATE, write_pcm

MOST_TRACKS: Final = 8
"""More audio tracks than this are not compared: recorders of meetings write up to six."""
BLOCK: Final = 1 << 20
"""Samples that are put together at once."""


def write_recording(source: Path, to: Path, max_duration_s: float, max_streams: int) -> dict[str, object]:
    """Write the sound of all sources to `to`, and that of each beside it where there are several; returns the fields of
    `Decoded`."""
    with open_source(source, max_streams) as opened:
        told, comparison = write_pcm(opened, to, max_duration_s)
        tracks, main = opened.facts.audio_tracks, opened.track
    if tracks > 1:
        others = [track for track in range(tracks) if track != main][: MOST_TRACKS - 1]
        parts, notices = _tracks(source, to, others, max_duration_s, max_streams)
        return {**told, "notices": [*_list(told["notices"]), *notices], "parts": parts}
    if not comparison.are_separate:
        return {**told, "parts": 0}
    for channel in (0, 1):
        with open_source(source, max_streams) as opened:
            write_pcm(opened, part_path(to, channel), max_duration_s, channel)
    return {**told, "parts": 2}


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def _tracks(
    source: Path, to: Path, others: Sequence[int], max_duration_s: float, max_streams: int
) -> tuple[int, list[str]]:
    """Decode the other tracks, keep those that are sources, and put the whole together from them."""
    written, unread = [to], 0
    for track in others:
        path = to.with_name(f"{to.name}.track-{track}")
        try:
            with open_source(source, max_streams, track) as opened:
                write_pcm(opened, path, max_duration_s)
            written.append(path)
        except MinutebookError:
            unread += 1
            path.unlink(missing_ok=True)
    notices = [f"{unread} of {len(others) + 1} audio tracks of the file could not be read."] if unread else []
    try:
        kept = distinct([_Samples(path) for path in written], PCM_RATE)
        if len(kept) < 2:
            if kept and kept != [0]:
                written[kept[0]].replace(to)
            return 0, notices
        parts = [part_path(to, number) for number in range(len(kept))]
        for path, index in zip(parts, kept, strict=True):
            _copy(written[index], path) if index == 0 else written[index].rename(path)
        _write_sum(parts, to)
        return len(parts), notices
    finally:
        for path in written[1:]:
            with suppress(FileNotFoundError):
                path.unlink()


class _Samples:
    """A decoded track of which every slice is float32 in [-1, 1]: only what is asked for is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = path.stat().st_size // BYTES_PER_SAMPLE

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, key: slice) -> Sound:
        start, end, _ = key.indices(self._count)
        if end <= start:
            return np.zeros(0, np.float32)
        raw = np.memmap(self._path, "<i2", mode="r", offset=start * BYTES_PER_SAMPLE, shape=(end - start,))
        return raw.astype(np.float32) / np.float32(FULL_SCALE)


def _copy(source: Path, to: Path) -> None:
    with source.open("rb") as reading, to.open("wb") as writing:
        while data := reading.read(BLOCK):
            writing.write(data)


def _write_sum(parts: Sequence[Path], to: Path) -> None:
    """The sum of sources as long as the longest, held within full scale."""
    sounds = [_Samples(path) for path in parts]
    longest = max(len(sound) for sound in sounds)
    with to.open("wb") as out:
        for at in range(0, longest, BLOCK):
            total = np.zeros(min(BLOCK, longest - at), np.float32)
            for sound in sounds:
                piece = sound[at : at + BLOCK]
                total[: len(piece)] += piece
            out.write(np.clip(np.rint(total * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes())
