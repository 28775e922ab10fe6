"""What a storage failure means to the user."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from minutebook.errors import Kind, MinutebookError, not_found

_NO_ROOM = re.compile(r"os error (27|28|122)\b")
"""EFBIG, ENOSPC and EDQUOT, as the storage library spells them."""


@contextmanager
def told(key: str) -> Iterator[None]:
    """Turns what the storage library raises while it works on `key` into errors that the user is told about."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        raise not_found("object") from error
    except (BaseError, OSError) as error:
        raise _meaning(key, error) from error


def _meaning(key: str, error: BaseException) -> MinutebookError:
    if _NO_ROOM.search(str(error)) or getattr(error, "errno", None) in {27, 28, 122}:
        return MinutebookError(
            Kind.UNAVAILABLE,
            "storage_full",
            f"There is no room left to store {key}. Free some space or point the storage at a larger disk, then retry.",
            retryable=True,
        )
    return MinutebookError(
        Kind.UNAVAILABLE,
        "storage_unavailable",
        f"The storage failed on {key} ({type(error).__name__}). Check that it is reachable, that the bucket or folder "
        "exists, and that the keys may read and write it; `minutebook doctor` tries it.",
        retryable=True,
    )
