"""The interface's languages: English in the code, every other one a catalogue `locales/<code>/messages.po`."""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.core import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from fastapi import Request

FOLDER: Final = Path(__file__).parent / "locales"
SOURCE: Final = "en"
COOKIE: Final = "minutebook_language"
"""Holds the language that somebody chose; without it the browser's wish counts."""


@cache
def languages() -> tuple[str, ...]:
    """The codes of all languages, the source's first."""
    return (SOURCE, *sorted(file.parent.name for file in FOLDER.glob("*/messages.po")))


def own_name(code: str) -> str:
    """What a language calls itself."""
    return (Locale.parse(code).get_display_name() or code).capitalize()


@cache
def catalogue(code: str) -> NullTranslations:
    """The words of a language; of one without a catalogue the source's."""
    file = FOLDER / code / "messages.po"
    if code not in languages() or code == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return Translations(compiled)


def language_of(request: Request) -> str:
    """The language in which this person reads: chosen, else wished for by the browser, else the source's."""
    chosen = request.cookies.get(COOKIE)
    if chosen in languages():
        return str(chosen)
    wished = request.headers.get("accept-language", "")[:200]
    codes = [part.partition(";")[0].strip() for part in wished.split(",")]
    return negotiate_locale([code for code in codes if code], languages(), sep="-") or SOURCE


def words_of(request: Request) -> NullTranslations:
    """The catalogue of the language in which this person reads."""
    return catalogue(language_of(request))
