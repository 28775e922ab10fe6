"""Calls of the v1 API's dashboards that its document lacks: `/bots/all`, `/bots/retry_webhook`."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response

from minutebook.api.baas import render
from minutebook.api.baas.deps import ApiKey
from minutebook.api.baas.queries import moment_of, text_of
from minutebook.api.baas.routes import Routes
from minutebook.api.baas.standing import status_of
from minutebook.api.baas.wishes import webhook_url_of
from minutebook.api.deps import Read, ServicesOf, Tx
from minutebook.bots.listing import page as listing
from minutebook.bots.listing.page import OverviewQuery
from minutebook.errors import invalid

OVERVIEW_MOST = 250
OFFSET_MOST = 10_000_000
PARTS_MOST = 100

routes = Routes(prefix="/bots")


@routes.get("/all")
async def all_bots(
    caller: ApiKey,
    read: Read,
    limit: Annotated[int, Query(ge=1)] = 50,
    offset: Annotated[int, Query(ge=0, le=OFFSET_MOST)] = 0,
    bot_uuid: str | None = None,
    meeting_url: str | None = None,
    meeting_url_contains: str | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
) -> Mapping[str, Any]:
    """Bots with how they stand, newest first. Other parameters of the dashboards are not looked at."""
    query = OverviewQuery(
        limit=min(limit, OVERVIEW_MOST),
        offset=offset,
        ids=_parts(bot_uuid, "bot_uuid"),
        meeting_urls=_parts(meeting_url, "meeting_url"),
        url_parts=_parts(meeting_url_contains, "meeting_url_contains"),
        created_after=moment_of(start_date, "start_date"),
        created_before=moment_of(end_date, "end_date"),
    )
    bots, has_more = await listing.overview(read, caller.user_id, query)
    return {"bots": [render.bot_with_status(bot, status_of(bot)) for bot in bots], "has_more": has_more}


@routes.post("/retry_webhook")
async def retry_webhook(
    caller: ApiKey, services: ServicesOf, tx: Tx, bot_uuid: Annotated[str, Query()], webhook_url: str | None = None
) -> Response:
    """Have a bot's last message, `complete` or `failed`, sent again, if wanted to another address."""
    url = webhook_url_of(webhook_url, services.webhooks.checked_url)
    await services.bots.resend_final(tx, caller.user_id, bot_uuid.strip().lower(), url)
    return Response()


def _parts(text: str | None, name: str) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part.strip() for part in (text_of(text, name) or "").split(",") if part.strip()))
    if len(parts) > PARTS_MOST:
        raise invalid(f"{name}_too_many", f"`{name}` holds more than {PARTS_MOST} values.", name)
    return parts
