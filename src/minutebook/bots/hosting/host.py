"""The bot host: starts runners for bots that are due, watches over those of its machine, and cleans up after them."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from minutebook.bots.hosting.dispatch import Claim, Dispatch
from minutebook.bots.hosting.launchers.ports import Launcher
from minutebook.bots.hosting.verdicts import Limits, Verdict, verdict
from minutebook.bots.model import Attempt, Bot
from minutebook.bots.protocol import Ticket
from minutebook.bots.repository import bots as repository
from minutebook.config import BotSettings
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.clock import Clock

log = logging.getLogger("minutebook.bots")

POLL_S: Final = 0.5
SWEEP_EVERY_S: Final = 10.0
LOGS_KEPT: Final = timedelta(days=14)
"""How long the folder of a bot with its runners' log is kept once the bot is over."""
SPOOL: Final = "spool"

IsHomeUp = Callable[[], Awaitable[bool]]
"""Whether the server that runners report to answers."""


class BotHost:
    """One machine's host. `name` is the machine's; several hosts under one name share its places. `home` is the address
    that runners report to; `folder` holds a folder for each bot of this machine."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        dispatch: Dispatch,
        launcher: Launcher,
        settings: BotSettings,
        *,
        name: str,
        home: str,
        folder: Path,
        is_home_up: IsHomeUp,
    ) -> None:
        self._db = db
        self._clock = clock
        self._dispatch = dispatch
        self._launcher = launcher
        self._settings = settings
        self._name = name
        self._home = home
        self._folder = folder
        self._is_home_up = is_home_up
        self._since = self._last_round = clock.now()
        self._swept_at: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop. Runners go on without a host; the next one finds them."""
        log.info("bot host %s: up to %d bots at once", self._name, self._settings.concurrency)
        while not stop.is_set():
            try:
                await self.round()
            except (SQLAlchemyError, OSError, MinutebookError):
                log.exception("a round of the bot host failed; the next one follows in %.1f s", POLL_S)
            await self._clock.sleep(POLL_S)

    async def round(self) -> None:
        """Watch, start what is due, and clean up now and then."""
        running, now = await self._dispatch.running(), self._clock.now()
        if (now - self._last_round).total_seconds() > self._settings.lost_after_s / 2:
            # This machine slept or was overloaded, or the database was away: heartbeats get the time to come again.
            self._since = now
        self._last_round = now
        await self._watch(running)
        await self._start()
        if self._swept_at is None or (now - self._swept_at).total_seconds() >= SWEEP_EVERY_S:
            self._swept_at = now
            await self._clean_up()

    async def _watch(self, running: Sequence[tuple[Attempt, Bot]]) -> None:
        silent: list[Attempt] = []
        for attempt, bot in running:
            match await self._verdict(attempt, bot):
                case Verdict.LOST | Verdict.OVER:
                    await self._let_go(attempt)
                case Verdict.SILENT:
                    silent.append(attempt)
                case Verdict.FINE:
                    pass
        if silent and not await self._is_home_up():
            log.warning("%s does not answer: %d runners cannot be heard", self._home, len(silent))
            self._since = self._clock.now()
            return
        for attempt in silent:
            log.warning("bot %s: attempt %d has fallen silent", attempt.bot_id, attempt.attempt)
            await self._let_go(attempt)

    async def _verdict(self, attempt: Attempt, bot: Bot) -> Verdict:
        is_ours = attempt.host == self._name
        exited = is_ours and await self._launcher.ended(attempt.bot_id, attempt.attempt)
        limits = Limits(self._settings.lost_after_s, self._since)
        return verdict(attempt, bot, self._clock.now(), limits, is_ours=is_ours, exited=exited)

    async def _let_go(self, attempt: Attempt) -> None:
        if attempt.host == self._name:
            await self._launcher.end(attempt.bot_id, attempt.attempt)
        await self._dispatch.gone(attempt.bot_id, attempt.attempt)

    async def _start(self) -> None:
        if self._settings.concurrency > 0:
            for claim in await self._dispatch.claim(self._name, self._settings.concurrency):
                await self._launch(claim)

    async def _launch(self, claim: Claim) -> None:
        bot_id, attempt = claim.bot.id, claim.attempt.attempt
        spool = self._folder / bot_id / SPOOL
        try:
            spool.mkdir(parents=True, exist_ok=True)
            pid = await self._launcher.launch(Ticket(self._home, bot_id, attempt, claim.token, str(spool)))
        except OSError:
            log.exception("bot %s: no runner can be started", bot_id)
            await self._dispatch.gone(bot_id, attempt)
            return
        await self._dispatch.started(claim, pid)
        log.info("bot %s: attempt %d has started", bot_id, attempt)

    async def _clean_up(self) -> None:
        running = await self._dispatch.running()
        await self._launcher.sweep({(attempt.bot_id, attempt.attempt) for attempt, _ in running})
        at_work = {attempt.bot_id for attempt, _ in running}
        kept = await asyncio.to_thread(_folders, self._folder)
        async with self._db.reading() as read:
            standing = await repository.standing(read, kept)
        for bot_id in standing.keys() - at_work:
            state, data_deleted, ended_at = standing[bot_id]
            old = ended_at is not None and ended_at < self._clock.now() - LOGS_KEPT
            if data_deleted or (old and state.is_final):
                await asyncio.to_thread(shutil.rmtree, self._folder / bot_id, ignore_errors=True)
            elif state.is_final:
                await asyncio.to_thread(shutil.rmtree, self._folder / bot_id / SPOOL, ignore_errors=True)


def _folders(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def home_probe(home: str) -> IsHomeUp:
    """Ask the server's `/healthz`."""

    async def is_up() -> bool:
        import httpx

        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
                return (await client.get(f"{home.rstrip('/')}/healthz")).is_success
        except httpx.HTTPError:
            return False

    return is_up
