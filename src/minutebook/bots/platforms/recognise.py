"""Which platform a meeting's address belongs to. Pure: the platforms' rules are data of their folders."""

from collections.abc import Sequence

from minutebook.bots.platforms.addresses import Address, read_address, rewritten
from minutebook.bots.platforms.facts import address_rules
from minutebook.bots.platforms.registry import PLATFORMS, WEBRTC


def platform_of(meeting_url: str, webrtc_pages: Sequence[str]) -> str | None:
    """`google_meet`, `teams`, `zoom`, `webrtc`, or None for an address that no bot can join.

    `webrtc` is the answer only for addresses below one of `webrtc_pages`: the same scheme, host and port, and a path
    that is the page's or continues it at a `/`. What a page's address says after `?` or `#` does not count.
    """
    address = read_address(meeting_url)
    if address is None:
        return None
    if any(_is_below(address, page) for page in webrtc_pages):
        return WEBRTC
    return next((name for name in PLATFORMS if rewritten(address_rules(name), meeting_url) is not None), None)


def _is_below(address: Address, page: str) -> bool:
    prefix = read_address(page)
    if prefix is None or (address.scheme, address.host, address.port) != (prefix.scheme, prefix.host, prefix.port):
        return False
    return address.path == prefix.path or address.path.startswith(prefix.path.rstrip("/") + "/")
