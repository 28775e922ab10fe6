"""From an error to an answer: kind → status, and one renderer per dialect, chosen by the path."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from re import sub
from typing import Any, Final, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from minutebook.api.bodies import MEMBER_UNKNOWN
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.outages import outage_of

STATUS: Mapping[Kind, int] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED_MEDIA: 415,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}

AGAIN_S = 10.0
"""When to come back after what may pass soon and does not say when."""

_HTTP_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("body_unreadable", "The body cannot be read: it is not what its Content-Type says."),
    404: ("route_not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not know this method."),
    413: ("body_too_large", "The body is larger than this server accepts."),
    415: ("unsupported_media_type", "The body is neither JSON nor multipart."),
}


LONGEST_QUOTE: Final = 1000
"""Characters of a message or a field's name; what is longer quotes its input at length."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way out; `headers` come on top of those of every answer."""

    status: int
    code: str
    message: str
    field: str | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


class StreamEnded(Exception):  # noqa: N818 - no error: it ends a stream that may not go on
    """The answer stops in the middle: who asked for it may not have the rest."""


Renderer = Callable[[Request, Failure], Response]


def paxs_body(_request: Request, failure: Failure) -> Response:
    """`{"error": {"code", "message", "field"}}`"""
    error = {"code": failure.code, "message": failure.message, "field": failure.field}
    return JSONResponse({"error": error}, failure.status, dict(failure.headers))


def oauth_body(_request: Request, failure: Failure) -> Response:
    """`{"error", "error_description"}` of RFC 6749, section 5.2; its codes are few, so ours go into one of them."""
    code = {429: "slow_down", 500: "server_error", 503: "temporarily_unavailable"}.get(
        failure.status, "invalid_request"
    )
    return JSONResponse({"error": code, "error_description": failure.message}, failure.status, dict(failure.headers))


def failure_of(error: Exception) -> Failure:
    """What an error looks like from outside. Anything unexpected tells nothing but that it happened."""
    match error:
        case MinutebookError():
            return Failure(STATUS[error.kind], error.code, error.message, error.field, _headers(error))
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException():
            code, message = _HTTP_ERRORS.get(error.status_code, ("http_error", str(error.detail)))
            return Failure(error.status_code, code, message, headers=error.headers or {})
        case ClientDisconnect():
            return Failure(400, "body_incomplete", "The connection ended before the body did.")
        case _ if (outage := outage_of(error)) is not None:
            return failure_of(outage)
        case _:
            return Failure(500, "internal_error", "Something went wrong here. The log has the details.")


def _headers(error: MinutebookError) -> dict[str, str]:
    headers = {}
    if error.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    after_s = error.retry_after_s
    if after_s is None and error.retryable and error.kind is Kind.UNAVAILABLE:
        after_s = AGAIN_S
    if after_s is not None:
        headers["Retry-After"] = str(ceil(after_s))
    return headers


def _of_validation(error: RequestValidationError) -> Failure:
    first: dict[str, Any] = error.errors()[0]
    where, *path = first["loc"]
    if where == "path":
        return Failure(404, "not_found", "There is nothing at this address.")
    if first["type"] == "json_invalid":
        return Failure(400, "body_not_json", "The body is not valid JSON.")
    if unknown := first["type"] == MEMBER_UNKNOWN:
        path.append(first["ctx"]["member"])
    name = _dotted(path)
    if unknown:
        return Failure(400, MEMBER_UNKNOWN, f"`{name}` {first['msg']}", name)
    if not name:
        message = "A body is missing, or it is not a JSON object with Content-Type: application/json."
        return Failure(400, "body_required", message)
    missing = first["type"] == "missing" or first.get("ctx", {}).get("min_length") == 1
    leaf = next((part for part in reversed(path) if isinstance(part, str)), "body")
    code = f"{_snake(leaf)}_{'required' if missing else 'invalid'}"
    message = f"`{name}` is required." if missing else f"`{name}`: {_sentence(first['msg'])}"
    return Failure(400, code, message, name)


def _dotted(path: list[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _snake(name: str) -> str:
    return sub(r"\W+", "_", sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).lower()


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".") + "."


Text = TypeVar("Text", str, str | None)


def _sendable(text: Text) -> Text:
    return text[:LONGEST_QUOTE].encode("utf-8", "replace").decode() if text else text


def install_error_handlers(app: FastAPI, dialects: Mapping[str, Renderer]) -> Renderer:
    """Answer every error in the dialect of its address: `dialects` maps path prefixes to renderers, the longest one
    that fits wins. Returns the renderer for those who answer outside of a route."""
    by_length = sorted(dialects.items(), key=lambda item: -len(item[0]))

    def render(request: Request, failure: Failure) -> Response:
        # Errors quote their input, and not everything that can be sent can be sent back.
        failure = dataclasses.replace(failure, message=_sendable(failure.message), field=_sendable(failure.field))
        renderer = next(renderer for prefix, renderer in by_length if request.url.path.startswith(prefix))
        return renderer(request, failure)

    async def handle(request: Request, error: Exception) -> Response:
        return render(request, failure_of(error))

    for kind in (MinutebookError, RequestValidationError, HTTPException, ClientDisconnect):
        app.add_exception_handler(kind, handle)
    return render
