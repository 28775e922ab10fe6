"""For those who run the server: is it alive, can it work, how is it doing."""

import asyncio
from hmac import compare_digest
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from minutebook.api.deps import ServicesOf, client_address
from minutebook.api.readiness import OK, findings
from minutebook.errors import Kind, MinutebookError
from minutebook.telemetry.metrics import CONTENT_TYPE, render

if TYPE_CHECKING:
    from minutebook.wiring import Services

router = APIRouter(tags=["operations"])

READINESS_KEPT_S: Final = 3.0
"""So long an answer is given again: anybody may ask, and asking must cost nothing."""


class Readiness:
    """Whether the server can work, found out by reading alone, and at most every few seconds."""

    def __init__(self, services: "Services") -> None:
        self._services = services
        self._turn = asyncio.Lock()
        self._found: tuple[float, dict[str, str]] | None = None

    async def checks(self) -> dict[str, str]:
        """By name: "ok", or a sentence."""
        async with self._turn:
            if self._found is None or monotonic() - self._found[0] >= READINESS_KEPT_S:
                self._found = (monotonic(), await findings(self._services))
            return self._found[1]


async def readiness_of(request: Request, services: ServicesOf) -> Readiness:
    """The one of this application."""
    if not hasattr(request.app.state, "readiness"):
        request.app.state.readiness = Readiness(services)
    found: Readiness = request.app.state.readiness
    return found


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


class ReadinessOut(BaseModel):
    """Whether the server can work: `ok` or `unavailable`, and by name `ok` or a sentence."""

    status: str
    checks: dict[str, str]


@router.get(
    "/readyz",
    response_model=ReadinessOut,
    responses={503: {"model": ReadinessOut, "description": "Something that it needs does not answer."}},
)
async def readyz(readiness: Annotated[Readiness, Depends(readiness_of)]) -> JSONResponse:
    """Database, queue of work and storage answer as well, and there is room; 503 with the reason when not. Looked at
    every few seconds."""
    checks = await readiness.checks()
    ready = all(state == OK for state in checks.values())
    return JSONResponse({"status": OK if ready else "unavailable", "checks": checks}, 200 if ready else 503)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, services: ServicesOf) -> Response:
    """In the text format of Prometheus: for this machine, and for who has the token."""
    token = services.settings.http.metrics_token
    if not (token and _bears(request, token.get_secret_value())) and not _is_from_this_machine(request):
        message = "Metrics are for this machine, or with MINUTEBOOK_HTTP__METRICS_TOKEN: Authorization: Bearer …"
        raise MinutebookError(Kind.FORBIDDEN, "metrics_closed", message)
    return Response(render(), headers={"Content-Type": CONTENT_TYPE})


def _bears(request: Request, token: str) -> bool:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(sent.strip().encode(), token.encode())


def _is_from_this_machine(request: Request) -> bool:
    # What a proxy on this machine passes on comes from elsewhere, whether or not the proxy is configured.
    if any(name in request.headers for name in ("x-forwarded-for", "forwarded", "via")):
        return False
    try:
        return ip_address(client_address(request)).is_loopback
    except ValueError:
        return False
