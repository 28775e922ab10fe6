"""What a key may look like. Keys become file names, so nothing but plain relative paths gets through."""

import re

from minutebook.errors import invalid

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_LONGEST = 900
"""S3 takes keys of 1024 bytes; the rest is room for the bucket's prefix."""


def checked_key(key: str) -> str:
    """The key itself, when it is a relative path of plain names ("recordings/<id>/original.flac"); else `invalid`."""
    if len(key) > _LONGEST or not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        raise invalid("storage_key_invalid", f"{key[:80]!r} is not a storage key: plain names joined by slashes are.")
    return key


def checked_prefix(prefix: str) -> str:
    """The folder that a prefix names, without its final slash; a prefix ends where a name ends."""
    return checked_key(prefix.removesuffix("/"))
