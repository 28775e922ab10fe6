"""Several voices in one: their sum, turned down only where it would be clipped. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from minutebook.bots.runner.capture.sound.timeline import FRAME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from minutebook.bots.runner.capture.sound.timeline import Samples, Sum

FULL_SCALE: Final = 32767
RECOVERY: Final = 0.1
"""How much of full volume comes back per frame after a loud one: a second from nothing."""

SILENCE: Final = np.zeros(FRAME, np.int16)


@dataclass(slots=True)
class Mixer:
    """Mixes frame by frame; the volume moves without steps."""

    gain: float = 1.0

    def mix(self, frames: Sequence[Sum]) -> Samples:
        """The sum of the frames."""
        if not frames:
            self.gain = min(1.0, self.gain + RECOVERY)
            return SILENCE
        total: NDArray[np.int32 | np.float32] = sum(frames[1:], frames[0])
        peak = int(np.abs(total).max())
        target = min(1.0, FULL_SCALE / peak if peak else 1.0, self.gain + RECOVERY)
        if target < 1.0 or self.gain < 1.0:
            total = total * np.linspace(self.gain, target, FRAME, dtype=np.float32)
            self.gain = target
        return np.clip(total, -FULL_SCALE - 1, FULL_SCALE).astype(np.int16)
