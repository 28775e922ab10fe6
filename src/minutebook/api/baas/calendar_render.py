"""From calendars and events to the bodies of the v1 API."""

from typing import Any, Final

from minutebook.api.baas.render import params
from minutebook.bots.v1.codes import moment
from minutebook.bots.wish_json import wish_from_json
from minutebook.calendars.model import Calendar, RawCalendar, StoredEvent

NOT_OF_EVENTS: Final = frozenset({"silence_timeout"})
"""What the parameters of a bot on an event do not have."""

Body = dict[str, Any]


def calendar(found: Calendar) -> Body:
    """A calendar; `status`, `error_message` and `provider` are more than the contract knows."""
    return {
        "uuid": found.id,
        "name": found.name,
        "email": found.email,
        "google_id": found.provider_calendar_id,
        "resource_id": found.push.resource_id if found.push is not None else None,
        "provider": found.provider.value,
        "status": found.state.value,
        "error_message": found.error_message,
        "last_synced_at": moment(found.synced_at) if found.synced_at else None,
    }


def raw_calendar(found: RawCalendar) -> Body:
    """A calendar that an account can see."""
    return {"id": found.id, "email": found.email, "is_primary": found.is_primary, "name": found.name}


def event(found: StoredEvent) -> Body:
    """An event; `bot_uuid` says which bot goes there, one that several events share included."""
    return {
        "uuid": found.id,
        "calendar_uuid": found.calendar_id,
        "google_id": found.provider_id,
        "name": found.title,
        "meeting_url": found.meeting_url,
        "start_time": moment(found.start),
        "end_time": moment(found.end),
        "last_updated_at": moment(found.updated_at),
        "is_organizer": found.is_organizer,
        "is_recurring": found.series_id is not None,
        "recurring_event_id": found.series_id,
        "deleted": found.deleted,
        "attendees": [{"email": person.email, "name": person.name} for person in found.attendees],
        "raw": dict(found.raw),
        "bot_param": _bot_param(found),
        "bot_uuid": found.bot_id if found.wish is not None else None,
    }


def _bot_param(found: StoredEvent) -> Body | None:
    if found.wish is None:
        return None
    flat = params(wish_from_json(dict(found.wish)))
    return {name: value for name, value in flat.items() if name not in NOT_OF_EVENTS}
