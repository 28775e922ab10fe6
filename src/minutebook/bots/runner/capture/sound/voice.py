"""Whether somebody speaks on a track of their own: energy above the track's noise, with hysteresis. Pure.

One track is one microphone behind the platform's noise suppression, so energy tells speech well; what it has to bridge
are the pauses inside words and sentences, and what it has to ignore are clicks and the noise of a room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from minutebook.bots.runner.capture.sound.timeline import FRAME, FRAME_MS

if TYPE_CHECKING:
    from minutebook.bots.runner.capture.sound.timeline import Sum

STEP_MS: Final = 20
STEPS: Final = FRAME_MS // STEP_MS

QUIETEST_DB: Final = -90.0
ON_DB: Final = -46.0
OFF_DB: Final = -52.0
"""dB of full scale below which nobody starts, or goes on, to speak."""

ON_OVER_NOISE_DB: Final = 10.0
OFF_OVER_NOISE_DB: Final = 6.0
NOISE_RISE_DB: Final = 0.04
"""By how much the estimate of the noise rises per step (2 dB a second); it falls at once by a fifth of the way."""

ON_STEPS: Final = 4
"""So many loud steps (80 ms) make a voice; fewer are a click."""

HANGOVER_STEPS: Final = 20
"""So many quiet steps (400 ms) end it."""

TAIL_STEPS: Final = 4
"""A voice fades: the interval ends so much after the last loud step."""


@dataclass(frozen=True, slots=True)
class Voiced:
    """A stretch of speech, in ms since the recording's start. `open` says that it goes on."""

    start_ms: int
    end_ms: int
    open: bool


@dataclass(slots=True)
class VoiceActivity:
    """The rule for one track; is given its frames in order."""

    noise_db: float = -70.0
    since_ms: int | None = None
    _loud_steps: int = 0
    _loud_since_ms: int = 0
    _quiet_steps: int = 0

    @property
    def active(self) -> bool:
        """Whether somebody speaks."""
        return self.since_ms is not None

    def frame(self, number: int, samples: Sum | None) -> list[Voiced]:
        """Look at a frame (None: silence); stretches of speech that ended in it."""
        ended = []
        for step, level in enumerate(levels(samples)):
            voiced = self._step(number * FRAME_MS + step * STEP_MS, level)
            if voiced is not None:
                ended.append(voiced)
        return ended

    def split(self, now_ms: int) -> Voiced | None:
        """What was spoken up to now as a stretch of its own, while somebody speaks."""
        loud_until_ms = now_ms - self._quiet_steps * STEP_MS
        if self.since_ms is None or loud_until_ms <= self.since_ms:
            return None
        voiced = Voiced(self.since_ms, loud_until_ms, open=True)
        self.since_ms = loud_until_ms
        return voiced

    def end(self, now_ms: int) -> Voiced | None:
        """The track ends."""
        voiced = self.split(now_ms)
        self.since_ms = None
        return None if voiced is None else Voiced(voiced.start_ms, voiced.end_ms, open=False)

    def _step(self, at_ms: int, level: float) -> Voiced | None:
        if level < self.noise_db:
            self.noise_db += 0.2 * (level - self.noise_db)
        else:
            self.noise_db += NOISE_RISE_DB
        if self.since_ms is None:
            self._start(at_ms, level)
            return None
        if level > max(OFF_DB, self.noise_db + OFF_OVER_NOISE_DB):
            self._quiet_steps = 0
            return None
        self._quiet_steps += 1
        if self._quiet_steps < HANGOVER_STEPS:
            return None
        end_ms = at_ms - (HANGOVER_STEPS - 1 - TAIL_STEPS) * STEP_MS
        start_ms, self.since_ms, self._loud_steps = self.since_ms, None, 0
        return Voiced(start_ms, end_ms, open=False) if end_ms > start_ms else None

    def _start(self, at_ms: int, level: float) -> None:
        if level <= max(ON_DB, self.noise_db + ON_OVER_NOISE_DB):
            self._loud_steps = max(0, self._loud_steps - 1)
            return
        if self._loud_steps == 0:
            self._loud_since_ms = at_ms
        self._loud_steps += 1
        if self._loud_steps >= ON_STEPS:
            self.since_ms = self._loud_since_ms
            self._quiet_steps = 0


def levels(samples: Sum | None) -> list[float]:
    """The level of each step of a frame in dB of full scale."""
    if samples is None:
        return [QUIETEST_DB] * STEPS
    scaled = samples.reshape(STEPS, FRAME // STEPS).astype(np.float32) / 32768
    power = np.maximum(np.mean(scaled * scaled, axis=1), 1e-9)
    return [float(level) for level in 10 * np.log10(power)]
