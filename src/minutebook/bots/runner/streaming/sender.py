"""Live sound over WebSockets: the bot dials the addresses that its caller gave, sends what it hears and says what it is
sent.

A stream never disturbs the recording: what a slow or missing receiver does not take is dropped, oldest first, and every
failure of a connection only means that it is dialled again.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from minutebook.bots.protocol import AUDIO_RATE, Orders
from minutebook.errors import MinutebookError
from minutebook.kit.address import AddressPolicy
from minutebook.kit.backoff import Backoff

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

log = logging.getLogger(__name__)

REDIAL: Final = Backoff(first_s=1.0, factor=2.0, longest_s=60.0)
STEADY_S: Final = 10.0
"""A connection that lasted so long was a good one: the next one is dialled after a second again."""
MOST_QUEUED: Final = 100
"""Frames (about 100 ms each) that wait for a receiver; older ones are dropped."""
MOST_SAID_BYTES: Final = 16 * 1024 * 1024
"""Largest message taken: speech synthesis sends whole utterances at once."""
FRAME_S: Final = 0.1

Say = Callable[[bytes, int], Awaitable[None]]
"""Speaks s16le mono samples of a rate into the call."""
Speaking = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Wires:
    """The addresses to dial, at most two; `sends` and `listens` say what each is for."""

    url: str
    sends: bool
    listens: bool


def wires_of(orders: Orders) -> Sequence[Wires]:
    """The connections that orders ask for. The same address for both directions is one connection."""
    output, source = orders.stream_output or None, orders.stream_input or None
    if output is not None and output == source:
        return (Wires(output, sends=True, listens=True),)
    ways = ((output, True, False), (source, False, True))
    return tuple(Wires(url, sends, listens) for url, sends, listens in ways if url is not None)


class Streaming:
    """All streams of one bot. Fed with what the call hears; `say` is whatever speaks into the call at the moment."""

    def __init__(self, orders: Orders, policy: AddressPolicy, notice: Callable[[str], None]) -> None:
        self._rate = orders.stream_frequency
        self._shaper = _Shaper(self._rate)
        self._lines = [
            _Line(wires, orders.bot_id, self._rate, policy, self._speak, notice) for wires in wires_of(orders)
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self.say: Say | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to dial."""
        return bool(self._lines)

    def start(self) -> None:
        """Dial, and go on until `stop`. Once started it stays so."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(line.run()) for line in self._lines]

    async def stop(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hear(self, pcm: bytes) -> None:
        """What was heard: s16le mono at `AUDIO_RATE`. Returns at once."""
        sending = [line for line in self._lines if line.wires.sends]
        if sending:
            for frame in self._shaper.frames(pcm):
                for line in sending:
                    line.put(frame)

    def speaking(self, change: Speaking) -> None:
        """Who began or ceased to speak. Returns at once."""
        text = json.dumps(list(change), ensure_ascii=False)
        for line in self._lines:
            if line.wires.sends:
                line.put(text)

    async def _speak(self, pcm: bytes) -> None:
        if self.say is not None:
            await self.say(pcm, self._rate)


class _Shaper:
    """Cuts sound into frames of 100 ms at the rate that was asked for."""

    def __init__(self, rate: int) -> None:
        self._frame_bytes = 2 * round(rate * FRAME_S)
        self._kept = bytearray()
        self._resampler: Any = None
        if rate != AUDIO_RATE:
            from av.audio.resampler import AudioResampler

            self._resampler = AudioResampler(format="s16", layout="mono", rate=rate)

    def frames(self, pcm: bytes) -> list[bytes]:
        """The frames that are complete with `pcm`, s16le mono at `AUDIO_RATE`."""
        self._kept += pcm if self._resampler is None else self._resampled(pcm)
        size = self._frame_bytes
        whole = len(self._kept) // size * size
        frames = [bytes(self._kept[at : at + size]) for at in range(0, whole, size)]
        del self._kept[:whole]
        return frames

    def _resampled(self, pcm: bytes) -> bytes:
        from av.audio.frame import AudioFrame

        if not pcm:
            return b""
        frame = AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.sample_rate = AUDIO_RATE
        # A plane is padded to its alignment; what is put in and taken out are the samples alone.
        frame.planes[0].update(pcm + bytes(frame.planes[0].buffer_size - len(pcm)))
        return b"".join(bytes(out.planes[0])[: 2 * out.samples] for out in self._resampler.resample(frame))


class _Line:
    """One connection, dialled again and again."""

    def __init__(
        self,
        wires: Wires,
        bot_id: str,
        rate: int,
        policy: AddressPolicy,
        speak: Callable[[bytes], Awaitable[None]],
        notice: Callable[[str], None],
    ) -> None:
        self.wires = wires
        self._bot_id = bot_id
        self._rate = rate
        self._policy = policy
        self._speak = speak
        self._notice = notice
        self._queue: deque[bytes | str] = deque()
        self._news = asyncio.Event()
        self._gone_frames = 0
        self._odd_seen = False
        self._failure_told = False

    def put(self, message: bytes | str) -> None:
        """Queue a message; when too many wait, the oldest goes."""
        self._queue.append(message)
        if len(self._queue) > MOST_QUEUED:
            self._take()
        self._news.set()

    async def run(self) -> None:
        """Dial and serve until cancelled, or until the address turns out to be one that is not dialled."""
        from websockets.exceptions import WebSocketException

        from minutebook.bots.runner.streaming.dialling import dial

        failures, now_s = 0, asyncio.get_running_loop().time
        while True:
            began_s = now_s()
            try:
                async with await dial(self.wires.url, self._policy, MOST_SAID_BYTES) as connection:
                    log.info("streaming is connected")
                    await self._serve(connection)
            except MinutebookError as error:
                self._notice(f"Streaming is off. {error.message}")
                return
            except (OSError, TimeoutError, WebSocketException, ValueError) as error:
                failures = 1 if now_s() - began_s >= STEADY_S else failures + 1
                self._failed(error)
            await asyncio.sleep(REDIAL.delay_s(failures))

    def _failed(self, error: BaseException) -> None:
        said = str(error) or type(error).__name__
        log.info("streaming has no connection: %s", said)
        if not self._failure_told:
            self._notice(f"Streaming lost its connection or got none; it is dialled again and again. ({said})")
        self._failure_told = True

    async def _serve(self, connection: "ClientConnection") -> None:
        """Use the connection until it ends, which raises `ConnectionClosed`."""
        sending = asyncio.create_task(self._send(connection)) if self.wires.sends else None
        try:
            await self._listen(connection)
        finally:
            if sending is not None:
                sending.cancel()
                # It fails as the listening does, when the connection ends.
                await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, connection: "ClientConnection") -> None:
        offset_s = self._gone_frames * FRAME_S
        await connection.send(handshake(self._bot_id, offset_s, self._rate))
        while True:
            while self._queue:
                await connection.send(self._take())
            self._news.clear()
            await self._news.wait()

    async def _listen(self, connection: "ClientConnection") -> None:
        while True:
            message = await connection.recv()
            if not self.wires.listens or isinstance(message, str) or not message:
                continue
            if len(message) % 2:
                if not self._odd_seen:
                    log.warning("a frame of %d bytes is no 16-bit sound and is dropped, like others", len(message))
                self._odd_seen = True
                continue
            await self._speak(message)

    def _take(self) -> bytes | str:
        message = self._queue.popleft()
        self._gone_frames += isinstance(message, bytes)
        return message


def handshake(bot_id: str, offset_s: float, rate: int) -> str:
    """The first message of a connection that is sent to. `offset` is where in what was heard, in seconds, the sound
    that follows begins."""
    return json.dumps({"protocol_version": 1, "bot_id": bot_id, "offset": round(offset_s, 3), "sample_rate": rate})
