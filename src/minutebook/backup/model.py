"""What a backup says of itself: the manifest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from minutebook.errors import Kind, MinutebookError

DAMAGED = "backup_damaged"
FORMAT = 1
"""Of the folder's layout. A program reads the formats up to its own."""


@dataclass(frozen=True, slots=True)
class KeptTable:
    """How many rows of a table there are, and the sum of their SHA-256 (hex), whatever order they stand in."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class KeptObject:
    """An object's size in bytes, the SHA-256 of its bytes (hex), and the storage's own mark of this version of it."""

    size: int
    sha256: str
    etag: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup: when it was made, by which program, over which revision of the schema, and what is in it."""

    made_at: datetime
    program: str
    schema: str
    tables: Mapping[str, KeptTable]
    objects: Mapping[str, KeptObject]

    def to_json(self) -> str:
        """As it is written to `manifest.json`."""
        return json.dumps({"format": FORMAT, **asdict(self), "made_at": self.made_at.isoformat()}, indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Read what `to_json` wrote; raises `backup_damaged` and `backup_newer`."""
        try:
            told = json.loads(text)
            if told["format"] > FORMAT:
                raise newer(f"was written in format {told['format']}, and this program reads up to {FORMAT}")
            return cls(
                made_at=datetime.fromisoformat(told["made_at"]),
                program=told["program"],
                schema=told["schema"],
                tables={name: KeptTable(**table) for name, table in told["tables"].items()},
                objects={key: KeptObject(**kept) for key, kept in told["objects"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged("its manifest cannot be read") from error


@dataclass(frozen=True, slots=True)
class Summary:
    """What was done: objects and bytes in all, and how many of them had to be copied."""

    name: str
    rows: int
    objects: int
    size: int
    copied: int
    copied_size: int

    @classmethod
    def of(cls, name: str, manifest: Manifest, copied: Sequence[int]) -> "Summary":
        """Count what the manifest lists; `copied` are the sizes of the objects that were copied."""
        return cls(
            name=name,
            rows=sum(table.rows for table in manifest.tables.values()),
            objects=len(manifest.objects),
            size=sum(kept.size for kept in manifest.objects.values()),
            copied=len(copied),
            copied_size=sum(copied),
        )


def damaged(how: str) -> MinutebookError:
    """A backup that is not whole."""
    return MinutebookError(Kind.INVALID, DAMAGED, f"This backup is damaged: {how}. Nothing of it was put to use.")


def newer(how: str) -> MinutebookError:
    """A backup that this program is too old for."""
    return MinutebookError(
        Kind.CONFLICT, "backup_newer", f"This backup {how}. Install the version that made it, or a later one."
    )
