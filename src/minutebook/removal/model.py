"""What says that somebody's data is gone."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RemovedFile:
    """A recording that was removed: `size` in bytes, `sha256` of its bytes in hex."""

    id: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was removed with a user. It names nobody: the address is there as its SHA-256, so that who knows it can
    recognise it. `rows` counts by table."""

    user_id: str
    email_sha256: str
    removed_at: datetime
    rows: Mapping[str, int]
    recordings: Sequence[RemovedFile]

    def document(self) -> dict[str, object]:
        """As JSON values, with the SHA-256 of the rest (sorted keys, no blanks) under `sha256`."""
        document: dict[str, object] = {
            "user_id": self.user_id,
            "email_sha256": self.email_sha256,
            "removed_at": self.removed_at.isoformat(),
            "rows": dict(self.rows),
            "recordings": [asdict(file) for file in self.recordings],
            "recordings_bytes": sum(file.size for file in self.recordings),
        }
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
        return document | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}
