"""Which model is in use: what the settings say, else what `minutebook models use` noted in the models' folder."""

import json
from pathlib import Path
from typing import Final

from minutebook.config import SpeechSettings
from minutebook.speech.catalogue.entries import Entry, entries

NOTE: Final = "in-use.json"


def chosen(speech: SpeechSettings, models_dir: Path) -> SpeechSettings:
    """The settings with the noted model, unless they name a model or an engine themselves."""
    name = noted(models_dir)
    if name is None or told(speech):
        return speech
    return named(name, speech)


def named(model: str | None, speech: SpeechSettings) -> SpeechSettings:
    """The settings with a model that somebody names now, and the engine that goes with it."""
    entry = next((entry for entry in entries() if entry.name == model), None)
    change = {"model": model, **({"engine": entry.engine} if entry else {})}
    return speech.model_copy(update=change if model else {})


def told(speech: SpeechSettings) -> bool:
    """Whether the settings name a model or an engine."""
    return bool(speech.model_fields_set & {"model", "engine"})


def noted(models_dir: Path) -> str | None:
    """The name that was noted; None when there is none that can be read."""
    try:
        note = json.loads((models_dir / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    name = note.get("model") if isinstance(note, dict) else None
    return name if isinstance(name, str) else None


def note(entry: Entry, models_dir: Path) -> None:
    """Use this model from now on, in every process that starts."""
    models_dir.mkdir(parents=True, exist_ok=True)
    beside = models_dir / f".{NOTE}"
    beside.write_text(json.dumps({"model": entry.name}), encoding="utf-8")
    beside.replace(models_dir / NOTE)
