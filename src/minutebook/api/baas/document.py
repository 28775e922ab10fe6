"""`/meetingbaas/openapi.json`: the description of the v1 API, as far as it is served here."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from minutebook.api.deps import base_url

router = APIRouter()


@cache
def contract() -> dict[str, Any]:
    """The document in `contract.json`; not to be changed."""
    text = files("minutebook.api.baas").joinpath("contract.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@router.get("/meetingbaas/openapi.json", include_in_schema=False)
async def document(request: Request) -> JSONResponse:
    """The document, with this server's address."""
    return JSONResponse({**contract(), "servers": [{"url": base_url(request)}]})
