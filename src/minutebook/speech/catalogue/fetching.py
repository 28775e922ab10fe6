"""Fetching a model: into a folder beside its place, resumed where it stopped; into its place when it is whole."""

import errno
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

from minutebook.errors import Kind, MinutebookError
from minutebook.speech.catalogue.entries import Entry
from minutebook.speech.catalogue.hub import Hub, HubFile, Listing
from minutebook.speech.catalogue.places import RECORD, folder_of, is_fetched

RESERVE_BYTES: Final = 256 << 20
"""So much of the disk stays free for records."""
TRIES: Final = 3
_BLOCK: Final = 1 << 20

Progress = Callable[[int, int], None]
"""Hears how many bytes of how many are there."""


def fetch(entry: Entry, models_dir: Path, hub: Hub, progress: Progress = lambda done, total: None) -> Path:
    """The folder of a model that is there and right; what is missing is fetched.

    Raises `hub_unreachable` or `storage_full` (what was fetched stays, the next call goes on there), `model_damaged`
    (what was wrong is removed) or `model_incomplete` (the repository lacks a file).
    """
    folder = folder_of(entry, models_dir)
    if is_fetched(entry, models_dir):
        return folder
    scratch = models_dir / f".{entry.name}.part"
    with _room():
        scratch.mkdir(parents=True, exist_ok=True)
        listing = _listing(entry, scratch, hub)
        _check_room(listing, scratch)
        total, before = sum(file.size for file in listing.files), 0
        for file in listing.files:
            _fetch_file(entry, listing.commit, file, scratch, hub, partial(_tell, progress, before, total))
            before += file.size
        (scratch / RECORD).write_text(json.dumps(asdict(listing), indent=1), encoding="utf-8")
        (scratch / "listing.json").unlink()
        scratch.replace(folder)
    return folder


def remove(entry: Entry, models_dir: Path) -> int:
    """Remove a fetched model, or what there is of it; returns the bytes that it took."""
    places = [place for place in (folder_of(entry, models_dir), models_dir / f".{entry.name}.part") if place.is_dir()]
    freed = sum(file.stat().st_size for place in places for file in place.rglob("*") if file.is_file())
    for place in places:
        shutil.rmtree(place)
    return freed


def _tell(progress: Progress, before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _listing(entry: Entry, scratch: Path, hub: Hub) -> Listing:
    """What is to be fetched; the same commit as before when something is there already."""
    kept = scratch / "listing.json"
    if kept.is_file():
        told = json.loads(kept.read_text(encoding="utf-8"))
        return Listing(told["commit"], tuple(HubFile(**row) for row in told["files"]))
    found = hub.listing(entry.repository)
    wanted = tuple(file for file in found.files if file.path in entry.files)
    if lacking := set(entry.files) - {file.path for file in wanted}:
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "model_incomplete",
            f"{entry.repository} holds no {', '.join(sorted(lacking))}: it has changed since this release was made.",
        )
    kept.write_text(json.dumps(asdict(Listing(found.commit, wanted))), encoding="utf-8")
    return Listing(found.commit, wanted)


def _check_room(listing: Listing, scratch: Path) -> None:
    there = sum(file.stat().st_size for file in scratch.iterdir())
    needed = sum(file.size for file in listing.files) - there + RESERVE_BYTES
    if shutil.disk_usage(scratch).free < needed:
        raise _full(f"{needed / 1e6:.0f} MB are needed")


def _fetch_file(entry: Entry, commit: str, file: HubFile, scratch: Path, hub: Hub, tell: Callable[[int], None]) -> None:
    part = scratch / file.path
    for attempt in range(TRIES):
        try:
            _download(entry, commit, file, part, hub, tell)
            break
        except MinutebookError as error:
            if not error.retryable or attempt == TRIES - 1:
                raise
    if part.stat().st_size != file.size or not _is_right(part, file):
        part.unlink()
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "model_damaged",
            f"What the hub gave as {file.path} of {entry.name} is not what it should be; it was removed. Fetch again.",
            retryable=True,
        )


def _download(entry: Entry, commit: str, file: HubFile, part: Path, hub: Hub, tell: Callable[[int], None]) -> None:
    """Append what is missing."""
    have = part.stat().st_size if part.is_file() else 0
    if have == file.size:
        tell(have)
        return
    with (
        hub.content(entry.repository, commit, file.path, have) as (start, blocks),
        part.open("ab") as out,
    ):
        if start < have:
            out.truncate(start)
        for block in blocks:
            out.write(block)
            tell(min(out.tell(), file.size))


def _is_right(part: Path, file: HubFile) -> bool:
    if file.sha256 is not None:
        with part.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
    # git's own sum of a small file; it guards against accidents, not against malice
    blob = hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
    with part.open("rb") as content:
        while block := content.read(_BLOCK):
            blob.update(block)
    return blob.hexdigest() == file.blob


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full("the disk is full") from error
        raise


def _full(what: str) -> MinutebookError:
    return MinutebookError(
        Kind.UNAVAILABLE,
        "storage_full",
        f"There is no room for the model: {what}. Free some space, then fetch again: it goes on where it stopped.",
    )
