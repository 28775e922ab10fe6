"""Files out of the storage as answers: whole or in part, as RFC 9110 has it."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Header, Request
from fastapi.responses import Response, StreamingResponse

from minutebook.api.byte_ranges import Span, requested_span

_TAG = re.compile(r'"[^"]*"')

Chunks = Callable[[int, int | None], AsyncIterator[bytes]]
"""Of a start and an end: those bytes of the file."""

RangeHeader = Annotated[str | None, Header(description="One range of bytes.")]
IfRange = Annotated[str | None, Header(description="An `ETag`: the range counts only while it fits.")]
IfNoneMatch = Annotated[str | None, Header(description="An `ETag`: 304 while it fits.")]


def file_answers(media_type: str, meaning: str) -> dict[int | str, dict[str, Any]]:
    """The description of what `served` answers: the file, and a part of it."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {
        200: {"content": content, "description": meaning},
        206: {"content": content, "description": "The bytes asked for."},
    }


def served(request: Request, content_type: str, size: int, headers: Mapping[str, str], chunks: Chunks) -> Response:
    """The answer to a GET or HEAD of a file of `size` bytes; `headers` hold its `ETag`."""
    headers = {"Cache-Control": "private, no-cache", **headers, "Accept-Ranges": "bytes"}
    if _fits(request.headers.getlist("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    # A changed representation is sent whole: ranges of two versions must not be put together.
    if_range = request.headers.get("if-range")
    asked = request.headers.get("range") if if_range in {None, headers["ETag"]} else None
    try:
        span = requested_span(asked, size)
    except ValueError:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if span is not None:
        headers["Content-Range"] = span.content_range
    sent = span or Span(0, size, size)
    headers["Content-Length"] = str(sent.length)
    status = 200 if span is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=content_type)
    return StreamingResponse(chunks(sent.start, sent.end), status, headers, content_type)


def disposition(filename: str, kind: Literal["inline", "attachment"]) -> str:
    """A `Content-Disposition` under which a file keeps its name, whatever characters that has (RFC 6266)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\' else "_" for c in filename)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _fits(asked: list[str], tag: str) -> bool:
    """Whether `If-None-Match` names the tag: a list, compared weakly (RFC 9110, 13.1.2), or a star."""
    named = ",".join(asked)
    return named.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(named)
