"""The object storage port: bytes under keys, on local disk, in S3, or in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is known of an object: its key, its size in bytes, and (when just written) its SHA-256 in hex or (when
    listed) the storage's mark of this version of it."""

    key: str
    size: int
    sha256: str = ""
    etag: str = ""


class Storage(Protocol):
    """Keys are relative paths ("recordings/<id>/original.flac"). A write becomes visible whole or not at all."""

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], *, max_bytes: int | None = None) -> StoredObject:
        """Store a stream without holding it in memory; more than `max_bytes` raises `too_large`. When the stream
        raises or the caller is cancelled, nothing is left behind."""
        ...

    async def put_bytes(self, key: str, data: bytes) -> StoredObject:
        """Store a small object, replacing one that is there."""
        ...

    async def put_piece(self, key: str, at: int, data: bytes) -> None:
        """Keep a piece of an object that comes piece by piece, `at` bytes from its beginning; a piece that is sent
        again replaces itself. Under `key` nothing is visible before `join`; pieces have keys below its folder, so
        that `delete_prefix` of that takes them too."""
        ...

    async def join(self, key: str, size: int) -> StoredObject:
        """Make an object of its pieces, which have to be `size` bytes without a gap (`not_found` otherwise). Joining
        again tells the same."""
        ...

    async def get_bytes(self, key: str) -> bytes:
        """A small object whole; `not_found` when there is none."""
        ...

    def stream(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes [start, end) in pieces; `not_found` when there is none."""
        ...

    async def head(self, key: str) -> StoredObject | None:
        """Size of an object, or None."""
        ...

    def listing(self) -> AsyncIterator[StoredObject]:
        """All objects that are there, in no order. What is written or removed meanwhile may be listed or not."""
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Remove everything whose key starts with `prefix`."""
        ...

    async def download(self, key: str, to: Path) -> None:
        """Copy an object to a local file, in pieces."""
        ...

    async def look(self) -> None:
        """Raise the outage when the storage does not answer, or its bucket or folder is not there; reads only."""
        ...

    async def abort_unfinished(self, before: datetime) -> int:
        """Give up uploads that were begun before a moment and neither completed nor taken back; returns how many."""
        ...

    async def check(self) -> None:
        """Write, read and remove a probe object; raises with a sentence that says what to do when that fails."""
        ...
