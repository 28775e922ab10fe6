"""The files that facts are read from: a platform's folder, and an operator's, whose files stand in place of those.

    <platform>/<page>.toml              the facts of one kind of page, see `model`
    <platform>/phrases/<language>.toml  what the platform's own language file says: `[phrases]`, texts by their names
                                        there, and `[facts]` with `version`, `date` and `source` of that file
    wordings/<language>.toml            how pages of any platform word a place: `[wordings]`, lists of patterns by
                                        "place" or "place cause", and `[facts]` as above

A sign that names `phrases` looks for those texts in every language that has them. Language files are the platform's own
and not passed on: only an operator has some. Wordings stand for places that no sign of a page's own tells; their order
is that of the English file.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

PACKAGE: Final = "minutebook.bots.platforms"
"""In whose folders they stand."""
PHRASES: Final = "phrases"
WORDINGS: Final = "wordings"
ENGLISH: Final = "en"
Phrases = Mapping[str, tuple[str, ...]]
"""Texts by the name that they have in the platform's language files, each once."""
NO_PHRASES: Final[Phrases] = MappingProxyType({})


class FactsError(ValueError):
    """A facts file says something that the format does not know."""


def facts_files(platform: str, folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """What stands in the files of a platform's kinds of pages, by their names. Raises `FactsError`, `OSError`."""
    return _read(files(PACKAGE) / platform, folder / platform if folder is not None else None)


@cache
def phrases_of(platform: str, folder: Path | None = None) -> Phrases:
    """What the platform's language files say, over all languages. Raises `FactsError`, `OSError`."""
    own = folder / platform / PHRASES if folder is not None else None
    found: dict[str, dict[str, None]] = {}
    for language, data in _read(files(PACKAGE) / platform / PHRASES, own).items():
        for name, text in _texts(language, data).items():
            found.setdefault(name, {})[text] = None
    return {name: tuple(texts) for name, texts in found.items()}


@cache
def wordings_of(folder: Path | None = None) -> tuple[Mapping[str, Any], ...]:
    """Signs by how pages word their places: one per place, with a pattern per language. Raises `FactsError`,
    `OSError`."""
    languages = _read(files(PACKAGE) / WORDINGS, folder / WORDINGS if folder is not None else None)
    found: dict[str, list[str]] = {}
    for language in sorted(languages, key=lambda each: (each != ENGLISH, each)):
        for told, pattern in _patterns(language, languages[language]).items():
            found.setdefault(told, []).append(pattern)
    return tuple(_worded(told, patterns) for told, patterns in found.items())


def _patterns(language: str, data: Mapping[str, Any]) -> Mapping[str, str]:
    found = data.get(WORDINGS, {})
    lists = all(
        isinstance(each, list) and each and all(isinstance(one, str) and one for one in each) for each in found.values()
    )
    if set(data) - {"facts", WORDINGS} or not lists:
        raise FactsError(f"{WORDINGS}/{language}.toml: it has {WORDINGS}, lists of patterns, and where they are from")
    return {told: "|".join(patterns) for told, patterns in found.items()}


def _worded(told: str, patterns: list[str]) -> Mapping[str, Any]:
    place, _, cause = told.partition(" ")
    return {"place": place, "patterns": patterns, "source": "guess", **({"cause": cause} if cause else {})}


def spoken(data: Mapping[str, Any], phrases: Phrases) -> Mapping[str, Any]:
    """A file's data, with the texts of phrases in place of their names; signs that say nothing without them are left
    out."""
    if "sign" not in data:
        return data
    signs = (_spoken(sign, phrases) for sign in data["sign"])
    return {**data, "sign": [sign for sign in signs if sign is not None]}


def _spoken(sign: Mapping[str, Any], phrases: Phrases) -> Mapping[str, Any] | None:
    if PHRASES not in sign:
        return sign
    said = (text for each in sign[PHRASES] for text in phrases.get(each, ()))
    texts = list(dict.fromkeys([*sign.get("texts", []), *said]))
    others = {key: value for key, value in sign.items() if key != PHRASES}
    return {**others, "texts": texts} if texts or any(key in sign for key in ("selectors", "labels", "url")) else None


def _texts(language: str, data: Mapping[str, Any]) -> Mapping[str, str]:
    found = data.get(PHRASES, {})
    if set(data) - {"facts", PHRASES} or not all(isinstance(text, str) and text for text in found.values()):
        raise FactsError(f"{PHRASES}/{language}.toml: it has {PHRASES}, which are texts, and where they are from")
    return dict(found)


def _read(here: Traversable, theirs: Path | None) -> dict[str, dict[str, Any]]:
    texts = dict(_files(here))
    if theirs is not None:
        texts |= dict(_files(theirs))
    return {name: _toml(name, path.read_text(encoding="utf-8")) for name, path in sorted(texts.items())}


def _files(folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    if folder.is_dir():
        yield from ((each.name.removesuffix(".toml"), each) for each in folder.iterdir() if each.name.endswith(".toml"))


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FactsError(f"{name}.toml cannot be read: {error}") from error
