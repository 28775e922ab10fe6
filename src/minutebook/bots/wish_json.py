"""A bot's wish as JSON, and what lists search it by. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from minutebook.bots.model import (
    BotWish,
    LeaveRules,
    RecordingMode,
    SpeechProvider,
    SpeechToText,
    Streaming,
    ZoomAccess,
)
from minutebook.errors import invalid
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


def check_json(value: object, field: str) -> None:
    """Raise `json_invalid` for a value that has no JSON form: NaN and the infinities, which Python's parser takes."""
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as error:
        raise invalid("json_invalid", f"`{field}` holds something that is not JSON ({error}).", field) from error


def wish_to_json(wish: BotWish) -> dict[str, Any]:
    """The wish as JSON: members by their names, moments in ISO form."""
    start_at = wish.start_at.isoformat() if wish.start_at else None
    return {**asdict(wish), "start_at": start_at}


def wish_from_json(kept: Mapping[str, Any]) -> BotWish:
    """The inverse."""
    speech = kept["speech_to_text"]
    return BotWish(
        **{
            **kept,
            "recording_mode": RecordingMode(kept["recording_mode"]),
            "start_at": datetime.fromisoformat(kept["start_at"]) if kept["start_at"] else None,
            "speech_to_text": SpeechToText(**{**speech, "provider": SpeechProvider(speech["provider"])})
            if speech
            else None,
            "leave": LeaveRules(**kept["leave"]),
            "streaming": Streaming(**kept["streaming"]),
            "zoom": ZoomAccess(**kept["zoom"]),
        }
    )
