"""Where an event meets: the address in it, and what is common to all addresses of one room. Pure."""

import re
from collections.abc import Sequence
from html import unescape
from typing import Final

from minutebook.bots.platforms.addresses import read_address, rewritten
from minutebook.bots.platforms.facts import address_rules
from minutebook.bots.platforms.recognise import platform_of
from minutebook.bots.platforms.registry import WEBRTC
from minutebook.kit.ids import fingerprint

MOST_TEXT: Final = 100_000
MOST_ADDRESSES: Final = 200
ROOM_CHARS: Final = 200
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'\\]+", re.IGNORECASE)
_TAIL: Final = ".,;:!?)]}>*"


def meeting_url_of(addresses: Sequence[str], texts: Sequence[str], webrtc_pages: Sequence[str]) -> str:
    """The address of a meeting that a bot can join: the first one in `addresses`, else the first written in `texts`;
    empty when there is none."""
    found = (candidate for text in texts for candidate in _addresses_in(text))
    for candidate in (*addresses, *found):
        if candidate and platform_of(candidate, webrtc_pages) is not None:
            address = read_address(candidate)
            return str(address) if address is not None else candidate
    return ""


def _addresses_in(text: str) -> list[str]:
    plain = unescape(text[:MOST_TEXT])
    return [match.group().rstrip(_TAIL) for match in _ADDRESS.finditer(plain)][:MOST_ADDRESSES]


def room_of(meeting_url: str, webrtc_pages: Sequence[str]) -> str | None:
    """Equal for all addresses of one room, whatever passcode or tracking they carry; None for an address that no bot
    can join. At most 200 characters."""
    platform = platform_of(meeting_url, webrtc_pages) if meeting_url else None
    if platform is None:
        return None
    opened = meeting_url if platform == WEBRTC else rewritten(address_rules(platform), meeting_url)
    address = read_address(opened or meeting_url)
    if address is None:
        return None
    # A page of one's own may tell its rooms apart behind `?` or `#`; platforms never do.
    rest = f"?{address.query}#{address.fragment}" if platform == WEBRTC else ""
    room = f"{platform} {address.host}{address.path.rstrip('/')}{rest}"
    return room if len(room) <= ROOM_CHARS else f"{platform} {fingerprint(room)}"
