"""A folder of backups: bytes under their SHA-256, once for all backups; rows and manifest of each backup beside them.

    objects/ab/abcdef…          the bytes of objects
    backups/20261129T120000Z/   manifest.json, rows/TABLE.jsonl.gz, secret.key

A backup without a manifest was not finished and counts for nothing. Nothing is ever removed that has another name.
"""

import asyncio
import errno
import fcntl
import gzip
import hashlib
import os
import re
import shutil
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from minutebook.backup.model import Manifest, damaged
from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.kit.ids import is_id, new_id
from minutebook.storage.failures import is_no_room, no_room

MANIFEST: Final = "manifest.json"
KEY: Final = "secret.key"
READ_BYTES: Final = 4 * 1024 * 1024
_LINES: Final = 500
_NAME: Final = re.compile(r"\d{8}T\d{6,9}Z")
_FIRST_TWO: Final = re.compile(r"[0-9a-f]{2}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Archive:
    """The folder. Its own folders are closed to others: they hold everything that was said."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        self._backups = folder / "backups"
        self._folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One backup at a time in a folder; a second one raises `backup_busy`. A folder that is somebody else's is told
        as `backup_folder`, a full disk as `storage_full`."""
        with self._told("cannot be used for backups"):
            self._look_for_others()
            for folder in (self._folder, self._objects, self._backups):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._folder / ".lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    message = "Another backup is being written into this folder. Wait for it, or take another folder."
                    raise MinutebookError(Kind.CONFLICT, "backup_busy", message) from None
                yield

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """What the system says against the folder, as `backup_folder`: a sentence with `what` in it."""
        try:
            yield
        except OSError as error:
            if is_no_room(error):
                raise no_room("in the folder of backups") from error
            is_file = error.errno in {errno.EEXIST, errno.ENOTDIR}
            why = "a file stands where a folder has to be" if is_file else error.strerror
            raise invalid("backup_folder", f"{self._folder} {what}: {why}. Name another folder.") from error

    def _look_for_others(self) -> None:
        """The first backup wants a folder of its own: elsewhere `objects` and `backups` are somebody else's."""
        if self.names():
            return
        held = {
            folder: [path.name for path in folder.iterdir()] if folder.is_dir() else []
            for folder in (self._backups, self._objects)
        }
        others = [f"backups/{name}" for name in held[self._backups] if not _NAME.fullmatch(name)]
        objects = [name for name in held[self._objects] if not _FIRST_TWO.fullmatch(name) and not _is_part(name)]
        others += [f"objects/{name}" for name in objects]
        if others:
            message = (
                f"{self._folder} holds something else already ({min(others)}), and backups want a folder of their own. "
                f"Name another one, such as {self._folder / 'minutebook'}."
            )
            raise invalid("backup_folder", message)

    def names(self) -> list[str]:
        """The finished backups, the newest last; raises `backup_folder`."""
        with self._told("cannot be read"):
            found = list(self._backups.iterdir()) if self._backups.is_dir() else []
            return sorted(path.name for path in found if _NAME.fullmatch(path.name) and (path / MANIFEST).exists())

    def chosen(self, at: str | None) -> str:
        """The backup that `at` names, or the newest; raises `backup_missing`."""
        names = self.names()
        if names and (at is None or at in names):
            return at or names[-1]
        said = f"There is no backup “{at}” in {self._folder}; there are: {', '.join(names)}."
        if not names:
            said = f"{self._folder} holds no finished backup: it is the folder that `minutebook backup` was given."
        if not self._folder.exists():
            said = f"There is no folder {self._folder}."
        raise MinutebookError(Kind.NOT_FOUND, "backup_missing", said)

    def manifest(self, name: str) -> Manifest:
        """What a backup says of itself; raises `backup_damaged`, `backup_newer`, `backup_folder`."""
        with self._told("cannot be read"):
            return Manifest.from_json((self._backups / name / MANIFEST).read_bytes())

    def with_earlier(self, error: MinutebookError, name: str) -> MinutebookError:
        """What is wrong with this backup, and which ones are older."""
        older = [each for each in self.names() if each < name]
        advice = f"Take an older one: --at {older[-1]}." if older else "There is no older one in this folder."
        return MinutebookError(error.kind, error.code, f"{name}: {error.message} {advice}")

    def newest(self) -> Manifest | None:
        """The last finished backup; None when there is none, or none that can be read."""
        try:
            return self.manifest(self.names()[-1])
        except (IndexError, MinutebookError):
            return None

    def begin(self, made_at: datetime) -> "Unfinished":
        """A new backup; what an interrupted one left is removed."""
        for left in self._backups.iterdir():
            if _NAME.fullmatch(left.name) and not (left / MANIFEST).exists():
                shutil.rmtree(left)
        for left in self._objects.iterdir():
            if _is_part(left.name):
                left.unlink()
        name = f"{made_at:%Y%m%dT%H%M%S}{made_at.microsecond // 1000:03d}Z"
        (self._backups / name / "rows").mkdir(mode=0o700, parents=True)
        return Unfinished(name, self._backups / name)

    def has(self, sha256: str, size: int) -> bool:
        """Whether bytes are kept already, as many as there should be."""
        path = self._object(sha256)
        return path.exists() and path.stat().st_size == size

    async def keep(self, pieces: AsyncIterator[bytes]) -> tuple[str, int]:
        """Keep bytes; returns their SHA-256 and how many they are."""
        part, digest, size = self._objects / f"{new_id()}.part", hashlib.sha256(), 0
        try:
            with part.open("xb") as file:
                async for piece in pieces:
                    size += len(piece)
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
            target = self._object(digest.hexdigest())
            target.parent.mkdir(mode=0o700, exist_ok=True)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return digest.hexdigest(), size

    async def bytes_of(self, sha256: str) -> AsyncIterator[bytes]:
        """The bytes again; raises `backup_damaged` after the last piece when they are not what they were."""
        digest, path = hashlib.sha256(), self._object(sha256)
        if not path.exists():
            raise damaged(f"objects/{path.parent.name}/{path.name} is missing")
        with self._told("cannot be read"), path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, READ_BYTES):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != sha256:
            raise damaged(f"objects/{path.parent.name}/{path.name} holds other bytes than were kept")

    def rows(self, name: str, table: str) -> Iterator[Sequence[bytes]]:
        """The lines of a table, some at a time; raises `backup_damaged`."""
        try:
            with gzip.open(self._backups / name / "rows" / f"{table}.jsonl.gz") as file:
                while batch := [line for _, line in zip(range(_LINES), file, strict=False)]:
                    yield batch
        except (OSError, EOFError, zlib.error) as error:
            raise damaged(f"the rows of {table} cannot be read") from error

    def key(self, name: str) -> bytes | None:
        """The key that was kept with a backup, if it was."""
        path = self._backups / name / KEY
        with self._told("cannot be read"):
            return path.read_bytes() if path.exists() else None

    def keep_newest(self, count: int) -> int:
        """Remove all but the newest backups and the bytes that only older ones need; returns how many backups went."""
        names = self.names()
        for name in names[:-count]:
            shutil.rmtree(self._backups / name)
        needed = {kept.sha256 for name in self.names() for kept in self.manifest(name).objects.values()}
        for path in self._objects.glob("*/*"):
            if _SHA256.fullmatch(path.name) and path.name not in needed:
                path.unlink()
        return len(names[:-count])

    def _object(self, sha256: str) -> Path:
        return self._objects / sha256[:2] / sha256


def _is_part(name: str) -> bool:
    """Whether bytes that were not kept to their end are called so."""
    return name.endswith(".part") and is_id(name.removesuffix(".part"))


class Unfinished:
    """A backup that is being written."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._folder = folder

    async def write_rows(self, table: str, batches: AsyncIterator[list[bytes]]) -> None:
        """Keep the lines of a table."""
        with (self._folder / "rows" / f"{table}.jsonl.gz").open("xb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as file:
                async for batch in batches:
                    await asyncio.to_thread(file.writelines, batch)
            raw.flush()
            await asyncio.to_thread(os.fsync, raw.fileno())

    def write_key(self, key: bytes) -> None:
        """Keep the installation's key."""
        (self._folder / KEY).touch(0o600, exist_ok=False)
        (self._folder / KEY).write_bytes(key)

    def finish(self, manifest: Manifest) -> None:
        """From here on the backup counts."""
        part = self._folder / f"{MANIFEST}.part"
        with part.open("x", encoding="utf-8") as file:
            file.write(manifest.to_json())
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / MANIFEST)
