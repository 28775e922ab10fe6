"""Stretches of speech as they are observed, and who speaks at the moment. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from minutebook.bots.protocol import Observation, ObservationKind

TRACK: Final = "track"
PAGE: Final = "page"
NETWORK: Final = "network"
CONFIDENCE: Final = {PAGE: 0.7, NETWORK: 0.9}
"""What a page draws is late and coarse; what the network tells of it less so; the sound of somebody's own track is
neither."""

SPLIT_MS: Final = 2_000
"""Long speech is told in stretches of this length, so that a crash takes no more of it."""


@dataclass(slots=True)
class PageSpeaking:
    """Who speaks by the page's own signs, as intervals."""

    lag_ms: int = 0
    source: str = PAGE
    since_ms: dict[str, int] = field(default_factory=dict)

    def shown(self, keys: frozenset[str], now_ms: int) -> list[Observation]:
        """These speak now; the intervals that ended thereby, or became long."""
        ended = []
        for key in sorted(self.since_ms):
            if key in keys and now_ms - self.since_ms[key] < SPLIT_MS:
                continue
            since_ms = self.since_ms.pop(key)
            ended.append(spoken(key, since_ms, now_ms, now_ms, self.source, CONFIDENCE[self.source], self.lag_ms))
        for key in keys:
            self.since_ms.setdefault(key, now_ms)
        return ended

    def by(self, source: str, lag_ms: int, now_ms: int) -> list[Observation]:
        """Signs of this kind, this late, are read from now on; the intervals by another kind end."""
        ended = self.shown(frozenset(), now_ms) if (source, lag_ms) != (self.source, self.lag_ms) else []
        self.source, self.lag_ms = source, lag_ms
        return ended


def spoken(
    key: str, start_ms: int, end_ms: int, at_ms: int, source: str, confidence: float = 1.0, lag_ms: int = 0
) -> Observation:
    """The observation of a stretch of speech."""
    return Observation(
        ObservationKind.SPEAKING,
        at_ms,
        key,
        start_ms=start_ms,
        end_ms=end_ms,
        source=source,
        confidence=confidence,
        lag_ms=lag_ms,
    )


Speaker = dict[str, Any]
SpeakingListener = Callable[[list[Speaker]], None]


def speaker(name: str, number: int, now_ms: int, speaking: bool) -> Speaker:
    """One entry of the list that is streamed and filed, by the names of its members."""
    return {"name": name, "id": number, "timestamp": now_ms, "isSpeaking": speaking}
