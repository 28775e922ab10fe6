"""Small things that the client's tests share."""

import json
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from minutebook.client import Attendee

ADA = Attendee("ada@example.com", "Ada Lovelace")


@dataclass
class Pauses:
    """Time that passes at once and remembers how long it would have taken; `meanwhile` is what others do in it."""

    seconds: list[float] = field(default_factory=list)
    meanwhile: Callable[[], None] = field(default=lambda: None)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.meanwhile()

    async def awaited(self, seconds: float) -> None:
        self.seconds.append(seconds)


def written(path: Path, size: int = 200_000) -> Path:
    """A file that starts like a wave file and is otherwise silent."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(size))
    return path


def on_disk(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text())
    return found
