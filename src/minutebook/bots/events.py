"""What bots tell the rest: kinds of event, each with the bot as its subject."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from minutebook.bots.model import Bot
from minutebook.bots.states import StatusChange
from minutebook.db.events import Event

CREATED: Final = "bot.created"
STATUS_CHANGED: Final = "bot.status_changed"
"""Payload: `seq` counts the bot's status changes from 0; `change` is a `StatusChange`, `at` when it came (ISO form);
`failure` and `message` come with `failed`."""
COMPLETED: Final = "bot.completed"
"""The recording is stored, and its transcription has ended where one was asked for. Every bot that was sent ends with
this event or with `FAILED`, never both. The payload of a repetition that somebody asked for holds `repeated`, and
`webhook_url` when it is to go elsewhere."""
RECORDED: Final = "bot.recorded"
"""The recording is stored and has its meeting; analyses are under way. Payload: `meeting_id`."""
FAILED: Final = "bot.failed"
"""There is no recording; the bot says why. Payload as for `COMPLETED`."""
TRANSCRIBED: Final = "bot.transcribed"
"""A transcription that was asked for afterwards is there; the payload may hold `webhook_url`."""


def bot_event(kind: str, bot: Bot, payload: Mapping[str, object] | None = None) -> Event:
    """An event about this bot."""
    return Event(kind=kind, owner_id=bot.owner_id, subject_id=bot.id, payload=payload or {})


def status_event(bot: Bot, seq: int, change: StatusChange, at: datetime, details: Mapping[str, object]) -> Event:
    """The event of a status change."""
    return bot_event(STATUS_CHANGED, bot, {"seq": seq, "change": change.value, "at": at.isoformat(), **details})
