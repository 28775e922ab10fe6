"""The media server of played meetings, over real WebRTC (aiortc): shared slots with contributing sources as Meet has
them, one mixed track as Teams has it, sound by source over a data channel as Zoom's client gets it."""

import asyncio
import fractions
import json
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

import aioice.ice
from aiortc import MediaStreamTrack, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame

from support.replicas.people import FRAME, FRAME_S, RATE, Company, Person, Samples, mixed

RTCP_TYPES = range(64, 96)
TOLD_EVERY_S = 0.4
MOST_TOLD = 4
HEADER = b"\x00\x5b\x02"
SENT_SILENT = 25
"""Frames of silence in a row that are sent; then nothing until there is sound again."""
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
"""Loopback alone, also where there is nothing else."""


class Slot(MediaStreamTrack):
    """A track that carries 20 ms after 20 ms by the clock; `sources` are those of whoever is in the last frame."""

    kind = "audio"

    def __init__(self, sounding: Callable[[int], tuple[Samples, Sequence[Person]]]) -> None:
        super().__init__()
        self.sources: Sequence[int] = ()
        self._silent = 0
        self._sounding = sounding
        self._first = self._tick = int(time.time() / FRAME_S)

    async def recv(self) -> AudioFrame:
        """The next frame that is worth sending: of a long silence nothing is sent, as platforms do it."""
        while True:
            self._tick += 1
            await asyncio.sleep(max(0.0, self._tick * FRAME_S - time.time()))
            samples, people = self._sounding(self._tick)
            self._silent = 0 if people else self._silent + 1
            if self._silent < SENT_SILENT:
                break
        self.sources = [person.source for person in people]
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE, fractions.Fraction(1, RATE)
        frame.pts = (self._tick - self._first) * FRAME
        return frame


def slots_of(company: Company, count: int) -> list[Slot]:
    """Meet: whoever speaks gets one of a few tracks."""

    def sounding(number: int) -> Callable[[int], tuple[Samples, Sequence[Person]]]:
        def at(tick: int) -> tuple[Samples, Sequence[Person]]:
            company.send(tick)
            person, samples = company.moment(tick).slots[number]
            return samples, [person] if person is not None else []

        return at

    return [Slot(sounding(number)) for number in range(count)]


def mix_of(company: Company) -> Slot:
    """Teams: everybody on one track."""

    def at(tick: int) -> tuple[Samples, Sequence[Person]]:
        company.send(tick)
        heard = company.moment(tick).heard
        return mixed([samples for _, samples in heard]), [person for person, _ in heard]

    return Slot(at)


class Leg:
    """The server's end of one page's connection."""

    def __init__(self, company: Company, platform: str, *, sources: bool = True) -> None:
        self.connection = RTCPeerConnection()
        self._company = company
        self._platform = platform
        self._has_sources = sources
        self._sending: asyncio.Task[None] | None = None
        if platform == "google_meet":
            self._tracks = slots_of(company, 3)
        else:
            self._tracks = [mix_of(company)] if platform == "teams" else []
        self.connection.on("datachannel", self._opened)

    async def answer(self, sdp: str) -> str:
        """The answer to a page's offer; the sound begins."""
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        for track in self._tracks:
            self.connection.addTrack(track)
        senders = self.connection.getSenders() if self._has_sources else []
        numbers = {sender._ssrc: sender.track for sender in senders if sender.track}
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        for transport in {sender.transport for sender in senders}:
            setattr(transport, "_send_rtp", _with_sources(transport._send_rtp, numbers))  # noqa: B010  # aiortc sends none
        return self.connection.localDescription.sdp

    async def close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
        await self.connection.close()

    def silence(self) -> None:
        """Go away without a word: the sockets are closed, and nobody says goodbye."""
        ends = [sender.transport for sender in self.connection.getSenders()]
        ends += [self.connection.sctp.transport] if self.connection.sctp is not None else []
        for end in set(ends):
            for protocol in end.transport._connection._protocols:
                protocol.transport.abort()

    def _opened(self, channel: RTCDataChannel) -> None:
        sending = self._tell(channel) if self._platform == "teams" else self._send(channel)
        self._sending = asyncio.ensure_future(sending)

    async def _tell(self, channel: RTCDataChannel) -> None:
        """Teams' main channel: who spoke most lately, behind a header, when there is another one at the head."""
        history: list[int] = []
        while channel.readyState == "open":
            heard = [person.source for person, _ in self._company.moment(int(time.time() / FRAME_S)).heard]
            if heard and history[:1] != heard[:1]:
                history = [heard[0], *(each for each in history if each != heard[0])][:MOST_TOLD]
                channel.send(HEADER + json.dumps([{"type": "dsh", "history": history}]).encode())
            await asyncio.sleep(TOLD_EVERY_S)

    async def _send(self, channel: RTCDataChannel) -> None:
        """40 ms at a time: the number of the source, then its samples (s16le, 24 kHz)."""
        tick = int(time.time() / FRAME_S)
        while channel.readyState == "open":
            await asyncio.sleep(max(0.0, (tick + 2) * FRAME_S - time.time()))
            pieces: dict[int, list[bytes]] = {}
            for number in (0, 1):
                self._company.send(tick + number)
                for person, samples in self._company.moment(tick + number).heard:
                    pieces.setdefault(person.source, [b"", b""])[number] = samples[::2].astype("<i2").tobytes()
            for source, (one, two) in pieces.items():
                channel.send(struct.pack("<I", source) + (one or bytes(FRAME)) + (two or bytes(FRAME)))
            tick += 2


def _with_sources(send: Callable[[bytes], Any], tracks: dict[int, Any]) -> Callable[[bytes], Any]:
    """RTP packets get the contributing sources of their track's frame (RFC 3550, 5.1)."""

    def sent(data: bytes) -> Any:
        if data[1] & 0x7F in RTCP_TYPES:
            return send(data)
        track = tracks.get(int.from_bytes(data[8:12], "big"))
        sources = list(track.sources)[:15] if track is not None else []
        listed = b"".join(source.to_bytes(4, "big") for source in sources)
        return send(bytes([data[0] | len(sources)]) + data[1:12] + listed + data[12:])

    return sent
