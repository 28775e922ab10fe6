"""Room on the local disk that uploads leave, so that the database and the work under way never run out of it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from minutebook.errors import MinutebookError
from minutebook.storage.failures import no_room


@dataclass(frozen=True, slots=True)
class Reserve:
    """At least `at_least` bytes stay free where `folder` is; without a folder nothing local is at stake."""

    folder: Path | None = None
    at_least: int = 0

    def shortage(self, coming: int = 0) -> MinutebookError | None:
        """`storage_full`, when `coming` bytes more would reach into the reserve."""
        if self.folder is None:
            return None
        free = shutil.disk_usage(self.folder).free
        if free - coming >= self.at_least:
            return None
        return no_room(
            f"for recordings: {free >> 20} MiB are free where the data is kept, {self.at_least >> 20} MiB of them "
            "are reserved for work under way (MINUTEBOOK_HTTP__RESERVE_BYTES)"
        )

    def check(self, coming: int = 0) -> None:
        """Raise the shortage, if there is one."""
        if (shortage := self.shortage(coming)) is not None:
            raise shortage


NOTHING_LOCAL: Final = Reserve()
