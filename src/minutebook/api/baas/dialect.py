"""The routes of the Meeting BaaS v1 API, and how its errors are told."""

from fastapi import APIRouter

from minutebook.api.baas import (
    PATHS,
    PREFIX,
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
