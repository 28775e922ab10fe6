"""Memory of native libraries: kept while it is used again and again, then given back to the system."""

import ctypes
import sys
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8
"""glibc's names and numbers (`man 3 mallopt`)."""
_NEVER = 1 << 30


def keep_for_reuse() -> None:
    """Have the C library keep what is freed, in one place for all threads, until `give_back`.

    A network's layers ask for the same tens of megabytes thousands of times. glibc returns blocks of that size to the
    system at once, which clears every page anew: an eighth of the processor time of recognition. Elsewhere than on
    glibc this does nothing.
    """
    mallopt = _of_glibc("mallopt")
    if mallopt is not None:
        for option, value in ((_M_ARENA_MAX, 1), (_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, _NEVER)):
            mallopt(option, value)


def give_back() -> None:
    """Ask the C library to return what is free. glibc keeps freed memory for the thread that used it; over the chunks
    of a long recording that adds up (750 instead of 490 MB held after three chunks of five minutes). Elsewhere than on
    glibc this does nothing."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
