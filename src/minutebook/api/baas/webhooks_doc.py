"""`/bots/webhooks…`: what webhooks say, for people and programs that look for it where the v1 API has it."""

from collections.abc import Mapping
from typing import Any, Final

from minutebook.api.baas.routes import Routes
from minutebook.bots.v1.codes import ERRORS, StatusCode

BOT_EVENTS: Final[Mapping[str, Any]] = {
    "bot.status_change": {
        "when": "A bot has reached another state; those of one bot come in their order.",
        "data": {"bot_id": "uuid", "status": {"code": "see status_codes", "created_at": "ISO 8601, UTC"}},
        "status_codes": [code.value for code in StatusCode],
    },
    "complete": {
        "when": "The recording is there and, where one was asked for, its transcript; once per bot, or `failed` is.",
        "data": {
            "bot_id": "uuid",
            "event_uuid": "uuid or null",
            "transcript": [
                {
                    "speaker": "name",
                    "offset": "seconds",
                    "start_time": "seconds",
                    "end_time": "seconds",
                    "words": [{"word": "text", "start": "seconds", "end": "seconds"}],
                }
            ],
            "speakers": ["name"],
            "mp4": "address that expires, or empty",
            "audio": "address that expires",
            "event": "complete",
            "extra": "as it was sent with the bot",
        },
    },
    "failed": {
        "when": "There is no recording.",
        "data": {
            "bot_id": "uuid",
            "event_uuid": "uuid or null",
            "error": "see errors",
            "message": "a sentence",
            "extra": "as it was sent with the bot",
        },
        "errors": list(ERRORS.values()),
    },
    "transcription_complete": {
        "when": "A transcription that was asked for with `POST /bots/retranscribe` is there.",
        "data": {"bot_id": "uuid"},
    },
}

CALENDAR_EVENTS: Final[Mapping[str, Any]] = {
    "calendar.sync_events": {
        "when": "Events of a connected calendar were added, changed or deleted.",
        "data": {"calendar_id": "uuid", "last_updated_ts": "ISO 8601, UTC", "affected_event_uuids": ["uuid"]},
    }
}

DELIVERY: Final[Mapping[str, Any]] = {
    "request": "POST, application/json: {event, data}",
    "answer": "Any 2xx within 10 seconds. The same message may come twice: go by the header `webhook-id`.",
    "authentication": "`x-meeting-baas-api-key` holds the API key that the bot was sent with; `webhook-id`, "
    "`webhook-timestamp` and `webhook-signature` are those of Standard Webhooks.",
    "address": "`webhook_url` of the bot, else that of the account: POST /accounts/webhook_url.",
}

routes = Routes(prefix="/bots/webhooks")


@routes.get("")
async def all_events() -> Mapping[str, Any]:
    """All events."""
    return {"delivery": DELIVERY, "events": {**BOT_EVENTS, **CALENDAR_EVENTS}}


@routes.get("/bot")
async def bot_events() -> Mapping[str, Any]:
    """The events of bots."""
    return {"delivery": DELIVERY, "events": BOT_EVENTS}


@routes.get("/calendar")
async def calendar_events() -> Mapping[str, Any]:
    """The events of calendars."""
    return {"delivery": DELIVERY, "events": CALENDAR_EVENTS}
