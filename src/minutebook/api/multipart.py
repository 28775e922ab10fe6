"""multipart/form-data as a stream: parts are handed on while they arrive, and nothing is kept.

The framework's own form parser spools whole files to disk before an endpoint sees them; here the first bytes of a file
can be refused before the rest was sent.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from minutebook.api.filenames import file_name
from minutebook.errors import Kind, MinutebookError, invalid

PARTS_MAX: Final = 20
PART_HEADERS_MAX: Final = 16 * 1024
FIELD_MAX: Final = 64 * 1024
UNREAD_MAX: Final = 16 * 1024 * 1024
"""How much of a refused upload is still read, so that its sender, who may not listen while it sends, hears why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its field name, its file name (None when it is a plain field), its declared media type, its bytes,
    which can be read once."""

    name: str
    filename: str | None
    content_type: str | None
    chunks: AsyncIterator[bytes]

    async def text(self) -> str:
        """A plain field's value; raises `field_too_long`, `field_invalid`."""
        value = bytearray()
        async for chunk in self.chunks:
            value += chunk
            if len(value) > FIELD_MAX:
                raise invalid("field_too_long", f"The form field `{self.name}` is too long.", self.name)
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise invalid("field_invalid", f"The form field `{self.name}` is not UTF-8 text.", self.name) from error


@dataclass(frozen=True, slots=True)
class _PartBegins:
    headers: dict[bytes, bytes]


class _PartEnds:
    pass


class _FormEnds:
    pass


_Event = _PartBegins | _PartEnds | _FormEnds | bytes


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names; raises `boundary_missing`."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise invalid("boundary_missing", "The Content-Type of a form must name its boundary.", "Content-Type")
    return boundary


class MultipartStream:
    """A form on its way in. Raises `form_invalid`, `form_incomplete`, `form_too_many_parts`."""

    def __init__(self, boundary: bytes, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._events: deque[_Event] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._header_bytes = 0
        self._parser = self._parser_of(boundary)

    async def parts(self) -> AsyncIterator[Part]:
        """The parts in their order; what a consumer does not read of one is skipped."""
        count = 0
        while not isinstance(event := await self._next(), _FormEnds):
            assert isinstance(event, _PartBegins)
            count += 1
            if count > PARTS_MAX:
                raise invalid("form_too_many_parts", f"A form has at most {PARTS_MAX} parts.")
            chunks = self._chunks()
            yield _part(event.headers, chunks)
            async for _ in chunks:
                pass

    async def _chunks(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._next(), bytes):
            yield event

    async def _next(self) -> _Event:
        while not self._events:
            chunk = await anext(self._body, None)
            if chunk is None:
                raise invalid("form_incomplete", "The form ends before its last boundary: the upload was cut off.")
            try:
                self._parser.write(chunk)
            except (FormParserError, ValueError) as error:
                raise _malformed() from error
        return self._events.popleft()

    def _parser_of(self, boundary: bytes) -> MultipartParser:
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_part_data": lambda data, start, end: self._events.append(bytes(data[start:end])),
                    "on_part_end": lambda: self._events.append(_PartEnds()),
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": lambda: self._events.append(_PartBegins(self._headers)),
                    "on_end": lambda: self._events.append(_FormEnds()),
                },
            )
        except (FormParserError, ValueError) as error:
            raise _malformed() from error

    def _on_part_begin(self) -> None:
        self._headers, self._header_name, self._header_value, self._header_bytes = {}, b"", b"", 0

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name, self._header_value = b"", b""

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > PART_HEADERS_MAX:
            raise _malformed()


def _part(headers: dict[bytes, bytes], chunks: AsyncIterator[bytes]) -> Part:
    disposition = headers.get(b"content-disposition", b"")
    _, options = parse_options_header(disposition)
    content_type = headers.get(b"content-type")
    return Part(
        name=options.get(b"name", b"").decode("utf-8", "replace"),
        filename=file_name(disposition, options.get(b"filename")),
        content_type=None if content_type is None else content_type.decode("latin-1").strip(),
        chunks=chunks,
    )


def _malformed() -> MinutebookError:
    return MinutebookError(Kind.INVALID, "form_invalid", "The body is not a valid multipart/form-data form.")


async def read_on(body: AsyncIterator[bytes]) -> None:
    """Read on for a while what nobody wants any more."""
    unread = 0
    async for chunk in body:
        unread += len(chunk)
        if unread > UNREAD_MAX:
            return
