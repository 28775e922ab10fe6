"""Where a request comes from: through which proxies, from whose network; and where an address leads. Pure."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

SUBSCRIBER_BITS = 64
"""IPv6 gives one customer at least this network (RFC 6177): a limit per single address would limit nobody."""


def is_within(address: str, networks: Collection[Network]) -> bool:
    """Whether a peer's address lies in one of the networks; what is no address (a Unix socket) lies in none."""
    peer = _peer(address) if networks else None
    return peer is not None and any(peer.version == network.version and peer in network for network in networks)


def client_behind(peer: str, forwarded: Sequence[str], trusted: Collection[Network]) -> str:
    """The first address, counted from our side, that no trusted proxy vouches beyond.

    `forwarded` are the entries of `X-Forwarded-For` in their order: each proxy appends whom it saw, so everything to
    the left of the first untrusted entry may be invented. An entry that is no address ends the walk.
    """
    seen = peer
    for entry in reversed(forwarded):
        if not is_within(seen, trusted):
            return seen
        candidate = _bare(entry)
        if candidate is None:
            return seen
        seen = candidate
    return seen


def subscriber(address: str) -> str:
    """What limits count: an IPv4 address itself, of an IPv6 address the network of its customer."""
    peer = _peer(address)
    if peer is None:
        return address
    if isinstance(peer, IPv6Address):
        return str(IPv6Network((peer.packed, SUBSCRIBER_BITS), strict=False))
    return str(peer)


@lru_cache(maxsize=4096)  # each connection and each request asks for its own, and a crowd comes often
def _peer(address: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one as such; None when it is none."""
    try:
        peer = ip_address(address)
    except ValueError:
        return None
    return (peer.ipv4_mapped or peer) if isinstance(peer, IPv6Address) else peer


def _bare(entry: str) -> str | None:
    """An entry's address, without the port that some proxies add; None when it holds none."""
    text = entry.strip().strip('"')
    for candidate in (text, text.partition("]")[0].lstrip("["), text.rpartition(":")[0]):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return None


def is_loopback(address: str) -> bool:
    """Whether a web address leads to the very machine on which it is opened."""
    name = urlsplit(address).hostname or ""
    return name in {"localhost", "::1"} or name.startswith("127.")
