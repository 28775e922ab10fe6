"""Days and moments as a language writes them, by the patterns that `make messages` takes from the CLDR
(https://unicode.org/reports/tr35/tr35-dates.html)."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal

from minutebook.api.web.languages import FOLDER

_FIELD: Final = re.compile(r"'([^']*)'|(([a-zA-Z])\3*)")


@cache
def _facts(language: str) -> Mapping[str, Any]:
    return json.loads((FOLDER / language / "dates.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def own_name(language: str) -> str:
    """What a language calls itself."""
    return str(_facts(language)["name"])


def written_day(at: date, length: Literal["medium", "long"], language: str) -> str:
    """A day; a long one with its month in full."""
    return _written(at, _facts(language)[length], language)


def written_moment(at: datetime, language: str) -> str:
    """A day and a time of day, to the second, as its zone has them."""
    return _written(at, _facts(language)["moment"], language)


def _written(at: date, pattern: str, language: str) -> str:
    return _FIELD.sub(lambda found: found[1] if found[2] is None else _field(at, found[2], language), pattern)


def _field(at: date, field: str, language: str) -> str:
    facts = _facts(language)
    if field in {"MMM", "MMMM"}:
        return str(facts["months"][field][at.month - 1])
    time = at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)
    if field == "a":
        return str(facts["halves"][time.hour >= 12])
    numbers = {"y": at.year, "M": at.month, "d": at.day, "H": time.hour, "h": time.hour % 12 or 12}
    number = (numbers | {"m": time.minute, "s": time.second})[field[0]]
    return f"{number:0{len(field)}}"
