"""One streamed upload: the caller's stream on one side, the storage library on the other. What fits into one part is
sent in one request."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from minutebook.errors import Kind, MinutebookError
from minutebook.storage.failures import told
from minutebook.storage.ports import StoredObject

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PIECE_BYTES = 1024 * 1024
"""Small network chunks are gathered to pieces of this size before they cross over."""
PART_BYTES = 8 * 1024 * 1024
"""Part of a multipart upload: 10,000 of them, S3's limit, make 80 GB."""
PARTS_AT_ONCE = 1
"""One: then the library takes no piece while a part is under way, see `_pieces`."""


class BrokenOffError(Exception):
    """Told to the storage library so that it takes back what it has written; never leaves this module's callers."""


class Upload:
    """The caller's stream is read in the caller's own task; the library pulls from a short queue. A cancelled upload
    must end by an exception in the stream: only then does the library abort what it sent (a dropped S3 multipart
    upload would stay in the bucket, invisible and paid for)."""

    def __init__(self, store: "ObjectStore", key: str) -> None:
        self._store = store
        self._key = key
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=PART_BYTES // PIECE_BYTES)
        self._broken = False
        self._sending: asyncio.Future[Any] | None = None

    async def send(self, chunks: AsyncIterator[bytes], max_bytes: int | None) -> StoredObject:
        """Pass the whole stream on; returns what was stored. Any exception leaves nothing in the storage."""
        try:
            stored = await self._pump(_pieces_of(chunks), max_bytes)
            with told(self._key):
                await asyncio.shield(self._begun())
        except BaseException:
            await self._take_back()
            raise
        return stored

    @property
    def landed(self) -> bool:
        """Whether the object became visible, although the caller may have been cancelled meanwhile."""
        sending = self._sending
        return sending is not None and sending.done() and not sending.cancelled() and sending.exception() is None

    async def _pump(self, pieces: AsyncIterator[bytes], max_bytes: int | None) -> StoredObject:
        digest, size, held = hashlib.sha256(), 0, bytearray()
        async for piece in pieces:
            size += len(piece)
            if max_bytes is not None and size > max_bytes:
                raise _too_large(max_bytes)
            digest.update(piece)
            if size <= PART_BYTES:
                held += piece
                continue
            await self._hand_over(bytes(held))
            held.clear()
            await self._hand_over(piece)
            if self._begun().done():
                break
        if self._sending is None:
            self._send_at_once(bytes(held))
        else:
            await self._hand_over(None)
        return StoredObject(self._key, size, digest.hexdigest())

    def _send_at_once(self, data: bytes) -> None:
        import obstore

        self._sending = asyncio.ensure_future(obstore.put_async(self._store, self._key, data, use_multipart=False))

    def _begun(self) -> "asyncio.Future[Any]":
        """The multipart upload; begun when it is first asked for."""
        import obstore

        if self._sending is None:
            parts = obstore.put_async(
                self._store, self._key, self._pieces(), chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
            )
            sending = asyncio.ensure_future(parts)
            sending.add_done_callback(lambda _: self._drain())
            self._sending = sending
        return self._sending

    async def _hand_over(self, piece: bytes | None) -> None:
        if piece != b"" and not self._begun().done():
            await self._queue.put(piece)

    async def _pieces(self) -> AsyncIterator[bytes]:
        while (piece := await self._queue.get()) is not None:
            yield piece
        if self._broken:
            # An upload must not be taken back while a part of it is under way: S3 may keep a part that arrives later.
            # The library takes a piece when no part is; the first of these may complete one, the second does not.
            yield b"."
            yield b"."
            raise BrokenOffError

    async def _take_back(self) -> None:
        if self._sending is None:
            return
        self._broken = True
        self._drain()
        self._queue.put_nowait(None)
        await asyncio.wait({self._sending})

    def _drain(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()


async def _pieces_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Chunks of the network, gathered to pieces."""
    piece = bytearray()
    async for chunk in chunks:
        piece += chunk
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _too_large(max_bytes: int) -> MinutebookError:
    return MinutebookError(
        Kind.TOO_LARGE,
        "file_too_large",
        f"The file is larger than the {max_bytes} bytes that are accepted.",
        field="file",
    )
