"""What is not the work's own fault: an outage. Work that meets one waits for its end and uses no attempt."""

import errno
from typing import Final

from minutebook.db import failures as database
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.ports import StepFailedError
from minutebook.kit.backoff import Backoff
from minutebook.storage.failures import is_no_room, no_room

BETWEEN_LOOKS: Final = Backoff(first_s=1.0, factor=2.0, longest_s=60.0, jitter=0.3)
"""How long work waits before it looks whether the outage is over: for hours, and never more than a minute behind."""
LONGEST_WISH_S: Final = 600.0
"""The longest wait that whoever is away may ask for."""

_PASSING: Final = frozenset({Kind.UNAVAILABLE, Kind.RATE_LIMITED})
_EXHAUSTED: Final = frozenset({errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EIO})


def outage_of(error: BaseException) -> MinutebookError | None:
    """The outage that an error tells of: something that the work needs is unreachable, refuses for now, or is full.
    None for the work's own failures and for defects."""
    if isinstance(error, StepFailedError):
        return None
    if isinstance(error, MinutebookError):
        return error if error.retryable and error.kind in _PASSING else None
    if is_no_room(error):
        return no_room("on this machine's disk")
    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        message = f"This machine has run short ({error.strerror}). The work is tried again later."
        return MinutebookError(Kind.UNAVAILABLE, "machine_exhausted", message, retryable=True)
    return database.outage_of(error)


def next_look_s(outage: MinutebookError, times: int, chance: float) -> float:
    """Seconds until work looks again, after it met outages so many times in a row."""
    wished = min(outage.retry_after_s or 0.0, LONGEST_WISH_S)
    return max(BETWEEN_LOOKS.delay_s(times, chance), wished if times > 1 else 0.0)
