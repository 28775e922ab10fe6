"""An upload that can be gone on with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from minutebook.errors import Kind, MinutebookError
from minutebook.recordings.model import original_key

PIECE_BYTES: Final = 8 * 1024 * 1024
"""What is held in memory before it is stored; at most so much has to be sent again after a break."""
KEPT_FOR: Final = timedelta(days=7)
"""How long an upload waits to be gone on with."""
AT_ONCE_MOST: Final = 100
"""Unfinished uploads of one owner."""


@dataclass(frozen=True, slots=True)
class PartialUpload:
    """A file of `size` bytes, the first `received` of which are stored. `id` becomes the recording's. `fields` are
    its sender's (what to call the meeting, and the like); `meeting_id` is there when the upload has become one."""

    id: str
    owner_id: str
    filename: str
    content_type: str
    size: int
    received: int
    fields: Mapping[str, str]
    created_at: datetime
    expires_at: datetime
    meeting_id: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.received == self.size

    @property
    def storage_key(self) -> str:
        """Where the file is kept."""
        return original_key(self.id, self.filename.rpartition(".")[2].lower())


def offset_differs(upload: PartialUpload) -> MinutebookError:
    """A piece does not begin where the stored ones end."""
    message = f"{upload.received} bytes of this upload are stored: go on from there."
    return MinutebookError(Kind.CONFLICT, "upload_offset_differs", message, field="Upload-Offset", retryable=True)


def piece_damaged() -> MinutebookError:
    """A piece is not what its checksum says."""
    message = "This piece arrived damaged and was not stored. Send it again."
    return MinutebookError(Kind.INVALID, "piece_damaged", message, field="Upload-Checksum", retryable=True)
