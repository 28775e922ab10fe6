"""The `Range` header of RFC 9110, section 14: one range of bytes. Pure."""

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes [start, end) of `size`."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The header that tells which part this is."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def requested_span(header: str | None, size: int) -> Span | None:
    """The span that a header asks for; None when everything is to be sent: without a header, and for headers that
    are not understood or ask for several ranges, which a server may ignore. Raises `ValueError` when no byte of what
    is asked for exists."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise ValueError(f"{header!r} asks for nothing of {size} bytes")
    return Span(start, end, size)
