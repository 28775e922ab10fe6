"""The blocking client."""

import random
import ssl
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx

from minutebook.client.model import Tokens
from minutebook.client.one_shot import flow as one_shot
from minutebook.client.one_shot.flow import FileResult, Wishes
from minutebook.client.one_shot.happenings import Tell
from minutebook.client.protocol.request import Lost, Operation, Reply
from minutebook.client.protocol.retry import RetryPolicy
from minutebook.client.resources import Analysis, Bots, OAuth, Recordings, Sessions, Users
from minutebook.client.sending import foreign, wire
from minutebook.client.sending.exchange import exchange, renewal
from minutebook.client.sending.steps import Download, Inspect, Pause, Refresh, Send, Step, Steps, drive
from minutebook.client.state.ledger import Ledger, MemoryLedger
from minutebook.client.state.locks import holding
from minutebook.client.state.tokens import MemoryTokens, TokenStore

T = TypeVar("T")


class Paxs:
    """A PAXS server, as its signed-in user sees it.

    `token_store` is where the pair of tokens lives (`FileTokens`, `MemoryTokens`, or your own). `sleep` and
    `chance` are time and randomness; `transport` replaces the network. One instance may be used by many threads.
    """

    def __init__(
        self,
        base_url: str,
        token_store: TokenStore | None = None,
        *,
        retries: RetryPolicy = RetryPolicy(),  # noqa: B008  (frozen)
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = wire.base_address(base_url)
        self.tokens: TokenStore = token_store or MemoryTokens()
        self._retries, self._sleep, self._chance = retries, sleep, chance
        self._http = httpx.Client(verify=verify, transport=transport)
        self.users = Users(self.run)
        self.sessions = Sessions(self.run)
        self.recordings = Recordings(self.run)
        self.bots = Bots(self.run)
        self.analysis = Analysis(self.run, self.follow)
        self.oauth = OAuth(self.run, self.follow, self.tokens, self.base_url)

    def __enter__(self) -> "Paxs":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, operation: Operation[T]) -> T:
        """Make one call: token, sending, refresh, retries; its result, or a `PaxsError`."""
        steps = exchange(operation.request, self.tokens, self._retries, self._chance)
        return operation.parse(drive(steps, self._perform))

    def follow(self, steps: Steps[T]) -> T:
        """Run a longer conversation."""
        return drive(steps, self._perform)

    def process_files(
        self, inputs: Sequence[str | Path], wishes: Wishes, *, ledger: Ledger | None = None, tell: Tell | None = None
    ) -> list[FileResult]:
        """Recordings (paths or URLs) to results, one after the other, each on a meeting of its own.

        With a `FileLedger` an interrupted call goes on where it stopped when it is made again. `tell` hears of
        everything that happens. What fails for one file is its result's `error`; see `one_shot.process`.
        """
        tell = tell or (lambda happening: None)
        return self.follow(one_shot.process(inputs, self.base_url, wishes, ledger or MemoryLedger(), tell))

    def _perform(self, step: Step) -> Any:
        match step:
            case Operation():
                return self.run(step)
            case Send():
                return self._send(step)
            case Refresh():
                return self._refresh(step)
            case Pause():
                return self._sleep(step.seconds)
            case Inspect():
                return foreign.inspect(step)
            case Download():
                return foreign.download(step)

    def _send(self, send: Send) -> Reply | Lost:
        try:
            with wire.outgoing(self._http, self.base_url, send) as request:
                return wire.reply_of(self._http.send(request))
        except httpx.TransportError as error:
            return wire.lost(send.request, self.base_url, error)

    def _refresh(self, refresh: Refresh) -> Tokens:
        with holding(self.tokens.lock()):
            return self.follow(renewal(refresh.stale, self.tokens, self._retries, self._chance))
