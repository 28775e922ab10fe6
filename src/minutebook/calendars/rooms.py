"""Where an event meets: the address in it, and what is common to all addresses of one room. Pure."""

from collections.abc import Sequence
from pathlib import Path

from minutebook.bots.platforms.links.recognise import meeting_at
from minutebook.bots.platforms.links.texts import links_in


def meeting_url_of(
    addresses: Sequence[str], texts: Sequence[str], webrtc_pages: Sequence[str], facts: Path | None = None
) -> str:
    """The address of a meeting that a bot can join: the first one in `addresses`, with the passcode that `texts` give
    for its room when it has none; else the likeliest one in `texts`. Empty when there is none."""
    written = [meeting for text in texts for meeting in links_in(text, webrtc_pages, facts)]
    written.sort(key=lambda meeting: meeting.standing)
    named = next(filter(None, (meeting_at(each, webrtc_pages, facts) for each in addresses)), None)
    if named is None:
        return written[0].url if written else ""
    if not named.passcode:
        return next((each.url for each in written if each.room == named.room and each.passcode), named.url)
    return named.url


def room_of(meeting_url: str, webrtc_pages: Sequence[str], facts: Path | None = None) -> str | None:
    """Equal for all addresses of one room, whatever passcode or tracking they carry; None for an address that no bot
    can join. At most 200 characters."""
    meeting = meeting_at(meeting_url, webrtc_pages, facts) if meeting_url else None
    return meeting.room if meeting is not None else None
