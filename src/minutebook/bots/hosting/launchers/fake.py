"""A launcher that joins nothing: it plays the way into the call and two seconds of silence, and leaves when told.

For trying the API and its webhooks without a meeting. Everything goes through the same doors as a runner's words, and
what comes out is an ordinary recording.
"""

import io
from collections.abc import AsyncIterator, Collection
from typing import Final

from minutebook.bots.home.reception import Reception
from minutebook.bots.model import EndReason
from minutebook.bots.protocol import AUDIO, AUDIO_RATE, CommandAnswer, ReportKind, RunnerReport, Ticket, epoch_ms
from minutebook.bots.states import BotState
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock

SILENCE_S: Final = 2.0
WAY_IN: Final = (BotState.JOINING, BotState.IN_CALL, BotState.RECORDING)


class FakeLauncher:
    """Runners without processes. They live in this object: a host that is started anew finds none of them, and they
    rejoin."""

    def __init__(self, db: Database, clock: Clock, reception: Reception) -> None:
        self._db = db
        self._clock = clock
        self._reception = reception
        self._playing: dict[tuple[str, int], Ticket] = {}

    async def launch(self, ticket: Ticket) -> None:
        """See the port. When this returns, the bot records, or has ended because it was told to stop before."""
        self._playing[ticket.bot_id, ticket.attempt] = ticket
        async with self._db.reading() as read:
            orders = await self._reception.orders(read, ticket.bot_id, ticket.attempt, ticket.token)
        if orders.stop:
            await self._leave(ticket, 0)
            return
        now = epoch_ms(self._clock.now())
        states = [RunnerReport(seq, ReportKind.STATE, now, state=state.value) for seq, state in enumerate(WAY_IN)]
        async with self._db.transaction() as tx:
            await self._reception.report(tx, ticket.bot_id, ticket.attempt, ticket.token, states)
        await self._reception.keep_piece(
            ticket.bot_id,
            ticket.attempt,
            ticket.token,
            AUDIO,
            0,
            _once(silence(SILENCE_S)),
            start_ms=now,
            length_ms=round(SILENCE_S * 1000),
        )

    async def ended(self, bot_id: str, attempt: int) -> bool:
        """See the port. A bot that was told to leave leaves now."""
        ticket = self._playing.get((bot_id, attempt))
        if ticket is None:
            return True
        if await self._is_to_leave(ticket):
            await self._leave(ticket, len(WAY_IN))
            return True
        return False

    async def end(self, bot_id: str, attempt: int) -> None:
        """See the port."""
        self._playing.pop((bot_id, attempt), None)

    async def sweep(self, current: Collection[tuple[str, int]]) -> None:
        """See the port."""
        self._playing = {name: ticket for name, ticket in self._playing.items() if name in set(current)}

    async def _is_to_leave(self, ticket: Ticket) -> bool:
        try:
            return await self._beat(ticket)
        except MinutebookError as error:
            if error.kind in {Kind.NOT_FOUND, Kind.UNAUTHENTICATED}:
                return True
            raise

    async def _beat(self, ticket: Ticket) -> bool:
        """A heartbeat; whatever the bot is told was done at once."""
        answers: list[CommandAnswer] = []
        while True:
            beat = await self._reception.heartbeat(ticket.bot_id, ticket.attempt, ticket.token, answers)
            if not beat.commands:
                return beat.stop
            answers = [CommandAnswer(each.id, done=True) for each in beat.commands]

    async def _leave(self, ticket: Ticket, seq: int) -> None:
        self._playing.pop((ticket.bot_id, ticket.attempt), None)
        ended = RunnerReport(seq, ReportKind.ENDED, epoch_ms(self._clock.now()), end_reason=EndReason.STOPPED.value)
        async with self._db.transaction() as tx:
            await self._reception.report(tx, ticket.bot_id, ticket.attempt, ticket.token, [ended])


def silence(seconds: float) -> bytes:
    """FLAC, mono, at the rate of everything that a runner records."""
    import av
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="flac") as target:
        stream = target.add_stream("flac", rate=AUDIO_RATE, layout="mono")
        samples = np.zeros((1, round(seconds * AUDIO_RATE)), np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = AUDIO_RATE
        target.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
