"""One remote track: where its sound belongs, whose it is, and whether somebody speaks on it. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from minutebook.bots.runner.capture.sound.timeline import FRAME, FRAME_MS, Frames, Placement, stretched
from minutebook.bots.runner.capture.sound.voice import VoiceActivity, Voiced

if TYPE_CHECKING:
    from minutebook.bots.runner.capture.page_messages import Owner, SampleRun
    from minutebook.bots.runner.capture.sound.timeline import Sum

SETTLE_MS: Final = 250
"""A frame is mixed so much after its end: sound is told every 100 ms, and a new track's first run needs its time."""

PATIENCE_MS: Final = 2_000
"""A frame waits so long for a track whose sound is late."""

DELIVERING_MS: Final = 1_000
"""A track that was not heard of for so long is not waited for."""

OWNERLESS_FRAMES: Final = 100
"""So much of a track whose owner is not known yet is kept for them (10 s)."""


@dataclass(slots=True)
class Track:
    """A track from its first sound to its end. `key` is its owner's, once they are known; a `mixed` one has none."""

    id: str
    placement: Placement
    frames: Frames
    first_heard_ms: int
    heard_ms: int
    told_ms: int
    voice: VoiceActivity = field(default_factory=VoiceActivity)
    owner: Owner | None = None
    key: str | None = None
    live: bool = True
    mixed: bool = False
    ownerless: deque[tuple[int, Sum]] = field(default_factory=lambda: deque(maxlen=OWNERLESS_FRAMES))
    unattributed: list[Voiced] = field(default_factory=list)

    def hear(self, run: SampleRun, now_ms: int) -> None:
        """Take a run of its sound."""
        position, length = self.placement.place(run.at_ms, run.count, silent=run.samples is None)
        self.heard_ms = self.told_ms = now_ms
        if run.samples is not None:
            self.frames.add(position, stretched(run.samples, length))

    @property
    def is_drained(self) -> bool:
        """Whether all its sound was recorded."""
        return (self.placement.end or 0) <= self.frames.taken * FRAME

    def is_late_for(self, number: int, now_ms: int) -> bool:
        """Whether sound of this frame is still to come."""
        end = self.placement.end
        behind = end is not None and end < (number + 1) * FRAME
        return behind and self.live and now_ms - self.heard_ms < DELIVERING_MS


def is_due(number: int, start_ms: int, tracks: list[Track], now_ms: int) -> bool:
    """Whether a frame may be mixed: its time is over, and no track that delivers is behind it, within reason."""
    age_ms = now_ms - (start_ms + (number + 1) * FRAME_MS)
    if age_ms < SETTLE_MS:
        return False
    return age_ms >= PATIENCE_MS or not any(track.is_late_for(number, now_ms) for track in tracks)
