"""The interface's languages: English in the code, every other one a catalogue `locales/<code>/messages.po`."""

from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Final

from fastapi import Request

from minutebook.api.web.catalogues import read_catalogue

FOLDER: Final = Path(__file__).parent / "locales"
SOURCE: Final = "en"
COOKIE: Final = "minutebook_language"
"""Holds the language that somebody chose; without it the browser's wish counts."""


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages, the source's first."""
    return (SOURCE, *sorted(file.parent.name for file in FOLDER.glob("*/messages.po")))


@cache
def catalogue(code: str) -> NullTranslations:
    """The words of a language; of one without a catalogue the source's."""
    file = FOLDER / code / "messages.po"
    if code not in languages() or code == SOURCE:
        return NullTranslations()
    return read_catalogue(file.read_text(encoding="utf-8"))


def language_of(request: Request) -> str:
    """The language in which this person reads: chosen, else wished for by the browser, else the source's."""
    chosen = request.cookies.get(COOKIE)
    if chosen in languages():
        return str(chosen)
    wished = request.headers.get("accept-language", "")[:200]
    codes = [part.partition(";")[0].strip().lower() for part in wished.split(",")]
    # A region's wish is met by its language: de-AT by de.
    fitting = (each for code in codes for each in (code, code.partition("-")[0]) if each in languages())
    return next(fitting, SOURCE)


def words_of(request: Request) -> NullTranslations:
    """The catalogue of the language in which this person reads."""
    return catalogue(language_of(request))
