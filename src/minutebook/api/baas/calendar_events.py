"""`/calendar_events`: what is in connected calendars, and bots on it."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import JSONResponse

from minutebook.api.baas import calendar_render as render
from minutebook.api.baas.calendar_queries import PAGE, cursor_of, event_query, flag_of
from minutebook.api.baas.deps import ApiKey, JsonBody
from minutebook.api.baas.event_bots import event_wish, wish_change
from minutebook.api.baas.routes import Routes
from minutebook.api.baas.schemas import EventBotChange, EventBotRequest
from minutebook.api.baas.wishes import Ground
from minutebook.api.deps import Read, ServicesOf, Tx

routes = Routes(prefix="/calendar_events")

AllOccurrences = Annotated[str | None, Query(alias="all_occurrences")]


@routes.get("/")
async def events(
    caller: ApiKey,
    services: ServicesOf,
    read: Read,
    calendar_id: Annotated[str, Query()],
    status: str | None = None,
    start_date_gte: str | None = None,
    start_date_lte: str | None = None,
    updated_at_gte: str | None = None,
    attendee_email: str | None = None,
    organizer_email: str | None = None,
    cursor: str | None = None,
) -> JSONResponse:
    """A page of a calendar's events, by start."""
    query = event_query(
        services.clock.now(),
        calendar_id=calendar_id,
        status=status,
        start_date_gte=start_date_gte,
        start_date_lte=start_date_lte,
        updated_at_gte=updated_at_gte,
        attendee_email=attendee_email,
        organizer_email=organizer_email,
        cursor=cursor,
    )
    found = await services.calendars.page(read, caller.user_id, query)
    shown = found[:PAGE]
    further = cursor_of(shown[-1][1].start, shown[-1][0]) if len(found) > PAGE else None
    return JSONResponse({"data": [render.event(each) for _, each in shown], "next": further})


@routes.get("/{event_id}")
async def event(caller: ApiKey, services: ServicesOf, event_id: str, read: Read) -> JSONResponse:
    """One event; one that was deleted says so."""
    return JSONResponse(render.event(await services.calendars.event(read, caller.user_id, event_id.lower())))


@routes.post("/{event_id}/bot")
async def schedule(
    caller: ApiKey,
    services: ServicesOf,
    event_id: str,
    body: JsonBody,
    tx: Tx,
    all_occurrences: AllOccurrences = None,
) -> list[Mapping[str, Any]]:
    """Have a bot at an event, or at all of its series."""
    wish = event_wish(body.read(EventBotRequest), _ground(services))
    found = await services.calendars.event_bots.schedule(
        tx,
        caller.user_id,
        event_id.lower(),
        wish,
        api_key=caller.api_key,
        all_occurrences=flag_of(all_occurrences, "all_occurrences"),
    )
    return [render.event(each) for each in found]


@routes.patch("/{event_id}/bot")
async def patch(
    caller: ApiKey,
    services: ServicesOf,
    event_id: str,
    body: JsonBody,
    tx: Tx,
    all_occurrences: AllOccurrences = None,
) -> list[Mapping[str, Any]]:
    """Change what is asked of a scheduled bot."""
    change = wish_change(body.read(EventBotChange, {}), _ground(services))
    every = flag_of(all_occurrences, "all_occurrences")
    found = await services.calendars.event_bots.patch(
        tx, caller.user_id, event_id.lower(), change, all_occurrences=every
    )
    return [render.event(each) for each in found]


@routes.delete("/{event_id}/bot")
async def unschedule(
    caller: ApiKey, services: ServicesOf, event_id: str, tx: Tx, all_occurrences: AllOccurrences = None
) -> list[Mapping[str, Any]]:
    """Take the bot away; again and again without harm."""
    every = flag_of(all_occurrences, "all_occurrences")
    found = await services.calendars.event_bots.unschedule(tx, caller.user_id, event_id.lower(), all_occurrences=every)
    return [render.event(each) for each in found]


def _ground(services: Any) -> Ground:
    return Ground(services.sealing, services.clock.now(), services.webhooks.checked_url)
