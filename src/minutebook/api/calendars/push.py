"""Where calendar providers tell of changes. Whoever knows no secret of ours changes nothing here."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import PlainTextResponse, Response

from minutebook.api.deps import ServicesOf
from minutebook.calendars.model import ProviderName
from minutebook.calendars.pushing import PATH, Notification

router = APIRouter(prefix=PATH, include_in_schema=False)

MOST_TOKEN: Final = 4096
ENDED: Final = frozenset({"subscriptionRemoved", "reauthorizationRequired"})
"""Lifecycle notifications of Graph after which a subscription is made anew; `missed` is answered by reading."""


@router.post("/google")
async def google(
    services: ServicesOf,
    channel: Annotated[str, Header(alias="x-goog-channel-id")] = "",
    token: Annotated[str, Header(alias="x-goog-channel-token")] = "",
) -> Response:
    """A channel's message: its headers are all there is. One that is not ours is not wanted: 404."""
    heard = await services.calendars.told(ProviderName.GOOGLE, [Notification(channel, token)])
    return Response(status_code=204 if heard else 404)


@router.post("/microsoft")
async def microsoft(
    request: Request, services: ServicesOf, validation: Annotated[str | None, Query(alias="validationToken")] = None
) -> Response:
    """The handshake, whose token is sent back as text, or a batch of notifications, which is always accepted: Graph
    gives up on addresses that refuse."""
    if validation is not None:
        return PlainTextResponse(validation[:MOST_TOKEN])
    await services.calendars.told(ProviderName.MICROSOFT, _notifications(await request.body()))
    return Response(status_code=202)


def _notifications(body: bytes) -> list[Notification]:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return []
    listed = value.get("value") if isinstance(value, dict) else None
    return [
        Notification(str(each["subscriptionId"]), str(each["clientState"]), each.get("lifecycleEvent") in ENDED)
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict) and each.get("subscriptionId") and each.get("clientState")
    ]
