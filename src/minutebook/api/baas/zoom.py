"""`/zoom_oauth_connections`: Zoom accounts that bots join on behalf of."""

from datetime import UTC, datetime
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from minutebook.api.baas.deps import ApiKey, JsonBody
from minutebook.api.baas.routes import Routes
from minutebook.api.baas.schemas import CreateConnectionRequest
from minutebook.api.deps import Read, ServicesOf, Tx
from minutebook.zoom.model import App, ZoomConnection

routes = Routes(prefix="/zoom_oauth_connections")


@routes.get("/")
async def connections(caller: ApiKey, services: ServicesOf, read: Read) -> JSONResponse:
    """The caller's connections."""
    return JSONResponse([_body(each) for each in await services.zoom.list(read, caller.user_id)])


@routes.post("/")
async def connect(caller: ApiKey, services: ServicesOf, body: JsonBody) -> JSONResponse:
    """Exchange an authorisation code and keep the connection."""
    request = body.read(CreateConnectionRequest)
    app = App(request.zoom_client_id, request.zoom_client_secret)
    made = await services.zoom.connect(caller.user_id, app, request.authorization_code, request.redirect_uri)
    return JSONResponse(_body(made), status_code=201)


@routes.get("/{connection_id}")
async def connection(caller: ApiKey, services: ServicesOf, connection_id: str, read: Read) -> JSONResponse:
    """One connection."""
    return JSONResponse(_body(await services.zoom.get(read, caller.user_id, connection_id.lower())))


@routes.delete("/{connection_id}")
async def remove(caller: ApiKey, services: ServicesOf, connection_id: str, tx: Tx) -> Response:
    """Forget a connection and its tokens."""
    await services.zoom.remove(tx, caller.user_id, connection_id.lower())
    return Response(status_code=204)


def _body(found: ZoomConnection) -> dict[str, Any]:
    """A connection; `error_message` is more than the contract knows."""
    return {
        "uuid": found.id,
        "zoom_user_id": found.zoom_user_id,
        "zoom_account_id": found.zoom_account_id,
        "scopes": found.scopes,
        "state": found.state.value,
        "error_message": found.error_message,
        "created_at": _naive(found.created_at),
        "updated_at": _naive(found.updated_at),
    }


def _naive(at: datetime) -> str:
    """UTC without a zone: what the v1 API says of these two."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
