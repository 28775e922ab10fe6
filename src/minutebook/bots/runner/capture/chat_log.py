"""What is written in the chat, as observations: each line once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from minutebook.bots.protocol import Observation, ObservationKind
from minutebook.bots.runner.capture.page_messages import ChatLine


@dataclass(slots=True)
class ChatLog:
    """The lines that one recording knows."""

    _known: set[str] = field(default_factory=set)

    def new(self, lines: Sequence[ChatLine], now_ms: int) -> list[Observation]:
        """What of the lines that the page shows now was not known."""
        fresh = [line for line in lines if line.id not in self._known]
        self._known.update(line.id for line in fresh)
        return [Observation(ObservationKind.CHAT, now_ms, line.id, line.author, text=line.text) for line in fresh]
