"""What lets a bot into Zoom meetings, fetched fresh when a runner asks for its orders."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from minutebook.bots.home.zoom_sdk import ZoomSdk
from minutebook.bots.protocol import Orders
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.outgoing.client import OutgoingClient
from minutebook.zoom.service import ZoomConnections

log = logging.getLogger("minutebook.bots")

TRIES: Final = 2
AGAIN_AFTER_S: Final = 2.0
ANSWER_S: Final = 15.0
TOKEN_MOST_BYTES: Final = 16 * 1024
ASKED: Final = ("obf_token_url", "obf_token_user_id", "access_token_url", "extra", "sdk_id", "sdk_pwd")
"""What only says where a token is, or signs for the SDK; a runner gets the tokens and the signature themselves."""


Source = Callable[[str, Orders], Awaitable[str | None]]


class ZoomTokens:
    """Fills orders with tokens: of the on-behalf tokens the one given, else what its address answers, else a fresh one
    of the connected user; and the ZAK that an address answers. With them what it takes to join with Zoom's SDK."""

    def __init__(self, connections: ZoomConnections, outgoing: OutgoingClient, clock: Clock, sdk: ZoomSdk) -> None:
        self._connections = connections
        self._outgoing = outgoing
        self._clock = clock
        self._sdk = sdk

    async def filled(self, owner_id: str, orders: Orders) -> Orders:
        """The orders with `obf_token` and `zak` where the bot's wish leads to them, in place of what it leads by, and
        with what `ZoomSdk` adds. `problem` says in a sentence what could not be had or is not used: the meeting may do
        without. Outside of any transaction."""
        asked = orders.zoom
        if orders.stop or not asked:
            return orders
        found = {name: value for name, value in asked.items() if name not in ASKED}
        problems: list[str] = []
        for name, source in (("obf_token", self._on_behalf), ("zak", self._zak)):
            try:
                token = asked.get(name) or await self._patiently(source, owner_id, orders)
            except MinutebookError as error:
                log.warning("bot %s: no %s: %s", orders.bot_id, name, error.code)
                problems.append(error.message)
            else:
                found |= {name: token} if token else {}
        try:
            found |= await self._sdk.joining(owner_id, orders, found)
        except MinutebookError as error:
            problems.append(error.message)
        return replace(orders, zoom={**found, **({"problem": " ".join(problems)} if problems else {})})

    async def _patiently(self, source: Source, owner_id: str, orders: Orders) -> str | None:
        for attempt in range(TRIES):
            try:
                return await source(owner_id, orders)
            except MinutebookError as error:
                if not error.retryable or attempt == TRIES - 1:
                    raise
            await self._clock.sleep(AGAIN_AFTER_S)
        return None

    async def _on_behalf(self, owner_id: str, orders: Orders) -> str | None:
        if url := orders.zoom.get("obf_token_url"):
            return await self._answer_of(url, orders)
        if user_id := orders.zoom.get("obf_token_user_id"):
            return await self._connections.on_behalf_token(owner_id, user_id)
        return None

    async def _zak(self, _owner_id: str, orders: Orders) -> str | None:
        url = orders.zoom.get("access_token_url")
        return await self._answer_of(url, orders) if url else None

    async def _answer_of(self, url: str, orders: Orders) -> str:
        address = with_query(url, {"bot_uuid": orders.bot_id, "extra": orders.zoom.get("extra", json.dumps({}))})
        answer = await self._outgoing.request("GET", address, max_bytes=TOKEN_MOST_BYTES, timeout_s=ANSWER_S)
        token = answer.text.strip()
        if not answer.is_success or not token or len(token.split()) != 1:
            what = f"it answered {answer.status_code}" if not answer.is_success else "its answer is no token"
            message = f"The address for Zoom's token was of no use: {what}."
            raise MinutebookError(Kind.INVALID, "zoom_token_missing", message, retryable=answer.is_server_error)
        return token


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """The address with further parameters; those that it has stay as they are."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(parameters))))))
