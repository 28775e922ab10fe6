"""`/calendars`: connected calendars."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query
from fastapi.responses import JSONResponse, Response

from minutebook.api.baas import calendar_render as render
from minutebook.api.baas.deps import ApiKey, JsonBody
from minutebook.api.baas.routes import Routes
from minutebook.api.baas.schemas import CalendarCredentials, ConnectCalendarRequest
from minutebook.api.deps import Read, ServicesOf
from minutebook.calendars.model import ProviderName
from minutebook.errors import invalid

PLATFORMS: Final[Mapping[str, ProviderName]] = {
    "Google": ProviderName.GOOGLE,
    "Microsoft": ProviderName.MICROSOFT,
}
MOST_DAYS: Final = 365

routes = Routes(prefix="/calendars")


@routes.post("/raw")
async def raw(caller: ApiKey, services: ServicesOf, body: JsonBody) -> JSONResponse:
    """The calendars that credentials open; nothing is stored."""
    request = body.read(CalendarCredentials)
    found = await services.calendars.connecting.raw(caller.user_id, PLATFORMS[request.platform], _secrets(request))
    return JSONResponse({"calendars": [render.raw_calendar(each) for each in found]})


@routes.post("/resync_all")
async def resync_all(caller: ApiKey, services: ServicesOf, days: Annotated[str | None, Query()] = None) -> JSONResponse:
    """Read all calendars now; one that fails does not keep the others from it."""
    outcomes = await services.calendars.resync_all(caller.user_id, _days(days))
    errors = [[key, outcome.error.message] for key, outcome in outcomes.items() if outcome.error is not None]
    synced = [key for key, outcome in outcomes.items() if outcome.error is None]
    return JSONResponse({"synced_calendars": synced, "errors": errors})


@routes.get("/")
async def calendars(caller: ApiKey, services: ServicesOf, read: Read) -> JSONResponse:
    """The caller's calendars."""
    return JSONResponse([render.calendar(each) for each in await services.calendars.list(read, caller.user_id)])


@routes.post("/")
async def connect(caller: ApiKey, services: ServicesOf, body: JsonBody) -> JSONResponse:
    """Connect a calendar and read it."""
    request = body.read(ConnectCalendarRequest)
    made = await services.calendars.connecting.connect(
        caller.user_id,
        PLATFORMS[request.platform],
        _secrets(request),
        raw_calendar_id=request.raw_calendar_id or None,
        api_key=caller.api_key,
    )
    return JSONResponse({"calendar": render.calendar(made)})


@routes.get("/{calendar_id}")
async def calendar(caller: ApiKey, services: ServicesOf, calendar_id: str, read: Read) -> Mapping[str, Any]:
    """One calendar."""
    return render.calendar(await services.calendars.get(read, caller.user_id, calendar_id.lower()))


@routes.patch("/{calendar_id}")
async def reconnect(caller: ApiKey, services: ServicesOf, calendar_id: str, body: JsonBody) -> JSONResponse:
    """Give a calendar other credentials; its bots are unscheduled."""
    request = body.read(CalendarCredentials)
    changed = await services.calendars.connecting.reconnect(
        caller.user_id, calendar_id.lower(), PLATFORMS[request.platform], _secrets(request)
    )
    return JSONResponse({"calendar": render.calendar(changed)})


@routes.delete("/{calendar_id}")
async def remove(caller: ApiKey, services: ServicesOf, calendar_id: str) -> Response:
    """Disconnect a calendar: its events go, and its bots are called off."""
    await services.calendars.connecting.remove(caller.user_id, calendar_id.lower())
    return Response()


def _secrets(request: CalendarCredentials) -> dict[str, str]:
    return {
        "client_id": request.oauth_client_id,
        "client_secret": request.oauth_client_secret,
        "refresh_token": request.oauth_refresh_token,
    }


def _days(text: str | None) -> int | None:
    if text is None or text.strip() in {"", "null"}:
        return None
    plain = text.strip()
    if not plain.isascii() or not plain.isdigit() or len(plain) > 10 or int(plain) < 1:
        raise invalid("days_invalid", f"`days` is a number from 1; more than {MOST_DAYS} count as {MOST_DAYS}.", "days")
    return min(int(plain), MOST_DAYS)
