"""Where fetched models lie."""

from pathlib import Path
from typing import Final

from minutebook.speech.catalogue.entries import Entry

RECORD: Final = "fetched.json"
"""Beside the files of a fetched model: from which commit they are, and their sums."""


def folder_of(entry: Entry, models_dir: Path) -> Path:
    """Where a fetched model lies."""
    return models_dir / entry.name


def is_fetched(entry: Entry, models_dir: Path) -> bool:
    """Whether it is there, whole."""
    return (folder_of(entry, models_dir) / RECORD).is_file()
