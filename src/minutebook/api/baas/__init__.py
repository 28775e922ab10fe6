"""The Meeting BaaS v1 API: at the root of the server and below `/meetingbaas`, so that either is a base URL."""

from fastapi import APIRouter

from minutebook.api.baas import (
    accounts,
    bots,
    calendar_events,
    calendars,
    dashboard,
    document,
    media,
    webhooks_doc,
    zoom,
)
from minutebook.api.baas.errors import baas_body

PREFIX = "/meetingbaas"

PATHS = ("/bots", "/accounts", "/media/bots", "/calendars", "/calendar_events", "/zoom_oauth_connections", PREFIX)
"""Everything below these is this API's: its errors, and open to pages of other sites."""

DIALECTS = dict.fromkeys(PATHS, baas_body)

# What has a fixed name comes before `/bots/{bot_id}`.
_ROUTERS = (
    webhooks_doc.routes,
    dashboard.routes,
    bots.routes,
    accounts.routes,
    media.routes,
    calendars.routes,
    calendar_events.routes,
    zoom.routes,
)


def _router() -> APIRouter:
    both = APIRouter()
    for router in _ROUTERS:
        both.include_router(router)
        both.include_router(router, prefix=PREFIX)
    both.include_router(document.router)
    return both


ROUTER = _router()
