"""The HTTP application."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import Scope

from minutebook import __version__
from minutebook.api import bots, calendars, home, imports, live, openapi, operations
from minutebook.api.baas import PATHS, dialect
from minutebook.api.baas.cors import CrossOrigin
from minutebook.api.edge import ForwardedClient, OwnHost, own_hosts
from minutebook.api.errors import install_error_handlers, oauth_body, paxs_body
from minutebook.api.middleware import BodyLimit, RequestLog, SecurityHeaders
from minutebook.api.openapi import Application
from minutebook.api.openings import Openings, all_ways_of
from minutebook.api.paxs import (
    account,
    administration,
    analysis,
    corrections,
    events,
    exports,
    media,
    oauth,
    recordings,
    search,
    sessions,
    speakers,
    templates,
    users,
    voices,
)
from minutebook.api.web import DIALECT_OF_PAGES, PAGES, shortcuts, tus
from minutebook.api.web.render import page_or
from minutebook.api.web.static_files import PageFiles
from minutebook.bots.live.voice import SOUND_MAX_BYTES
from minutebook.config import HttpSettings
from minutebook.telemetry.metrics import observe_request

if TYPE_CHECKING:
    from minutebook.wiring import Services

ROUTERS = (
    operations.router,
    oauth.router,
    users.router,
    account.router,
    voices.router,
    administration.router,
    sessions.router,
    recordings.router,
    media.router,
    speakers.router,
    analysis.router,
    corrections.router,
    templates.router,
    exports.router,
    search.router,
    events.router,
    dialect.ROUTER,
    *calendars.ROUTERS,
    bots.router,
    live.router,
    imports.router,
    home.router,
    openapi.router,
)

DIALECTS = {
    "/": page_or(paxs_body),
    "/api/": paxs_body,
    **dialect.DIALECTS,
    "/api/oauth/provider/token": oauth_body,
    "/api/oauth/provider/revoke": oauth_body,
    **DIALECT_OF_PAGES,
    tus.PREFIX: tus.tus_body,
}

UPLOAD_PATHS = frozenset({"/api/recordings", "/meetings/new"})

MULTIPART_MARGIN_BYTES = 64 * 1024
"""What a multipart body holds besides the file; the file's own limit is enforced where it is stored."""


@cache
def _routes() -> list[BaseRoute]:
    """All routes, put together once in a process: the framework reads a route's parameters and models at its first
    request, and an application would do all of it again."""
    whole = APIRouter()
    for router in (*ROUTERS, *PAGES):
        whole.include_router(router)
    return [*shortcuts.ROUTES, *whole.routes]


def create_app(services: "Services") -> FastAPI:
    """The application over these services; it starts and stops nothing itself."""
    settings = services.settings.http
    app = Application(title="Minutebook", version=__version__, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.services = services
    app.router.routes.extend(_routes())
    app.mount("/static", PageFiles())
    render = install_error_handlers(app, DIALECTS)
    # Added last is run first: headers go on every answer, also on those of the log's last resort and of the limit.
    app.add_middleware(Openings, records=services, ways=all_ways_of(services))
    app.add_middleware(BodyLimit, render=render, limit_of=_limits(settings))
    app.add_middleware(OwnHost, render=render, hosts=own_hosts(services.settings))
    app.add_middleware(RequestLog, render=render, observe=observe_request)
    app.add_middleware(CrossOrigin, paths=PATHS)
    app.add_middleware(SecurityHeaders, https=(settings.base_url or "").startswith("https:"))
    app.add_middleware(ForwardedClient, trusted=settings.trusted_proxies)
    return app


def _limits(settings: HttpSettings) -> Callable[[Scope, Headers], int]:
    def limit_of(scope: Scope, headers: Headers) -> int:
        if scope["path"].startswith(f"{home.PREFIX}/"):
            return home.BODY_MAX_BYTES
        if scope["path"].startswith("/api/bots/") and scope["path"].endswith(live.SOUND_PATH_END):
            return SOUND_MAX_BYTES + 1
        if scope["path"].startswith(f"{tus.PREFIX}/"):
            return settings.max_upload_bytes
        uploads = scope["path"] in UPLOAD_PATHS and headers.get("content-type", "").startswith("multipart/")
        return settings.max_upload_bytes + MULTIPART_MARGIN_BYTES if uploads else settings.max_body_bytes

    return limit_of
