"""What a storage failure means to the user."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from minutebook.errors import Kind, MinutebookError, not_found

FULL: Final = "storage_full"
AGAIN_S: Final = 10.0
"""What a client is asked to wait: a storage that restarts, or a disk that is cleared, takes a while."""

_NO_ROOM: Final = re.compile(r"os error (27|28|122)\b")
"""EFBIG, ENOSPC and EDQUOT, as the storage library spells them."""
_NO_ROOM_NUMBERS: Final = frozenset({errno.EFBIG, errno.ENOSPC, errno.EDQUOT})


_NO_BUCKET: Final = "NoSuchBucket"
"""How S3 and its kin name a bucket that is not there, in the body that the library's error quotes."""


@contextmanager
def told(key: str) -> Iterator[None]:
    """Turns what the storage library raises while it works on `key` into errors that the user is told about."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        if _NO_BUCKET in str(error):
            raise no_bucket() from error
        raise not_found("object") from error
    except (BaseError, OSError) as error:
        raise _meaning(key, error) from error


def no_room(where: str) -> MinutebookError:
    """There is no room to write."""
    message = f"There is no room left {where}. Free some space or use a larger disk; waiting work goes on by itself."
    return MinutebookError(Kind.UNAVAILABLE, FULL, message, retryable=True, retry_after_s=AGAIN_S)


def no_bucket() -> MinutebookError:
    """The bucket is missing. It may be made, or the setting be mended: work waits for that."""
    message = (
        "The storage answers, but the bucket of MINUTEBOOK_STORAGE_URL does not exist. Create it, or correct the "
        "setting and restart; waiting work goes on by itself."
    )
    return MinutebookError(Kind.UNAVAILABLE, "storage_bucket_missing", message, retryable=True, retry_after_s=AGAIN_S)


def is_no_room(error: BaseException) -> bool:
    """Whether an error says that a disk, or the share of it that one may use, is full."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM_NUMBERS


def _meaning(key: str, error: BaseException) -> MinutebookError:
    if is_no_room(error) or _NO_ROOM.search(str(error)):
        return no_room(f"to store {key}")
    if _NO_BUCKET in str(error):
        return no_bucket()
    return unavailable(key, error)


def unavailable(key: str, error: BaseException) -> MinutebookError:
    """The storage cannot be reached, or does not do what it is asked to."""
    return MinutebookError(
        Kind.UNAVAILABLE,
        "storage_unavailable",
        f"The storage failed on {key} ({type(error).__name__}). Check that it is reachable, that the bucket or folder "
        "exists, and that the keys may read and write it; `minutebook doctor` tries it.",
        retryable=True,
        retry_after_s=AGAIN_S,
    )
