"""What lists search bots by: names, and the members of `extra` as text. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from minutebook.kit.ids import fingerprint
from minutebook.kit.text import is_storable

HEAD_CHARS: Final = 200
"""Of names and values of `extra`, so much goes into an index (Postgres: at most 2704 bytes an entry)."""


@dataclass(frozen=True, slots=True)
class ExtraRow:
    """One top-level member of `extra`: its name as it is looked up, its value as text, and the value's beginning."""

    field: str
    value: str

    @property
    def head(self) -> str:
        """What of the value is in the index."""
        return self.value[:HEAD_CHARS]


def extra_rows(extra: object) -> Sequence[ExtraRow]:
    """The members by which a bot is found; none for an `extra` that is no object."""
    if not isinstance(extra, Mapping):
        return ()
    rows = {field_key(str(name)): value_text(value) for name, value in extra.items()}
    return tuple(ExtraRow(field, value) for field, value in rows.items())


def field_key(name: str) -> str:
    """A member's name as `bot_extras.field` holds it: itself, or its SHA-256 when no index could hold it."""
    return name if len(name) <= HEAD_CHARS and is_storable(name) else fingerprint(json.dumps(name))


def value_text(value: object) -> str:
    """A member's value as `bot_extras.value` holds it: a string itself, anything else its JSON text; the JSON text,
    too, for a string that databases refuse."""
    if isinstance(value, str) and is_storable(value):
        return value
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if is_storable(text) else json.dumps(value, separators=(",", ":"))
