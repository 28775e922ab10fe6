"""What the reader of a transcript is told about the file it came from. Pure."""

from collections.abc import Iterator
from typing import Protocol

SHORTER_S = 1.0
SHORTER_SHARE = 0.001
"""A file counts as cut when more than this is missing at its end: encoders pad, and headers round."""

GAP_S = 1.0
"""Missing sound is mentioned from here on."""


class Stated(Protocol):
    """What a file says of itself, as far as it is checked here."""

    @property
    def declared_duration_s(self) -> float | None: ...
    @property
    def lacks_end(self) -> bool: ...


def ends_early(stated: Stated, end_s: float) -> bool:
    """Whether a file that was read up to `end_s` ends before its header says."""
    declared_s = stated.declared_duration_s
    return declared_s is not None and end_s < declared_s * (1 - SHORTER_SHARE) - SHORTER_S


def notices(stated: Stated, end_s: float, missing_s: float, skipped: int, skipped_at_s: float) -> Iterator[str]:
    """Sentences on what is not in the sound although it should be, and on what was left aside."""
    cut = ends_early(stated, end_s)
    damaged_by_the_cut = (cut or stated.lacks_end) and skipped == 1 and skipped_at_s >= end_s - SHORTER_S
    if cut and stated.declared_duration_s is not None:
        declared = clock(stated.declared_duration_s)
        if skipped and not damaged_by_the_cut:
            yield f"Only {clock(end_s)} of a declared {declared} could be read; the rest is damaged or missing."
        else:
            yield f"The file ends after {clock(end_s)} of a declared {declared}; what follows is missing."
    elif stated.lacks_end:
        yield f"The file stops after {clock(end_s)} without its end mark: it was cut, and what followed is missing."
    if skipped and not damaged_by_the_cut:
        pieces = "1 damaged piece of the file" if skipped == 1 else f"{skipped} damaged pieces of the file"
        yield f"{pieces} could not be decoded and left no sound."
    if missing_s >= GAP_S:
        yield f"{clock(missing_s)} of sound is missing inside the file; silence stands in its place."


def clock(seconds: float) -> str:
    """Seconds as a person reads them: 1:23, 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"
