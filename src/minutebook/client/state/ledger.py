"""How far each recording has come, so that an interrupted run goes on where it stopped."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from minutebook.client.errors import LocalFailure
from minutebook.client.state import files
from minutebook.client.state.locks import FileLock


@dataclass(frozen=True, slots=True)
class Progress:
    """What exists on the server for one source. `meeting_key` is chosen before the meeting is created."""

    meeting_key: str
    meeting_id: str | None = None
    recording_id: str | None = None


class Ledger(Protocol):
    """A place for progress, by the source's key."""

    def claim(self, key: str) -> AbstractContextManager[None]:
        """Keep other runs away from this recording; `LocalFailure` when one is at work on it."""
        ...

    def read(self, key: str) -> Progress | None:
        """What was noted last, or None."""
        ...

    def write(self, key: str, progress: Progress) -> None:
        """Note it; durable when this returns."""
        ...

    def erase(self, key: str) -> None:
        """The recording is done."""
        ...


class FileLedger:
    """One small file for each recording under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def claim(self, key: str) -> Iterator[None]:
        lock = FileLock(self._path(key).with_suffix(".lock"))
        if not lock.attempt():
            raise LocalFailure("Another run is at work on this recording; let it finish.", code="in_progress")
        try:
            yield
        finally:
            lock.release()

    def read(self, key: str) -> Progress | None:
        with suppress(FileNotFoundError, ValueError, TypeError):
            return Progress(**json.loads(self._path(key).read_text(encoding="utf-8")))
        return None

    def write(self, key: str, progress: Progress) -> None:
        path = self._path(key)
        files.replace(path, json.dumps(asdict(progress)).encode(), path.with_suffix(".new"))

    def erase(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"


class MemoryLedger:
    """Progress that lives as long as the program."""

    def __init__(self) -> None:
        self._progress: dict[str, Progress] = {}

    def claim(self, key: str) -> AbstractContextManager[None]:
        return nullcontext()

    def read(self, key: str) -> Progress | None:
        return self._progress.get(key)

    def write(self, key: str, progress: Progress) -> None:
        self._progress[key] = progress

    def erase(self, key: str) -> None:
        self._progress.pop(key, None)
