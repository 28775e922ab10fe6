"""Errors in the shape of the v1 API."""

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from minutebook.api.errors import Failure


def baas_body(_request: Request, failure: Failure) -> Response:
    """`{"error": text, "message": text}`: some clients read one, some the other; `code` and `field` for new ones."""
    headers = {name: value for name, value in failure.headers.items() if name.lower() != "www-authenticate"}
    body = {"error": failure.message, "message": failure.message, "code": failure.code, "field": failure.field}
    return JSONResponse(body, failure.status, headers)
