"""Settings as the command line sees them: the environment, then what the command was told."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from minutebook.config import Settings
from minutebook.errors import invalid

PREFIX: Final = "MINUTEBOOK_"
NO_SETTINGS: Final = frozenset({"MINUTEBOOK_CALENDAR_PASSWORD"})
"""Variables that commands read by themselves."""


def settings_for(data_dir: Path | None) -> Settings:
    """The settings; `data_dir` replaces the configured one. A wrong variable is named in the error."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "MINUTEBOOK_" + "__".join(part for part in first["loc"] if isinstance(part, str)).upper()
        why = first["msg"].removeprefix("Value error, ")
        message = f"The setting {name} is wrong: {why}. It stands in the environment, or in the file .env here."
        raise invalid("setting_invalid", message, name) from None
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir.resolve()})
    return settings


def without_effect() -> list[str]:
    """A sentence for each variable of the environment or the file `.env` that is called like a setting and is none."""
    from dotenv import dotenv_values

    known = set(_names(Settings, PREFIX))
    unknown = {name.upper() for name in (*os.environ, *dotenv_values(".env"))} - known - NO_SETTINGS
    return [_unknown(name, known) for name in sorted(unknown) if name.startswith(PREFIX)]


def _names(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _names(inner, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def _unknown(name: str, known: set[str]) -> str:
    tail = [each for each in sorted(known) if each.endswith("__" + name.removeprefix(PREFIX))]
    near = tail or get_close_matches(name, known, n=1, cutoff=0.8)
    advice = f"Did you mean {near[0]}?" if near else "docs/configuration.md lists those that there are."
    return f"{name} is no setting and changes nothing. {advice}"
