"""Times in which somebody wants nothing recorded. Pure; milliseconds since the epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from minutebook.bots.protocol import Observation, ObservationKind

TOLD_EVERY_MS: Final = 5_000
"""A pause is told in stretches of this length, so that a crash takes no more of it."""


@dataclass(slots=True)
class Pauses:
    """The pauses of one recording, the last of which may still be open."""

    _spans: list[tuple[int, int | None]] = field(default_factory=list)
    _told_ms: int = 0

    @property
    def is_open(self) -> bool:
        """Whether nothing is recorded now."""
        return bool(self._spans) and self._spans[-1][1] is None

    def begin(self, now_ms: int) -> None:
        """Nothing more is recorded."""
        if not self.is_open:
            self._spans.append((now_ms, None))
            self._told_ms = now_ms

    def end(self, now_ms: int) -> list[Observation]:
        """It is recorded again; what is left to tell of the pause."""
        if not self.is_open:
            return []
        start_ms, _ = self._spans[-1]
        self._spans[-1] = (start_ms, max(now_ms, start_ms))
        return self._told(now_ms)

    def tell(self, now_ms: int) -> list[Observation]:
        """What is to be told of the open pause by now."""
        return self._told(now_ms) if self.is_open and now_ms - self._told_ms >= TOLD_EVERY_MS else []

    def touch(self, start_ms: int, end_ms: int) -> bool:
        """Whether any of this time lies in a pause."""
        return any(start_ms < (end_ms if until is None else until) and since < end_ms for since, until in self._spans)

    def outside(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
        """What of this time lies in none."""
        at = start_ms
        for since, until in self._spans:
            if since >= end_ms:
                break
            if at < since:
                yield at, since
            at = end_ms if until is None else max(at, until)
        if at < end_ms:
            yield at, end_ms

    def kept(self, observations: Iterable[Observation]) -> Iterator[Observation]:
        """The observations without what was said and written in pauses. Who is there is known all the same."""
        for each in observations:
            if each.kind is ObservationKind.SPEAKING:
                for start_ms, end_ms in self.outside(each.start_ms - each.lag_ms, each.end_ms - each.lag_ms):
                    yield replace(each, start_ms=start_ms + each.lag_ms, end_ms=end_ms + each.lag_ms)
            elif each.kind is not ObservationKind.CHAT or not self.touch(each.at_ms, each.at_ms + 1):
                yield each

    def _told(self, now_ms: int) -> list[Observation]:
        start_ms, self._told_ms = self._told_ms, now_ms
        if now_ms <= start_ms:
            return []
        return [Observation(ObservationKind.PAUSED, now_ms, "", start_ms=start_ms, end_ms=now_ms)]
