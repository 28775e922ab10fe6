"""`/meetingbaas/openapi.json`: the description of the v1 API, as far as it is served here."""

import copy
import json
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from minutebook.api.deps import base_url
from minutebook.api.openapi import Reader

router = APIRouter()


@cache
def contract() -> dict[str, Any]:
    """The document in `contract.json`; not to be changed."""
    text = files("minutebook.api.baas").joinpath("contract.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def for_generators() -> dict[str, Any]:
    """The contract as generators of clients take it: they refuse or misread schemas that are `true` and objects that
    do not say so, and group calls by tag. What is valid does not change."""
    document: dict[str, Any] = copy.deepcopy(contract())
    for schema in document["components"]["schemas"].values():
        properties = schema.get("properties", {})
        properties.update({name: {} for name, each in properties.items() if each is True})
        # What is null by default may be left out; generators take what has a default for what is always there.
        for told in properties.values():
            if "default" in told and told["default"] in (None, False):
                del told["default"]
        if "additionalProperties" in schema:
            schema.setdefault("type", "object")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation.setdefault("tags", [path.strip("/").partition("/")[0]])
    return document


@router.get("/meetingbaas/openapi.json", include_in_schema=False)
async def document(request: Request, reader: Reader = None) -> JSONResponse:
    """The document, with this server's address."""
    content = for_generators() if reader else contract()
    return JSONResponse({**content, "servers": [{"url": base_url(request)}]})
