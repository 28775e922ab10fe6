"""Many values for one statement, in several: databases bound how many parameters one may have."""

from collections.abc import Iterable, Iterator
from typing import Final

AT_ONCE: Final = 400


def batches(values: Iterable[str]) -> Iterator[list[str]]:
    """The values without repetitions, in order, `AT_ONCE` at a time."""
    every = sorted(set(values))
    for first in range(0, len(every), AT_ONCE):
        yield every[first : first + AT_ONCE]
