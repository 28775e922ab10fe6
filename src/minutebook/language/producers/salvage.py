"""What can be read of a model's answer: JSON in prose, in fences, after thoughts, as a bare list, cut off. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_THOUGHT: Final = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_THOUGHT_END: Final = re.compile(r"^.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_THOUGHT_OPEN: Final = re.compile(r"<think(?:ing)?>.*\Z", re.DOTALL | re.IGNORECASE)
_EMPTY: Final = re.compile(r"\[\s*\]")
_NUMBERS: Final = re.compile(r"[\s\[\]#]*\d{1,6}(?:[\s,;\[\]#]+\d{1,6})*[\s\[\]#]*")
_MOST_FAILURES: Final = 300
"""Braces that open nothing, after which the rest is not looked at."""
_WORDS_FOR_NOTHING: Final = frozenset(("", "null", "none", "n/a", "-"))


class UnreadableAnswerError(ValueError):
    """The model's answer is not the JSON that was asked for."""


def entries_of(answer: str, key: str = "items") -> list[Mapping[str, Any]]:
    """The complete objects of the list `key` of an answer, or of the list that it is, however they are wrapped; as many
    as came where the answer was cut. Raises `UnreadableAnswerError` where there are none and no empty list either."""
    said = spoken(answer)
    found: list[Mapping[str, Any]] = []
    listed = odd = False
    for value in _objects(said):
        inner = value.get(key)
        if isinstance(inner, list):
            listed = True
            found += [each for each in inner if isinstance(each, dict)]
        elif isinstance(value.get("text"), str):
            found.append(value)
        else:
            odd = True
    if found or listed or ("{" not in said and _EMPTY.search(said)):
        return found
    raise UnreadableAnswerError(f"has no list of {key}" if odd else "is not JSON")


def spoken(answer: str) -> str:
    """An answer without what the model thought aloud before it."""
    return _THOUGHT_OPEN.sub("", _THOUGHT_END.sub("", _THOUGHT.sub("", answer)))


def whole_numbers(value: Any) -> list[int]:
    """The line numbers that a value means: 2, [2, 3], "2", "[2]", "2, 3", 2.0."""
    if isinstance(value, bool):
        return []
    if isinstance(value, list):
        return [number for each in value if not isinstance(each, list) for number in whole_numbers(each)]
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return [int(value)]
    if isinstance(value, str) and _NUMBERS.fullmatch(value):
        return [int(number) for number in re.findall(r"\d+", value)]
    return []


def text_or_none(value: Any) -> str | None:
    """A text; None for what only says that there is none."""
    text = value.strip() if isinstance(value, str) else ""
    return None if text.casefold() in _WORDS_FOR_NOTHING else text


def truth(value: Any) -> bool | None:
    """A yes or no, also spelt."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "yes": True, "no": False}.get(str(value).strip().casefold())


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """The outermost objects that are complete, in order: of a list that is cut, its elements."""
    decoder = json.JSONDecoder()
    at, failures = text.find("{"), 0
    while at >= 0 and failures < _MOST_FAILURES:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end, failures = at + 1, failures + 1
        else:
            yield value
        at = text.find("{", end)
