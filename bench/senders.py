"""The people of `bench.long_call`, in a process of their own that has little to do: what they say is encoded before
anybody comes, and each 20 ms of it goes out at a moment that was fixed at the beginning. Whoever is late catches up.

    python -m bench.senders '{"websocket": …, "room": …, "people": …}'

prints `{"at": …}`, the moment (epoch) at which the talk begins, and once its input is closed `{"late": [[at, s], …]}`,
how late each packet was.
"""

import asyncio
import fractions
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiortc import MediaStreamTrack
from aiortc.codecs.opus import OpusEncoder
from av import AudioFrame, Packet

from support.audio import RATE
from support.calls.voices import Voice
from support.replicas.people import FRAME, FRAME_S
from support.replicas.people import RATE as SENT_RATE
from support.replicas.placing import noise

TURN_S = 10.0
SETTLED_S = 2.0
SILENT_FRAMES = 25
"""So many frames of silence end a turn; then nothing is sent, as platforms do it."""
PRIORITY = -10
Sound = tuple[Sequence[bytes], bytes]
"""What is said, frame by frame, and a frame of silence (Opus)."""
Late = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Talk:
    """Two of so many people speak at a time, from tick `first` (20 ms each since the epoch) on."""

    first: int
    people: int

    def place(self, number: int, tick: int) -> int | None:
        """Which frame of what is said this person says in a tick; -1 for silence, None for nothing at all."""
        since, half = tick - self.first, round(TURN_S / 2 / FRAME_S)
        turn = since // half
        if since >= 0 and number in {turn % self.people, (turn - 1) % self.people}:
            return since
        ended = since >= 2 * half and (turn - 2) % self.people == number
        return -1 if ended and since % half < SILENT_FRAMES else None


def encoded() -> Sound:
    """It, made before anybody listens."""
    encoder, silence = OpusEncoder(), np.zeros(FRAME, np.int16)
    samples = np.repeat(noise(), SENT_RATE // RATE)
    pieces = [samples[begin : begin + FRAME] for begin in range(0, len(samples) - FRAME + 1, FRAME)]
    payloads: list[bytes] = []
    for number, piece in enumerate([*pieces, silence, silence]):
        frame = AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = SENT_RATE, fractions.Fraction(1, SENT_RATE), number * FRAME
        payloads += encoder.encode(frame)[0]
    return payloads[: len(pieces)], payloads[-1]


class Punctual(MediaStreamTrack):
    """What one person sends. `late` gets the moment of each packet and how late it was, in seconds."""

    kind = "audio"

    def __init__(
        self, number: int, talk: "asyncio.Future[Talk]", sound: Sound, late: list[tuple[float, float]]
    ) -> None:
        super().__init__()
        self._number = number
        self._talk = talk
        self._said, self._silence = sound
        self._late = late
        self._tick = 0

    async def recv(self) -> "Packet[Any]":
        """The next packet, at its moment."""
        talk = await self._talk
        self._tick = max(self._tick + 1, talk.first)
        while (place := talk.place(self._number, self._tick)) is None:
            self._tick += 1
        due = self._tick * FRAME_S
        await asyncio.sleep(max(0.0, due - time.time()))
        self._late.append((due, time.time() - due))
        packet: Packet[Any] = Packet(self._silence if place < 0 else self._said[place % len(self._said)])
        packet.pts, packet.time_base = (self._tick - talk.first) * FRAME, fractions.Fraction(1, SENT_RATE)
        return packet


async def speak(asked: dict[str, Any]) -> None:
    """Be in the room until the input is closed."""
    late: Late = []
    sound, people = encoded(), int(asked["people"])
    talk: asyncio.Future[Talk] = asyncio.get_running_loop().create_future()
    tracks = [Punctual(number, talk, sound, late) for number in range(people)]
    voices = [Voice(f"Guest{chr(ord('A') + number)}", track) for number, track in enumerate(tracks)]
    for voice in voices:
        await voice.join(asked["websocket"], asked["room"])
    first = round((time.time() + SETTLED_S) / FRAME_S)
    talk.set_result(Talk(first, people))
    print(json.dumps({"at": first * FRAME_S}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for voice in voices:
        await voice.leave()
    print(json.dumps({"late": [(at, round(each, 4)) for at, each in late]}), flush=True)


if __name__ == "__main__":
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    asyncio.run(speak(json.loads(sys.argv[1])))
