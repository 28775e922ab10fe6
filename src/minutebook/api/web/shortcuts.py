"""Addresses that people type: each leads to its page, although some are the v1 API's for programs."""

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

PLACES: Final = {
    "/bots": "/my/bots",
    "/calendars": "/my/calendars",
    "/meetings": "/",
    "/trash": "/meetings/trash",
    "/login": "/sign-in",
}
"""Address, with or without a slash at its end → page."""


class ForBrowsers(Route):
    """A route for who reads pages: it does not exist for programs, which do not ask for HTML."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As other routes, but only for what a browser asks for when an address is typed."""
        asks_for_pages = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
        return super().matches(scope) if asks_for_pages and scope["method"] in {"GET", "HEAD"} else (Match.NONE, {})


async def _lead_on(request: Request) -> Response:
    return RedirectResponse(PLACES[request.url.path.rstrip("/")], 303)


ROUTES: Final = tuple(
    ForBrowsers(address + end, _lead_on, methods=["GET"], include_in_schema=False)
    for address in PLACES
    for end in ("", "/")
)
