"""What bots tell the rest: kinds of event, each with the bot as its subject."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from minutebook.bots.model import Bot
from minutebook.bots.states import StatusCode
from minutebook.db.events import Event

CREATED: Final = "bot.created"
STATUS_CHANGED: Final = "bot.status_changed"
"""Payload: `seq` counts the bot's status changes from 0; `code` is a `StatusCode`, `at` when it was reached;
`start_time` (ms since the epoch) comes with `in_call_recording`, `error_message` and `error_type` with
`meeting_error`."""
COMPLETED: Final = "bot.completed"
"""The recording is stored, and its transcription has ended where one was asked for. Every bot that was sent ends with
this event or with `FAILED`, never both. The payload of a repetition that somebody asked for holds `repeated`, and
`webhook_url` when it is to go elsewhere."""
FAILED: Final = "bot.failed"
"""There is no recording; the bot says why. Payload as for `COMPLETED`."""
TRANSCRIBED: Final = "bot.transcribed"
"""A transcription that was asked for afterwards is there; the payload may hold `webhook_url`."""


def bot_event(kind: str, bot: Bot, payload: Mapping[str, object] | None = None) -> Event:
    """An event about this bot."""
    return Event(kind=kind, owner_id=bot.owner_id, subject_id=bot.id, payload=payload or {})


def status_event(bot: Bot, seq: int, code: StatusCode, at: datetime, details: Mapping[str, object]) -> Event:
    """The event of a status change."""
    return bot_event(STATUS_CHANGED, bot, {"seq": seq, "code": code.value, "at": moment(at), **details})


def moment(at: datetime) -> str:
    """ISO form in UTC, with milliseconds and `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)
