"""The messages that calendars send, in the bodies of the v1 API, to their accounts' addresses."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars import events
from minutebook.calendars.model import Calendar
from minutebook.db.events import Event
from minutebook.db.messages import Lane, Rendered, Renderer, Route
from minutebook.sealing import Sealing


class Known(Protocol):
    """Knows calendars; `Calendars` does."""

    async def load(self, tx: AsyncConnection, calendar_id: str) -> Calendar | None:
        """One calendar; None when it is gone."""
        ...


def renderers(calendars: Known, sealing: Sealing) -> Mapping[str, Renderer]:
    """By kind of event."""

    def rendered_with(
        body: Callable[[Event], Mapping[str, Any]],
    ) -> Callable[[AsyncConnection, Event], Awaitable[Rendered | None]]:
        async def render(tx: AsyncConnection, event: Event) -> Rendered | None:
            calendar = await calendars.load(tx, event.subject_id)
            if calendar is None:
                return None
            key = sealing.open(calendar.sealed_api_key) if calendar.sealed_api_key else None
            return Rendered(body(event), key)

        return render

    return {
        events.SYNCED: Renderer(_route, rendered_with(_sync_events)),
        events.REVOKED: Renderer(_route, rendered_with(_connection_error)),
    }


async def _route(_tx: AsyncConnection, event: Event) -> Route | None:
    return Route(Lane.FINAL, f"calendar {event.subject_id}", None, None)


def _sync_events(event: Event) -> Mapping[str, Any]:
    data = {
        "calendar_id": event.subject_id,
        "last_updated_ts": event.payload["at"],
        "affected_event_uuids": event.payload["affected"],
    }
    return {"event": "calendar.sync_events", "data": data}


def _connection_error(event: Event) -> Mapping[str, Any]:
    data = {"calendar_id": event.subject_id, "error": "grant_revoked", "message": event.payload["message"]}
    return {"event": "calendar.connection_error", "data": data}
