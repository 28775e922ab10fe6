"""A bot's wish as JSON. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

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
