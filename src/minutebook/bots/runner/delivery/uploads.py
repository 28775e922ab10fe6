"""Everything recorded goes home from the disk: oldest first, deleted when home has it, kept when home is away.

What earlier attempts left behind is brought into order and delivered first.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from minutebook.bots.runner.delivery.home import PATIENCE_S, RETRY, Home, HomeAwayError, HomeRefusedError
from minutebook.bots.runner.screens import Shot, shots
from minutebook.kit.clock import Clock

log = logging.getLogger(__name__)

POLL_S: Final = 0.5
"""How often the spool is looked into."""


class SpooledPiece(Protocol):
    """A finished piece of media in the spool folder."""

    @property
    def attempt(self) -> int: ...
    @property
    def stream(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def start_ms(self) -> int: ...
    @property
    def length_ms(self) -> int: ...
    @property
    def path(self) -> Path: ...


Finished = Callable[[Path], Sequence[SpooledPiece]]
"""The finished pieces in a spool folder, oldest first."""


class Uploads:
    """Delivers one bot's spool folder. `run` goes on until `close` was called and nothing is left."""

    def __init__(self, home: Home, folder: Path, clock: Clock, finished: Finished) -> None:
        self._home = home
        self._folder = folder
        self._clock = clock
        self._finished = finished
        self._refused: set[Path] = set()
        self._closing = False
        self.sent = 0
        """Pieces that were delivered."""

    @property
    def refused(self) -> int:
        """How many files home does not take; they stay where they are."""
        return len(self._refused)

    def close(self) -> None:
        """Nothing is added to the folder any more."""
        self._closing = True

    async def run(self, patience_s: float = PATIENCE_S) -> None:
        """Deliver. Raises `HomeUnwantedError`, and `HomeAwayError` when home was away for `patience_s` after
        `close`."""
        failures, away_since = 0, self._clock.now()
        while True:
            closing = self._closing
            try:
                delivered = await self._deliver_all()
            except HomeAwayError:
                if closing and (self._clock.now() - away_since).total_seconds() >= patience_s:
                    raise
                failures += 1
                await self._clock.sleep(RETRY.delay_s(failures))
                continue
            failures, away_since = 0, self._clock.now()
            if not delivered:
                if closing:
                    return
                await self._clock.sleep(POLL_S)

    async def _deliver_all(self) -> int:
        """Deliver what is there now; returns how many files that were."""
        delivered = 0
        for piece in await asyncio.to_thread(self._finished, self._folder):
            delivered += await self._deliver(piece.path, partial(self._send_piece, piece))
        for shot in shots(self._folder):
            delivered += await self._deliver(shot.path, partial(self._send_shot, shot))
        return delivered

    async def _deliver(self, path: Path, send: Callable[[bytes], Awaitable[None]]) -> int:
        if path in self._refused:
            return 0
        try:
            await send(await asyncio.to_thread(path.read_bytes))
        except FileNotFoundError:
            return 0
        except HomeRefusedError as error:
            log.error("a file was refused and stays here: %s", error, extra={"path": str(path)})
            self._refused.add(path)
            return 0
        await asyncio.to_thread(path.unlink, missing_ok=True)
        self.sent += 1
        return 1

    async def _send_piece(self, piece: SpooledPiece, data: bytes) -> None:
        await self._home.keep_piece(
            piece.attempt, piece.stream, piece.index, data, start_ms=piece.start_ms, length_ms=piece.length_ms
        )

    async def _send_shot(self, shot: Shot, data: bytes) -> None:
        await self._home.keep_screenshot(shot.attempt, shot.index, data, name=shot.name, taken_ms=shot.taken_ms)
