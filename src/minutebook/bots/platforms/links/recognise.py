"""Which meeting a text means: the one door for addresses that people give. Pure: the platforms' rules are data."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from minutebook.bots.platforms.addresses import unquoted
from minutebook.bots.platforms.links.meeting import Meeting, address_of_code, meeting_of
from minutebook.bots.platforms.links.texts import links_in
from minutebook.bots.platforms.links.wrappings import read_address

_SPACE: Final = re.compile(r"\s")
_BROKEN: Final = re.compile(r"^\s*[a-z][a-z0-9+.-]*:\S*[\t\r\n]+[.@:/\\]", re.IGNORECASE)
"""An address that goes on after a line's end may be two."""


def meeting_at(text: str, webrtc_pages: Sequence[str] = (), facts: Path | None = None) -> Meeting | None:
    """The meeting that a text means: an address however it was copied, a meeting's code, or a whole invitation, of
    which the first link counts. None when no bot can join there. `facts` is an operator's folder, see `meeting_of`."""
    address = address_of_code(unquoted(text), facts) or read_address(text)
    if address is not None:
        return meeting_of(address, webrtc_pages, facts)
    if _SPACE.search(text.strip()) and not _BROKEN.match(text):
        return next(iter(links_in(text, webrtc_pages, facts)), None)
    return None


def platform_of(meeting_url: str, webrtc_pages: Sequence[str], facts: Path | None = None) -> str | None:
    """`google_meet`, `teams`, `zoom`, `webrtc`, or None for an address that no bot can join; see `meeting_at`."""
    meeting = meeting_at(meeting_url, webrtc_pages, facts)
    return meeting.platform if meeting is not None else None
