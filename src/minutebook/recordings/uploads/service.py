"""What can be done with uploads that can be gone on with.

The walk: `begin` notes what is coming, and plans that everything of it is deleted when nobody goes on; `receive` stores
pieces as they come and notes each; `join` makes the file of them, which is attached to a meeting like any other
received file. Whatever crashes where, what was noted is stored, and what is stored is known to the database.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import is_id, new_id
from minutebook.recordings.formats import HEAD_BYTES, accepted_format, check_declared
from minutebook.recordings.model import Received, checked_filename, prefix_of
from minutebook.recordings.repository import plan_disposal
from minutebook.recordings.service import Recordings
from minutebook.recordings.uploads import repository
from minutebook.recordings.uploads.model import (
    AT_ONCE_MOST,
    KEPT_FOR,
    PIECE_BYTES,
    PartialUpload,
    offset_differs,
    piece_damaged,
)
from minutebook.storage.ports import Storage


class Uploads:
    """Uploads of their owners: nobody else's are ever found."""

    def __init__(self, db: Database, storage: Storage, clock: Clock, recordings: Recordings, max_bytes: int) -> None:
        self._db = db
        self._storage = storage
        self._clock = clock
        self._recordings = recordings
        self._max_bytes = max_bytes

    async def begin(
        self, owner_id: str, filename: str, content_type: str, size: int, fields: Mapping[str, str]
    ) -> PartialUpload:
        """Announce a file of `size` bytes. Raises what speaks against it before a byte is sent: the codes of
        `formats.check_declared`, `filename_required`, `file_empty`, `file_too_large`, `storage_full`,
        `uploads_too_many`."""
        filename = checked_filename(filename)
        check_declared(filename, content_type)
        if size < 1:
            raise invalid("file_empty", f"{filename} is empty (0 bytes).", "file")
        if size > self._max_bytes:
            message = f"The file is larger than the {self._max_bytes} bytes that are accepted."
            raise MinutebookError(Kind.TOO_LARGE, "file_too_large", message, field="file")
        self._recordings.check_room(size)
        now = self._clock.now()
        upload = PartialUpload(
            new_id(), owner_id, filename, content_type, size, 0, dict(fields), now, now + KEPT_FOR, None
        )
        async with self._db.transaction() as tx:
            if len(await self.unfinished(tx, owner_id)) >= AT_ONCE_MOST:
                message = f"{AT_ONCE_MOST} uploads are unfinished. Go on with some of them, or discard them."
                raise MinutebookError(Kind.CONFLICT, "uploads_too_many", message)
            await plan_disposal(tx, prefix_of(upload.id), upload.expires_at)
            await repository.add(tx, upload)
        return upload

    async def get(self, tx: AsyncConnection, owner_id: str, upload_id: str, *, lock: bool = False) -> PartialUpload:
        """One upload; `upload_not_found` when there is none of this owner, or it has expired. `lock` keeps other
        writers off it."""
        found = await repository.find(tx, owner_id, upload_id, lock=lock) if is_id(upload_id) else None
        if found is None or found.expires_at <= self._clock.now():
            raise not_found("upload")
        return found

    async def unfinished(self, tx: AsyncConnection, owner_id: str) -> Sequence[PartialUpload]:
        """What can be gone on with, newest first."""
        return [each for each in await self.known(tx, owner_id) if each.meeting_id is None]

    async def known(self, tx: AsyncConnection, owner_id: str) -> Sequence[PartialUpload]:
        """What can be gone on with, and what has become a meeting of which its sender has not heard yet, newest
        first."""
        return await repository.known(tx, owner_id, self._clock.now())

    async def receive(
        self, upload: PartialUpload, at: int, chunks: AsyncIterator[bytes], sha256: bytes | None = None
    ) -> PartialUpload:
        """Store what comes from offset `at` on; returns the upload as it stands then. When the stream breaks off, what
        came of it stays. With `sha256` the bytes have to be one piece, and count only when they are what it says.

        Raises `upload_offset_differs`, `upload_too_long`, `piece_damaged`, `piece_too_long`, `storage_full`, and, for
        a file that is not what its name says, the codes of `formats.accepted_format`: then the upload is given up.
        """
        if at != upload.received:
            raise offset_differs(upload)
        held = bytearray()
        try:
            async for chunk in chunks:
                held += chunk
                if upload.received + len(held) > upload.size:
                    raise invalid("upload_too_long", f"This upload was announced with {upload.size} bytes.", "file")
                if sha256 is not None and len(held) > PIECE_BYTES:
                    message = f"A piece with a checksum has at most {PIECE_BYTES} bytes."
                    raise invalid("piece_too_long", message, "Upload-Checksum")
                while sha256 is None and len(held) >= PIECE_BYTES:
                    upload = await self._keep(upload, bytes(held[:PIECE_BYTES]))
                    del held[:PIECE_BYTES]
        except MinutebookError:
            raise
        except Exception:
            # The connection broke: whatever is whole enough to be judged stays.
            if sha256 is None and len(held) + upload.received >= HEAD_BYTES:
                await self._keep(upload, bytes(held))
            raise
        if sha256 is not None and hashlib.sha256(held).digest() != sha256:
            raise piece_damaged()
        return await self._keep(upload, bytes(held)) if held else upload

    async def _keep(self, upload: PartialUpload, piece: bytes) -> PartialUpload:
        if not piece:
            return upload
        if upload.received == 0:
            await self._judge(upload, piece)
        self._recordings.check_room(len(piece))
        await self._storage.put_piece(upload.storage_key, upload.received, piece)
        longer = replace(upload, received=upload.received + len(piece))
        async with self._db.transaction() as tx:
            if not await repository.advance(tx, upload, longer.received):
                raise offset_differs(await self.get(tx, upload.owner_id, upload.id))
        return longer

    async def _judge(self, upload: PartialUpload, head: bytes) -> None:
        if len(head) < min(HEAD_BYTES, upload.size):
            message = f"The first piece has {len(head)} bytes; at least {HEAD_BYTES} are needed to know the file."
            raise invalid("piece_too_short", message, "file")
        try:
            accepted_format(upload.filename, upload.content_type, head)
        except MinutebookError:
            async with self._db.transaction() as tx:
                await self.give_up(tx, upload)
            raise

    async def join(self, upload: PartialUpload) -> Received:
        """The file of a whole upload, to be attached to a meeting."""
        stored = await self._storage.join(upload.storage_key, upload.size)
        return Received(upload.id, upload.filename, upload.content_type, stored.size, stored.sha256, stored.key)

    async def finish(self, tx: AsyncConnection, upload: PartialUpload, meeting_id: str) -> None:
        """Note the meeting that an upload has become."""
        await repository.finish(tx, upload.id, meeting_id)

    async def give_up(self, tx: AsyncConnection, upload: PartialUpload) -> None:
        """Forget an upload, with what is stored of it unless that has become a meeting."""
        await repository.remove(tx, upload.id)
        if upload.meeting_id is None:
            await self._recordings.dispose(tx, prefix_of(upload.id))

    async def forget_expired(self) -> int:
        """Forget uploads that nobody went on with; their bytes go by the disposal planned for them."""
        async with self._db.transaction() as tx:
            return await repository.remove_expired(tx, self._clock.now())
