"""Whether the sound of a call is what it should be, told while there is time to mend it. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from minutebook.bots.sound_trouble import SoundTrouble

WINDOW_MS: Final = 60_000
"""Trouble of so long is told."""
LOST_SHARE: Final = 0.05
"""Of the samples; a twentieth made up by the browser is heard, and misheard."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What arrived up to a moment, by the browser's own count: packets, samples, samples that it made up, and energy
    (https://www.w3.org/TR/webrtc-stats/#inboundrtpstats-dict*)."""

    at_ms: int
    packets: float
    samples: float
    made_up: float
    energy: float


@dataclass(slots=True)
class SoundHealth:
    """Watches one recording; each trouble is told once."""

    start_ms: int
    _arrived: deque[Arrived] = field(default_factory=deque)
    _loud_ms: int = 0
    _nameless_ms: int = 0
    _told: set[SoundTrouble] = field(default_factory=set)
    _notices: list[SoundTrouble] = field(default_factory=list)

    def notices(self) -> list[SoundTrouble]:
        """What is to be told since this was asked last."""
        notices, self._notices = self._notices, []
        return notices

    def recorded(self, now_ms: int, *, loud: bool) -> None:
        """Sound was recorded; whether there was anything in it."""
        if loud:
            self._loud_ms = now_ms

    def resumed(self, now_ms: int) -> None:
        """What was not recorded up to now was not to be: everything is watched from here on."""
        self._loud_ms = now_ms
        self._arrived.clear()

    def spoke(self, length_ms: int, *, named: bool) -> None:
        """Somebody spoke for so long; whether it is known who."""
        self._nameless_ms = 0 if named else self._nameless_ms + length_ms
        if self._nameless_ms >= WINDOW_MS:
            self._tell(SoundTrouble.NAMELESS)

    def arrived(self, now: Arrived) -> None:
        """What the browser counts by now. Connections come and go: a count that falls begins anew."""
        if self._arrived and now.packets < self._arrived[-1].packets:
            self._arrived.clear()
        self._arrived.append(now)
        while len(self._arrived) > 1 and now.at_ms - self._arrived[1].at_ms >= WINDOW_MS:
            self._arrived.popleft()
        before = self._arrived[0]
        if now.at_ms - before.at_ms < WINDOW_MS:
            return
        samples = now.samples - before.samples
        if now.packets > before.packets and max(self._loud_ms, self.start_ms) <= before.at_ms:
            self._tell(SoundTrouble.DEAF if now.energy > before.energy else SoundTrouble.SILENT)
        if samples > 0 and (now.made_up - before.made_up) / samples > LOST_SHARE:
            self._tell(SoundTrouble.LOSSY)

    def _tell(self, notice: SoundTrouble) -> None:
        if notice not in self._told:
            self._told.add(notice)
            self._notices.append(notice)
