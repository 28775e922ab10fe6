"""A ZIP archive that is sent while it is made: whatever its size, a few pieces of it are in memory."""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

CHECKSUMS = "checksums.sha256"
"""The last file: a line for each other one, as `sha256sum --check` reads them."""


class _Outlet(io.RawIOBase):
    """What is written here is taken out in pieces; there is no way back, so the archive has its sizes behind its
    files (APPNOTE 4.4.4, bit 3)."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._written.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What was written since."""
        pieces, self._written = self._written, []
        return b"".join(pieces)


class Archive:
    """Files in, pieces of the archive out; `end` is its last word."""

    def __init__(self, at: datetime) -> None:
        self._outlet = _Outlet()
        self._zip = zipfile.ZipFile(self._outlet, "w", zipfile.ZIP_DEFLATED)
        self._at = at.timetuple()[:6]
        self._sums: list[tuple[str, str]] = []

    async def add(self, name: str, chunks: AsyncIterator[bytes], *, packed: bool = False) -> AsyncIterator[bytes]:
        """A file, read as it comes; what is `packed` already is stored as it is."""
        entry = zipfile.ZipInfo(name, self._at)
        entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        digest = hashlib.sha256()
        with self._zip.open(entry, "w", force_zip64=True) as file:
            async for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
                yield self._outlet.taken()
        self._sums.append((digest.hexdigest(), name))
        yield self._outlet.taken()

    def add_text(self, name: str, text: str) -> bytes:
        """A short file."""
        data = text.encode()
        self._zip.writestr(zipfile.ZipInfo(name, self._at), data, zipfile.ZIP_DEFLATED)
        self._sums.append((hashlib.sha256(data).hexdigest(), name))
        return self._outlet.taken()

    def end(self) -> Iterator[bytes]:
        """The checksums and the directory."""
        yield self.add_text(CHECKSUMS, "".join(f"{digest}  {name}\n" for digest, name in self._sums))
        self._zip.close()
        yield self._outlet.taken()
