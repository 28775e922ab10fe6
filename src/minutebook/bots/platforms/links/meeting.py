"""What an address says of a meeting: the platform, what is opened, which room it is. Pure: the rules are data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

from minutebook.bots.platforms.addresses import Address, AddressRule
from minutebook.bots.platforms.facts.reading import address_rules
from minutebook.bots.platforms.links.wrappings import read_address
from minutebook.bots.platforms.registry import PLATFORMS, WEBRTC
from minutebook.kit.ids import fingerprint

ROOM_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting's address. `url` is the address out of its wrappings, with the passcode that stood beside it if it had
    none of its own; `opens` is what a bot opens for it. `room` (at most 200 characters) is equal for all addresses of
    one room, whatever passcode or tracking they carry. `passcode` is the one that people type if it was written down,
    else the one in the address, else empty; `passcode_name` the parameter that holds it, where there can be one.
    `standing` marks a page or a room of somebody's, rather than one meeting's address."""

    platform: str
    url: str
    opens: str
    room: str
    passcode: str = ""
    passcode_name: str = ""
    standing: bool = False


def meeting_of(address: Address, webrtc_pages: Sequence[str] = (), facts: Path | None = None) -> Meeting | None:
    """The meeting at this address, None when no bot can join there.

    `webrtc` is the platform only of addresses below one of `webrtc_pages`: the same scheme, host and port, and a path
    that is the page's or continues it at a `/`. What a page's address says after `?` or `#` does not count.
    `facts` is an operator's folder of facts, whose addresses stand in place of the release's.
    """
    if any(_is_below(address, page) for page in webrtc_pages):
        # A page of one's own may tell its rooms apart behind `?` or `#`; platforms never do.
        return Meeting(WEBRTC, str(address), str(address), _room(WEBRTC, str(address)))
    for platform in PLATFORMS:
        for rule in address_rules(platform, facts):
            if (found := rule.match(address)) is not None:
                room = _room(platform, found.room)
                url = str(replace(address, scheme="https"))
                names = rule.carry.get(rule.passcode, ())
                name = names[0] if names else ""
                return Meeting(platform, url, found.opens, room, found.passcode, name, rule.standing)
    return None


def with_passcode(meeting: Meeting, passcode: str, facts: Path | None = None) -> Meeting:
    """The meeting with the passcode that people type; its address gets it too when it had none."""
    if meeting.passcode or not meeting.passcode_name:
        return replace(meeting, passcode=passcode)
    before, hash_sign, fragment = meeting.url.partition("#")
    joint = "&" if "?" in before else "?"
    address = read_address(f"{before}{joint}{meeting.passcode_name}={quote(passcode, safe='')}{hash_sign}{fragment}")
    found = meeting_of(address, facts=facts) if address is not None else None
    return replace(found or meeting, passcode=passcode)


def address_of_code(text: str, facts: Path | None = None) -> Address | None:
    """The address for which a text stands that is a meeting's code."""
    rules: list[AddressRule] = [rule for platform in PLATFORMS for rule in address_rules(platform, facts)]
    return next((read_address(found) for rule in rules if (found := rule.of_code(text)) is not None), None)


def _room(platform: str, room: str) -> str:
    whole = f"{platform} {room}"
    return whole if len(whole) <= ROOM_CHARS else f"{platform} {fingerprint(whole)}"


def _is_below(address: Address, page: str) -> bool:
    prefix = read_address(page)
    if prefix is None or (address.scheme, address.host, address.port) != (prefix.scheme, prefix.host, prefix.port):
        return False
    return address.path == prefix.path or address.path.startswith(prefix.path.rstrip("/") + "/")
