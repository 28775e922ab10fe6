"""What the runner reports, numbered, and brought home in order however long home is away."""

import asyncio
import logging
from collections import deque
from typing import Final

from minutebook.bots.protocol import ReportKind, RunnerReport
from minutebook.bots.runner.delivery.home import PATIENCE_S, RETRY, Home, HomeAwayError, HomeRefusedError
from minutebook.bots.runner.rules.exits import Exit
from minutebook.bots.states import BotState
from minutebook.kit.clock import Clock

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 50


class Reports:
    """The reports of one attempt. `run` delivers them until `close` was called and none is left."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._waiting: deque[RunnerReport] = deque()
        self._seq = 0
        self._news = asyncio.Event()
        self._closing = False

    def state(self, state: BotState) -> None:
        """A state was reached."""
        log.info("state reached", extra={"state": state})
        self._add(ReportKind.STATE, state=state)

    def notice(self, message: str, code: str | None = None) -> None:
        """Something that people should be able to read later; `code` names what the record is to say, too."""
        log.warning("notice: %s", message)
        self._add(ReportKind.NOTICE, message=message, code=code)

    def ended(self, way_out: Exit, at_ms: int) -> None:
        """The call was over for the bot at `at_ms`: the last report of an attempt."""
        log.info("ended", extra={"cause": way_out.cause, "said": way_out.message})
        self._add(
            ReportKind.ENDED,
            at_ms=at_ms,
            end_reason=way_out.end_reason,
            failure=way_out.failure,
            message=way_out.message,
        )

    def close(self) -> None:
        """No report comes any more."""
        self._closing = True
        self._news.set()

    async def run(self, patience_s: float = PATIENCE_S) -> None:
        """Deliver until everything is delivered. Raises `HomeUnwantedError`, and `HomeAwayError` when home was away
        for `patience_s` after `close`."""
        failures, most, away_since = 0, MOST_AT_ONCE, self._clock.now()
        while not (self._closing and not self._waiting):
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
                away_since = self._clock.now()
                continue
            try:
                await self._deliver(most)
            except HomeRefusedError as error:
                log.error("reports were refused: %s", error)
                if most == 1:
                    self._waiting.popleft()
                most = 1
            except HomeAwayError:
                if self._closing and (self._clock.now() - away_since).total_seconds() >= patience_s:
                    raise
                failures += 1
                await self._clock.sleep(RETRY.delay_s(failures))
            else:
                failures, most, away_since = 0, MOST_AT_ONCE, self._clock.now()

    async def _deliver(self, most: int) -> None:
        batch = list(self._waiting)[:most]
        wanted = await self._home.report(batch)
        if wanted <= batch[0].seq:
            raise HomeAwayError(f"home took no report: it still wants number {wanted}")
        while self._waiting and self._waiting[0].seq < wanted:
            self._waiting.popleft()

    def _add(
        self,
        kind: ReportKind,
        *,
        at_ms: int | None = None,
        state: str | None = None,
        end_reason: str | None = None,
        failure: str | None = None,
        message: str | None = None,
        code: str | None = None,
    ) -> None:
        moment = int(self._clock.now().timestamp() * 1000) if at_ms is None else at_ms
        self._waiting.append(RunnerReport(self._seq, kind, moment, state, end_reason, failure, message, code))
        self._seq += 1
        self._news.set()
