"""Objects that come piece by piece, over days perhaps, with the process that took the first piece long gone.

In a folder the pieces are written into one file that gets its name when it is whole, so nothing is written twice. A
bucket takes parts only within an upload that a library keeps in memory; there each piece is an object of its own, and
the whole is put together from them, in pieces again.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from minutebook.errors import not_found
from minutebook.storage.failures import told
from minutebook.storage.keys import checked_key
from minutebook.storage.ports import Storage, StoredObject

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Pieces(Protocol):
    """What `Storage.put_piece` and `Storage.join` do, for one kind of storage."""

    async def put(self, key: str, at: int, data: bytes) -> None: ...

    async def join(self, key: str, size: int) -> StoredObject: ...


class FilePieces:
    """Pieces of a file below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, at: int, data: bytes) -> None:
        with told(key):
            await asyncio.to_thread(_write_at, self._part(key), at, data)

    async def join(self, key: str, size: int) -> StoredObject:
        with told(key):
            return await asyncio.to_thread(self._join, key, size)

    def _join(self, key: str, size: int) -> StoredObject:
        part, whole = self._part(key), self._folder / key
        if part.exists():
            os.truncate(part, size)
            part.replace(whole)
            _flush(whole.parent)
        with whole.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if whole.stat().st_size != size:
            raise not_found("object")
        return StoredObject(key, size, digest)

    def _part(self, key: str) -> Path:
        return self._folder / f"{checked_key(key)}.part"


def _write_at(path: Path, at: int, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        left = memoryview(data)
        while left:
            written = os.pwrite(handle, left, at)
            left, at = left[written:], at + written
        os.fsync(handle)
    finally:
        os.close(handle)
    _flush(path.parent)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class ObjectPieces:
    """Pieces as objects beside what they become, called by where they begin."""

    def __init__(self, storage: Storage, store: "ObjectStore") -> None:
        self._storage = storage
        self._store = store

    async def put(self, key: str, at: int, data: bytes) -> None:
        await self._storage.put_bytes(f"{_folder(key)}/{at:016d}", data)

    async def join(self, key: str, size: int) -> StoredObject:
        found = await self._found(key)
        if found:
            stored = await self._storage.put_stream(key, self._all(key, found, size))
        else:
            stored = await self._again(key)
        if stored.size != size:
            raise not_found("object")
        await self._storage.delete_prefix(_folder(key))
        return stored

    async def _found(self, key: str) -> list[tuple[int, str]]:
        import obstore

        with told(key):
            names = [
                entry["path"]
                async for batch in obstore.list(self._store, _folder(key), chunk_size=1000)
                for entry in batch
            ]
        return sorted((int(name.rpartition("/")[2]), name) for name in names)

    async def _all(self, key: str, found: list[tuple[int, str]], size: int) -> AsyncIterator[bytes]:
        at = 0
        for begin, name in found:
            # A piece that was sent again begins where the first one did and has replaced it; one that another
            # attempt left further on is passed over.
            if begin == at < size:
                async for chunk in self._storage.stream(name):
                    at += len(chunk)
                    yield chunk
        if at != size:
            raise not_found("object")

    async def _again(self, key: str) -> StoredObject:
        """What was joined before, by somebody who could not tell it any more."""
        digest, size = hashlib.sha256(), 0
        async for chunk in self._storage.stream(key):
            digest.update(chunk)
            size += len(chunk)
        return StoredObject(key, size, digest.hexdigest())


def _folder(key: str) -> str:
    return f"{checked_key(key)}.pieces"
