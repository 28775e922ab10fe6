"""Languages by whatever they are called: codes, tags with a region, English names. One table for all doors."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from minutebook.errors import invalid

UNTOLD = frozenset({"", "auto"})
"""What stands for "find out yourself"."""


def language_code(told: object) -> str | None:
    """The code of a language that is told by a code (ISO 639, also withdrawn ones), a tag (BCP 47: `en-US`, also with
    underscores) or its English name, in any case; None for what is none of these. Codes are those of
    `languages.toml`."""
    text = unicodedata.normalize("NFC", str(told)).strip().casefold()
    known = _known()
    return known.get(text) or known.get(text.replace("_", "-").partition("-")[0])


def language_name(code: str) -> str:
    """The English name of a code from here; the code itself for another."""
    names = _table().get(code, {}).get("names", [code])
    return str(names[0])


def checked_language(told: object, field: str = "language") -> str | None:
    """The code of the language that a user tells, None when it is to be detected (None, empty, `auto`). Raises
    `language_invalid`, naming `field`."""
    if told is None or (isinstance(told, str) and told.strip().casefold() in UNTOLD):
        return None
    code = language_code(told) if isinstance(told, str) else None
    if code is None:
        shown = f"`{told[:40]}` is none" if isinstance(told, str) and told.isprintable() else "this is none"
        message = f"`{field}` is a language by its code (`de`, `pt-BR`) or its English name (`German`); {shown}."
        raise invalid("language_invalid", message, field)
    return code


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    table: dict[str, Mapping[str, list[str]]] = tomllib.loads(
        files("minutebook.kit").joinpath("languages.toml").read_text(encoding="utf-8")
    )
    return table


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    return {name.casefold(): code for code, row in _table().items() for name in (code, *row["codes"], *row["names"])}
