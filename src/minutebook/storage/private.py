"""The data directory belongs to who runs the program: nobody else on the machine reads recordings or keys."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from minutebook.errors import invalid

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
OTHERS: Final = 0o077
"""The permissions of group and others."""


def keep_private(folder: Path) -> None:
    """Make the folder, unless it is there; everything that this process makes from now on is private. Raises
    `data_dir_unusable`."""
    os.umask(OTHERS)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    except OSError as error:
        why = "it is a file" if folder.is_file() else error.strerror
        message = f"{folder} cannot be the data directory: {why}. MINUTEBOOK_DATA_DIR, or --data-dir, names another."
        raise invalid("data_dir_unusable", message, "data_dir") from error


def make_private(folder: Path, *, thoroughly: bool = False) -> int:
    """Make the folder and take everybody else's permissions away; returns from how many entries.

    All that lies below is looked at when the folder itself was open, or `thoroughly`; otherwise its own entries, since
    nobody gets past it. Everything that this process makes from now on is private. What belongs to somebody else or
    disappears meanwhile is left alone.
    """
    keep_private(folder)
    thoroughly = thoroughly or bool(folder.stat().st_mode & OTHERS)
    return sum(_mend(path) for path in (folder, *_below(folder, thoroughly)))


def _below(folder: Path, thoroughly: bool) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))
        if not thoroughly:
            return


def _mend(path: Path) -> bool:
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) or not found.st_mode & OTHERS:
            return False
        path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    except OSError:
        return False
    return True
