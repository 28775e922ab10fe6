"""Who is in a played meeting, and what sounds from whom at which moment. Times are seconds since the epoch."""

import base64
import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from support.audio import RATE as SOURCE_RATE

RATE = 48_000
FRAME_S = 0.02
FRAME = round(RATE * FRAME_S)
FIRST_SOURCE = 1001
KEPT_MS = 400
"""A shared slot stays with somebody so long after they were last heard."""
SLOTS = 3
BOT_ID = "spaces/a1b2/devices/1"

Samples = NDArray[np.int16]


@dataclass(eq=False)
class Person:
    """Somebody in the meeting: `source` is the number that their sound carries (RFC 3550 CSRC)."""

    id: str
    name: str
    source: int
    here: bool = True
    video: bool = True
    share: bool = False
    said: list[tuple[float, Samples]] = field(default_factory=list)

    def say(self, at: float, samples: Samples) -> None:
        """Speak these samples of `support.audio` from a moment on."""
        self.said.append((at, np.repeat(samples, RATE // SOURCE_RATE)))

    def frame(self, at: float) -> Samples | None:
        """The 20 ms of their sound that begin at a moment; None for nothing."""
        for began, samples in self.said:
            place = round((at - began) * RATE)
            if -FRAME < place < len(samples):
                out = np.zeros(FRAME, np.int16)
                part = samples[max(0, place) : place + FRAME]
                out[max(0, -place) : max(0, -place) + len(part)] = part
                return out
        return None


@dataclass
class Sounding:
    """One moment: what each slot carries and whose it is, and everybody who is heard."""

    slots: Sequence[tuple[Person | None, Samples]]
    heard: Sequence[tuple[Person, Samples]]


class Company:
    """All people of a meeting, and the server's choice of who gets one of the shared slots."""

    def __init__(self, slots: int = SLOTS) -> None:
        self.people: list[Person] = []
        self._slots: list[tuple[Person, float] | None] = [None] * slots
        self._moments: dict[int, Sounding] = {}
        self.sent: dict[int, float] = {}
        """How late each tick went out, in seconds: a busy machine keeps no time."""

    def send(self, tick: int) -> None:
        """This tick goes out now."""
        self.sent.setdefault(tick, time.time() - tick * FRAME_S)

    @property
    def here(self) -> list[Person]:
        return [person for person in self.people if person.here]

    def come(self, name: str) -> Person:
        """Somebody new, or somebody of that name who left and is back."""
        for person in self.people:
            if person.name == name and not person.here:
                person.here = True
                return person
        number = len(self.people)
        person = Person(f"spaces/a1b2/devices/{number + 2}", name, FIRST_SOURCE + number)
        self.people.append(person)
        return person

    def named(self, name: str) -> Person:
        return next(person for person in self.here if person.name == name)

    def moment(self, tick: int) -> Sounding:
        """The sound of tick `tick` (20 ms each since the epoch); decided once."""
        found = self._moments.get(tick)
        if found is None:
            found = self._moments[tick] = self._sounding(tick * FRAME_S)
            for old in [each for each in self._moments if each < tick - 200]:
                del self._moments[old]
        return found

    def _sounding(self, at: float) -> Sounding:
        heard = [(person, frame) for person in self.here if (frame := person.frame(at)) is not None]
        for person, _ in heard:
            self._seat(person, at)
        frames = dict(heard)
        silence = np.zeros(FRAME, np.int16)
        slots = [
            (seat[0], frames[seat[0]]) if seat is not None and seat[0] in frames else (None, silence)
            for seat in self._slots
        ]
        return Sounding(slots, heard)

    def _seat(self, person: Person, at: float) -> None:
        seats = self._slots
        mine = next((place for place, seat in enumerate(seats) if seat is not None and seat[0] is person), None)
        free = (p for p, seat in enumerate(seats) if seat is None or at - seat[1] > KEPT_MS / 1000)
        place = mine if mine is not None else next(free, None)
        if place is not None:
            seats[place] = (person, at)


def mixed(frames: Sequence[Samples]) -> Samples:
    """Several frames as one."""
    if not frames:
        return np.zeros(FRAME, np.int16)
    total = np.sum([frame.astype(np.int32) for frame in frames], axis=0)
    out: Samples = np.clip(total, -32768, 32767).astype(np.int16)
    return out


def roster_frame(people: Sequence[Person], own: str) -> str:
    """A frame of Teams' websocket: everybody, with the numbers of their sound."""
    told = [(p.id, p.name, p.source, "active" if p.here else "inactive") for p in people]
    told.append((BOT_ID, f"{own} (Guest)", 999, "active"))
    participants = {
        identity: {
            "state": state,
            "details": {"id": identity, "displayName": name},
            "endpoints": {"e": {"call": {"mediaStreams": [{"type": "audio", "sourceId": source}]}}},
        }
        for identity, name, source, state in told
    }
    body = base64.b64encode(zlib.compress(json.dumps({"participants": participants}).encode())).decode()
    return "3:::" + json.dumps({"url": "https://replica.example/conv/rosterUpdate/", "body": body})
