"""For those who run the server: is it alive, can it work, how is it doing."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from minutebook.api.deps import ServicesOf
from minutebook.errors import MinutebookError
from minutebook.telemetry.metrics import CONTENT_TYPE, render

router = APIRouter(tags=["operations"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(services: ServicesOf) -> JSONResponse:
    """Database and storage answer as well; 503 with the reason when one does not."""
    checks = {"database": "ok", "storage": "ok"}
    try:
        async with services.db.reading() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        checks["database"] = "The database does not answer."
    try:
        await services.storage.check()
    except (MinutebookError, OSError) as error:
        checks["storage"] = error.message if isinstance(error, MinutebookError) else "The storage does not answer."
    ready = all(state == "ok" for state in checks.values())
    return JSONResponse({"status": "ok" if ready else "unavailable", "checks": checks}, 200 if ready else 503)


@router.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    """In the text format of Prometheus."""
    return Response(render(), headers={"Content-Type": CONTENT_TYPE})
