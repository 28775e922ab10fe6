"""Dials a WebSocket address that a user gave: checked, resolved, checked again, and connected to what was checked."""

import asyncio
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from minutebook.kit.address import AddressPolicy, literal, refused

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

SCHEMES: Final = {"ws": "http", "wss": "https"}
PORTS: Final = {"http": 80, "https": 443}
CONNECTED_WITHIN_S: Final = 10.0


async def dial(url: str, policy: AddressPolicy, most_bytes: int) -> "ClientConnection":
    """Connect. Path and query go out as they were given, since callers keep their secrets there.

    Raises `address_refused`, and otherwise what `websockets.connect` raises (`OSError`, `TimeoutError`,
    `WebSocketException`, `ValueError`).
    """
    from websockets.asyncio.client import connect

    parts = _parts(url)
    scheme = SCHEMES[parts.scheme]
    port = parts.port or PORTS[scheme]
    host = policy.check_target(scheme, parts.hostname or "", parts.port, userinfo="@" in parts.netloc)
    failure: OSError | None = None
    for address in await _permitted(host, port, policy):
        # The name is not resolved again: what was checked is what is connected to.
        attempt = connect(
            f"{parts.scheme}://{parts.netloc}/",
            host=address,
            port=port,
            proxy=None,
            compression=None,
            max_size=most_bytes,
            open_timeout=CONNECTED_WITHIN_S,
            user_agent_header="Minutebook",
        )
        attempt.ws_uri = replace(attempt.ws_uri, path=_ascii(parts.path) or "/", query=_ascii(parts.query))
        try:
            return await attempt
        except ConnectionError as error:
            failure = error
    raise failure or OSError(f"{host} has no address")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        valid = parts.scheme in SCHEMES and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise refused("it is no valid ws:// or wss:// address")
    return parts


async def _permitted(host: str, port: int, policy: AddressPolicy) -> list[str]:
    """The host's addresses; refused when one of them is."""
    if literal(host) is not None:
        return [host]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host} cannot be found") from error
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        address = literal(text)
        if address is None:
            raise refused(f"{host} has no usable address")
        policy.check_address(host, address, port)
    return addresses


def _ascii(text: str) -> str:
    """Percent-encode what may not stand in a request line; what is encoded already stays as it is."""
    from urllib.parse import quote

    return quote(text, safe="!#$%&'()*+,/:;=?@[]~-._")
