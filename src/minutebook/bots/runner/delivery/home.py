"""The runner's side of `bots.protocol`: questions and deliveries to the server that sent it.

Home may be away for minutes (a restart, an upgrade): whatever fails in transport is tried again by whoever asked. What
home does not want any more ends the runner.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

import httpx

from minutebook.bots.protocol import Beat, CommandAnswer, CommandOrder, Orders, RunnerReport, Ticket, to_json
from minutebook.kit.backoff import Backoff
from minutebook.kit.clock import Clock

Answer = TypeVar("Answer")

PATIENCE_S: Final = 600.0
"""A runner that has nothing else to do any more waits so long for its home."""
ANSWER_S: Final = 5.0
DELIVERY_S: Final = 60.0
ORDERS_S: Final = 75.0
"""The longest wait for an answer: to a question, to media on its way, and to the question for orders, before whose
answer home may have to ask addresses elsewhere for tokens, each of them twice."""
RETRY: Final = Backoff(first_s=0.5, factor=2.0, longest_s=5.0)

UNWANTED: Final = frozenset({401, 404, 410})
PASSING: Final = frozenset({408, 425, 429})


class HomeError(Exception):
    """Home could not be asked; the message says why."""


class HomeAwayError(HomeError):
    """Home cannot be reached, or cannot answer, now."""


class HomeRefusedError(HomeError):
    """Home does not take this, now or later."""


class HomeUnwantedError(HomeError):
    """Home does not want this bot any more."""


class Home:
    """One runner's home. Every method raises `HomeAwayError`, `HomeRefusedError` and `HomeUnwantedError`."""

    def __init__(self, ticket: Ticket, client: httpx.AsyncClient) -> None:
        self._client = client
        self._attempt = ticket.attempt
        self._base = f"{ticket.home.rstrip('/')}/internal/bots/{ticket.bot_id}/attempts"
        self._headers = {"Authorization": f"Bearer {ticket.token}"}

    async def orders(self) -> Orders:
        """What is to be done."""
        answer = await self._json("GET", "orders", timeout=ORDERS_S)
        known = {each.name for each in fields(Orders)}
        return Orders(**{name: value for name, value in answer.items() if name in known})

    async def heartbeat(self, state: str, sent: int, answers: Sequence[CommandAnswer] = ()) -> Beat:
        """Say that the runner lives, its state, how many pieces it has delivered, and what became of commands; what
        home says to that."""
        told = {"state": state, "sent": sent, "answers": [to_json(each) for each in answers]}
        answer = await self._json("POST", "heartbeat", json=told)
        known = {each.name for each in fields(CommandOrder)}
        rows = [row for row in answer.get("commands", ()) if isinstance(row, dict)]
        orders = tuple(CommandOrder(**{name: value for name, value in row.items() if name in known}) for row in rows)
        return Beat(bool(answer.get("stop", False)), orders)

    async def sound(self, command_id: str) -> bytes:
        """What a command has the bot say: s16le, mono."""
        return (await self._request("GET", f"commands/{command_id}/sound")).content

    async def report(self, reports: Sequence[RunnerReport]) -> int:
        """Deliver reports, in order; returns the number of the first one that home does not have yet."""
        answer = await self._json("POST", "reports", json=[to_json(report) for report in reports])
        return int(answer["next"])

    async def keep_piece(
        self, attempt: int, stream: str, index: int, data: bytes, *, start_ms: int, length_ms: int
    ) -> None:
        """Deliver a piece of media that `attempt` recorded."""
        params = {"start_ms": start_ms, "length_ms": length_ms}
        await self._request("PUT", f"media/{stream}/{index}", attempt=attempt, params=params, content=data)

    async def keep_screenshot(self, attempt: int, index: int, data: bytes, *, name: str, taken_ms: int) -> None:
        """Deliver a screenshot (PNG) that `attempt` took."""
        params = {"name": name, "taken_ms": taken_ms}
        await self._request("PUT", f"screenshots/{index}", attempt=attempt, params=params, content=data)

    async def _json(self, method: str, path: str, **kwargs: Any) -> Mapping[str, Any]:
        response = await self._request(method, path, **kwargs)
        try:
            answer = response.json()
        except ValueError as error:
            raise HomeAwayError(f"{self._base} answered something that is no JSON") from error
        if not isinstance(answer, dict):
            raise HomeAwayError(f"{self._base} answered something unexpected")
        return answer

    async def _request(self, method: str, path: str, *, attempt: int | None = None, **kwargs: Any) -> httpx.Response:
        url = f"{self._base}/{self._attempt if attempt is None else attempt}/{path}"
        patience = {"timeout": DELIVERY_S if "content" in kwargs else ANSWER_S}
        try:
            response = await self._client.request(method, url, headers=self._headers, **(patience | kwargs))
        except httpx.RequestError as error:
            raise HomeAwayError(f"{url} cannot be reached: {error or type(error).__name__}") from error
        if response.is_success:
            return response
        said = f"{url} answered {response.status_code}: {response.text[:300]}"
        if response.status_code in UNWANTED:
            raise HomeUnwantedError(said)
        if response.is_client_error and response.status_code not in PASSING:
            raise HomeRefusedError(said)
        raise HomeAwayError(said)


def home_client() -> httpx.AsyncClient:
    """The HTTP client for it: few connections, nothing from the environment, since home is ours and near."""
    limits = httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=30)
    return httpx.AsyncClient(trust_env=False, limits=limits)


async def patiently(ask: Callable[[], Awaitable[Answer]], clock: Clock, patience_s: float = PATIENCE_S) -> Answer:
    """Ask until home is there; raises its last `HomeAwayError` after `patience_s`."""
    began, failures = clock.now(), 0
    while True:
        try:
            return await ask()
        except HomeAwayError:
            failures += 1
            if (clock.now() - began).total_seconds() >= patience_s:
                raise
            await clock.sleep(RETRY.delay_s(failures))
