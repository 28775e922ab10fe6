"""The models that are known by name, as data (`catalogue.toml`), and which of them suits a machine. Pure."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from minutebook.errors import Kind, MinutebookError

EngineName = Literal["faster-whisper", "onnx-asr"]

FREE_SHARE: Final = 0.5
"""The model may take this share of the machine's memory: server and browser need some too."""
SPARE: Final = 4.0
"""A recording is to be done in a quarter of its length."""
BASE_CPU: Final = 0.2
"""Seconds of processor time per second of sound that `base` costs where it was measured (docs/benchmarks.md)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model. `languages` is a number, or the codes with blanks between; `files` are those of the hub's `repository`
    that are needed; a `bundled` one comes with a Python package."""

    name: str
    engine: EngineName
    size_mb: int
    memory_mb: int
    work: float
    rank: int
    licence: str
    languages: str
    repository: str = ""
    files: tuple[str, ...] = ()
    bundled: bool = False

    @property
    def spoken(self) -> str:
        """The languages, for a reader."""
        codes = self.languages.split()
        return f"{self.languages} languages" if self.languages.isdigit() else _few(codes)


def _few(codes: list[str]) -> str:
    return " ".join(codes) if len(codes) <= 3 else f"{len(codes)} languages"


@cache
def entries() -> tuple[Entry, ...]:
    """All of them, the simplest first."""
    rows = tomllib.loads((files(__package__) / "catalogue.toml").read_text(encoding="utf-8"))
    found = (Entry(name, **{**row, "files": tuple(row.get("files", ()))}) for name, row in rows.items())
    return tuple(sorted(found, key=lambda entry: (entry.rank, entry.work)))


def entry_of(name: str) -> Entry:
    """The model of this name; raises `model_unknown`."""
    for entry in entries():
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in entries())
    raise MinutebookError(Kind.NOT_FOUND, "model_unknown", f"There is no model {name!r}. Known are: {known}.")


def recommended(memory_mb: float, cores: int) -> Entry:
    """The best model that a machine with so much memory and so many cores runs with time to spare."""
    fitting = [
        entry
        for entry in entries()
        if entry.memory_mb <= FREE_SHARE * memory_mb and entry.work * BASE_CPU * SPARE <= cores
    ]
    many = [entry for entry in fitting if entry.languages != "en"]
    return max(many, key=lambda entry: (entry.rank, -entry.work), default=entry_of("base"))
