"""The client for asyncio: the same conversations as `paxs`, awaited."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx

from minutebook.client.async_resources import (
    AsyncAnalysis,
    AsyncBots,
    AsyncOAuth,
    AsyncRecordings,
    AsyncSessions,
    AsyncUsers,
)
from minutebook.client.model import Tokens
from minutebook.client.one_shot import flow as one_shot
from minutebook.client.one_shot.flow import FileResult, Wishes
from minutebook.client.one_shot.happenings import Tell
from minutebook.client.protocol.request import Lost, Operation, Reply
from minutebook.client.protocol.retry import RetryPolicy
from minutebook.client.sending import foreign, wire
from minutebook.client.sending.exchange import exchange, renewal
from minutebook.client.sending.steps import Download, Inspect, Pause, Refresh, Send, Step, Steps, adrive
from minutebook.client.state.ledger import Ledger, MemoryLedger
from minutebook.client.state.locks import aholding
from minutebook.client.state.tokens import MemoryTokens, TokenStore

T = TypeVar("T")


class AsyncPaxs:
    """A PAXS server, as its signed-in user sees it.

    `token_store` is where the pair of tokens lives (`FileTokens`, `MemoryTokens`, or your own). `sleep` and
    `chance` are time and randomness; `transport` replaces the network. One instance serves one event loop.
    """

    def __init__(
        self,
        base_url: str,
        token_store: TokenStore | None = None,
        *,
        retries: RetryPolicy = RetryPolicy(),  # noqa: B008  (frozen)
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = wire.base_address(base_url)
        self.tokens: TokenStore = token_store or MemoryTokens()
        self._retries, self._sleep, self._chance = retries, sleep, chance
        self._http = httpx.AsyncClient(verify=verify, transport=transport)
        self._refreshing: asyncio.Task[Tokens] | None = None
        self.users = AsyncUsers(self.run)
        self.sessions = AsyncSessions(self.run)
        self.recordings = AsyncRecordings(self.run)
        self.bots = AsyncBots(self.run)
        self.analysis = AsyncAnalysis(self.run, self.follow)
        self.oauth = AsyncOAuth(self.run, self.follow, self.tokens, self.base_url)

    async def __aenter__(self) -> "AsyncPaxs":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def run(self, operation: Operation[T]) -> T:
        """Make one call: token, sending, refresh, retries; its result, or a `PaxsError`."""
        steps = exchange(operation.request, self.tokens, self._retries, self._chance)
        return operation.parse(await adrive(steps, self._perform))

    async def follow(self, steps: Steps[T]) -> T:
        """Run a longer conversation."""
        return await adrive(steps, self._perform)

    async def process_files(
        self, inputs: Sequence[str | Path], wishes: Wishes, *, ledger: Ledger | None = None, tell: Tell | None = None
    ) -> list[FileResult]:
        """Recordings (paths or URLs) to results, one after the other, each on a meeting of its own.

        With a `FileLedger` an interrupted call goes on where it stopped when it is made again. `tell` hears of
        everything that happens. What fails for one file is its result's `error`; see `one_shot.process`.
        """
        tell = tell or (lambda happening: None)
        return await self.follow(one_shot.process(inputs, self.base_url, wishes, ledger or MemoryLedger(), tell))

    async def _perform(self, step: Step) -> Any:
        match step:
            case Operation():
                return await self.run(step)
            case Send():
                return await self._send(step)
            case Refresh():
                return await self._refresh(step)
            case Pause():
                return await self._sleep(step.seconds)
            case Inspect():
                return await asyncio.to_thread(foreign.inspect, step)
            case Download():
                return await asyncio.to_thread(foreign.download, step)

    async def _send(self, send: Send) -> Reply | Lost:
        try:
            with wire.outgoing(self._http, self.base_url, send) as request:
                return wire.reply_of(await self._http.send(request))
        except httpx.TransportError as error:
            return wire.lost(send.request, self.base_url, error)

    async def _refresh(self, refresh: Refresh) -> Tokens:
        """One refresh for all who wait. It outlives a caller that is cancelled: its answer may not get lost."""
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._renew(refresh.stale))
            self._refreshing.add_done_callback(self._refreshed)
        return await asyncio.shield(self._refreshing)

    async def _renew(self, stale: Tokens) -> Tokens:
        async with aholding(self.tokens.lock()):
            return await self.follow(renewal(stale, self.tokens, self._retries, self._chance))

    def _refreshed(self, task: asyncio.Task[Tokens]) -> None:
        self._refreshing = None
        if not task.cancelled():
            task.exception()  # read here, so that a refusal nobody waits for any more is not warned about
