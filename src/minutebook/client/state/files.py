"""Small files that are either whole and new, or whole and old, whatever happens while they are written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from minutebook.client.errors import LocalFailure

PRIVATE = 0o600


def reserve(temporary: Path, size: int) -> None:
    """Create a private file with `size` bytes really allocated, so that writing into it later needs no room."""
    with _sentence(temporary.parent):
        temporary.parent.mkdir(parents=True, exist_ok=True)
        _fill(temporary, b" " * size, truncate=False)


def replace(path: Path, content: bytes, temporary: Path) -> None:
    """Put `content` at `path` atomically, by way of `temporary` in the same folder. Mode 0600."""
    with _sentence(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        _fill(temporary, content, truncate=True)
        temporary.replace(path)
        _sync_folder(path.parent)


def _fill(path: Path, content: bytes, truncate: bool) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), PRIVATE)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, PRIVATE)
        written = 0
        while written < len(content):
            written += os.write(descriptor, content[written:])
        if truncate:
            os.ftruncate(descriptor, len(content))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where folders can be opened (not on Windows)."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _sentence(folder: Path) -> Iterator[None]:
    """Turn an operating system's error into one that names the folder and what to do."""
    try:
        yield
    except OSError as error:
        raise LocalFailure(
            f"{folder} cannot be written to: {error.strerror or error}. "
            "Make room or give the right to write there, or name another place.",
            code="not_writable",
        ) from error
