"""The storage port over obstore, which speaks to local folders, S3 and memory alike."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from minutebook.errors import Kind, MinutebookError, not_found
from minutebook.kit.ids import new_id
from minutebook.storage.failures import told, unavailable
from minutebook.storage.keys import checked_key, checked_prefix
from minutebook.storage.pieces import FilePieces, ObjectPieces, Pieces
from minutebook.storage.ports import StoredObject
from minutebook.storage.upload import Upload

if TYPE_CHECKING:
    from obstore.store import ObjectStore

READ_BYTES = 4 * 1024 * 1024
"""Objects are read by ranges of this size, so that a slow reader holds no connection to the storage open."""

NOTHING = "probes/readiness"
"""A folder that is not there."""

AbortUnfinished = Callable[[datetime], Awaitable[int]]


async def nothing_unfinished(_before: datetime) -> int:
    """Where an upload that breaks off leaves nothing."""
    return 0


class ObjectStorage:
    """`folder` is where a local store keeps its files: what is written there is also flushed to disk, because a row
    in the database will say that it is there."""

    def __init__(
        self, store: "ObjectStore", folder: Path | None = None, abort_unfinished: AbortUnfinished = nothing_unfinished
    ) -> None:
        self._store = store
        self._folder = folder
        self._abort_unfinished = abort_unfinished
        self._pieces: Pieces = FilePieces(folder) if folder else ObjectPieces(self, store)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], *, max_bytes: int | None = None) -> StoredObject:
        """See the port."""
        upload = Upload(self._store, checked_key(key))
        try:
            stored = await upload.send(chunks, max_bytes)
            await self._flush(key)
        except BaseException:
            if upload.landed:
                await self.delete(key)
            raise
        return stored

    async def put_bytes(self, key: str, data: bytes) -> StoredObject:
        """See the port."""

        async def once() -> AsyncIterator[bytes]:
            yield data

        return await self.put_stream(key, once())

    async def put_piece(self, key: str, at: int, data: bytes) -> None:
        """See the port."""
        await self._pieces.put(checked_key(key), at, data)

    async def join(self, key: str, size: int) -> StoredObject:
        """See the port."""
        return await self._pieces.join(checked_key(key), size)

    async def get_bytes(self, key: str) -> bytes:
        """See the port."""
        import obstore

        with told(key):
            found = await obstore.get_async(self._store, checked_key(key))
            return bytes(await found.bytes_async())

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See the port. A range that reaches past the end stops there."""
        import obstore

        known = await self.head(key)
        if known is None:
            raise not_found("object")
        stop = known.size if end is None else min(end, known.size)
        while start < stop:
            until = min(start + READ_BYTES, stop)
            with told(key):
                piece = await obstore.get_range_async(self._store, key, start=start, end=until)
            yield bytes(piece)
            start = until

    async def head(self, key: str) -> StoredObject | None:
        """See the port."""
        import obstore

        try:
            with told(key):
                meta = await obstore.head_async(self._store, checked_key(key))
        except MinutebookError as error:
            if error.kind is Kind.NOT_FOUND:
                return None
            raise
        return StoredObject(key, meta["size"])

    async def listing(self) -> AsyncIterator[StoredObject]:
        """See the port."""
        import obstore

        with told("the list of objects"):
            async for batch in obstore.list(self._store, chunk_size=1000):
                for entry in batch:
                    yield StoredObject(entry["path"], entry["size"], etag=entry["e_tag"] or "")

    async def delete(self, key: str) -> None:
        """See the port."""
        await self._delete([checked_key(key)])

    async def delete_prefix(self, prefix: str) -> None:
        """See the port; a prefix names whole folders ("recordings/<id>")."""
        import obstore

        with told(prefix):
            batches = [
                [entry["path"] for entry in batch]
                async for batch in obstore.list(self._store, checked_prefix(prefix), chunk_size=1000)
            ]
        for batch in batches:
            await self._delete(batch)

    async def download(self, key: str, to: Path) -> None:
        """See the port. The file appears under its name when it is complete."""
        to.parent.mkdir(parents=True, exist_ok=True)
        part = to.with_name(to.name + ".part")
        try:
            with told(key), part.open("wb") as file:
                async for piece in self.stream(key):
                    await asyncio.to_thread(file.write, piece)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)

    async def look(self) -> None:
        """See the port. A list is asked for: of a single object S3 does not say whether it or the bucket is missing."""
        import obstore

        if self._folder is not None and not self._folder.is_dir():
            raise unavailable(str(self._folder), FileNotFoundError())
        with told(NOTHING):
            async for _ in obstore.list(self._store, NOTHING, chunk_size=1):
                return

    async def abort_unfinished(self, before: datetime) -> int:
        """See the port."""
        return await self._abort_unfinished(before)

    async def check(self) -> None:
        """See the port."""
        key, probe = f"probes/{new_id()}", b"minutebook"
        await self.put_bytes(key, probe)
        intact = await self.get_bytes(key) == probe
        await self.delete(key)
        if not intact:
            raise MinutebookError(
                Kind.UNAVAILABLE,
                "storage_corrupt",
                "The storage gave back other bytes than it was given. Do not use it.",
            )

    async def _delete(self, keys: list[str]) -> None:
        import obstore

        for key in keys:
            try:
                with told(key):
                    await obstore.delete_async(self._store, key)
            except MinutebookError as error:
                if error.kind is not Kind.NOT_FOUND:
                    raise

    async def _flush(self, key: str) -> None:
        if self._folder is not None:
            with told(key):
                await asyncio.to_thread(_flush_file, self._folder / key)


def _flush_file(path: Path) -> None:
    for target in (path, path.parent):
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
