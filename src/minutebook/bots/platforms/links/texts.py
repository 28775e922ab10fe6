"""The meetings that an invitation links to, with their passcodes, whatever its language and form. Pure.

Text and HTML are read alike: what can stand in an address are ASCII characters, which quotes, brackets, tags, blanks
and all other letters end. Every step goes through the text once, so that the time grows with its length alone.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Final

from minutebook.bots.platforms.facts.reading import address_rules
from minutebook.bots.platforms.links.meeting import Meeting, meeting_of, with_passcode
from minutebook.bots.platforms.links.wrappings import joined_ids, read_address

MOST_CHARS: Final = 1_000_000
MOST_LINKS: Final = 50

_NOT_SHOWN: Final = (("<!--", "-->"), ("<style", "</style"), ("<script", "</script"))
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,23});")
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_BRACKETED: Final = re.compile(r"<(https?://[^<>\"' ]{1,4000})>", re.IGNORECASE)
_WORD: Final = re.compile(r'(?:[!#$%&*+,./:;=?@\w~^-]|\{"[^\s<>{}]{0,500}"\}|[{}])+', re.ASCII)
_GLUED: Final = re.compile(r"[,;](?=https?://)", re.IGNORECASE)
_START: Final = re.compile(r"(?:https?|zoommtg|zoomus|ms-?teams)(?::/|%3a%2f)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?<![\w.@/%-])(?:[a-z0-9-]+\.)+[a-z]{2,12}/", re.IGNORECASE)
_CUT: Final = ("...", "\u2026")
_TAG: Final = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_MARK: Final = re.compile("\x00([0-9]*)\x00")
_BLANKS: Final = re.compile(r"[^\S\n]+")
_LINES: Final = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class _Found:
    meeting: Meeting
    cut: bool


def links_in(text: str, webrtc_pages: Sequence[str] = (), facts: Path | None = None) -> tuple[Meeting, ...]:
    """The meetings linked to in a text or HTML of an invitation, each room once, the likeliest first: in their order,
    pages and rooms that somebody keeps after the addresses of one meeting. At most 50; what follows the first million
    characters does not count."""
    shown = _shown(text[:MOST_CHARS])
    found, marked = _links(shown, webrtc_pages, facts)
    whole = [each for each in found if not each.cut] or found
    rooms: dict[str, Meeting] = {}
    for each in whole:
        known = rooms.get(each.meeting.room)
        if known is None or (each.meeting.passcode and not known.passcode):
            rooms[each.meeting.room] = each.meeting
    with_codes = {each.meeting.room for each in found if _has_passcodes(each.meeting, facts)}
    if with_codes:
        codes = _passcodes([each.meeting for each in found], with_codes, _lines_of(marked))
        rooms |= {room: with_passcode(each, codes[room], facts) for room, each in rooms.items() if room in codes}
    return tuple(sorted(rooms.values(), key=lambda meeting: meeting.standing))


def _shown(text: str) -> str:
    """What a reader sees and what its links lead to."""
    for start, end in _NOT_SHOWN:
        text = _without(text, start, end)
    text = _INVISIBLE.sub("", _ENTITY.sub(lambda entity: unescape(entity[0]), text)).replace("\x00", " ")
    return joined_ids(_BRACKETED.sub(lambda address: f"<{''.join(address[1].split())}>", text))


def _without(text: str, start: str, end: str) -> str:
    folded = text.lower() if start.isascii() else text
    if start not in folded or len(folded) != len(text):
        return text
    parts, at = [], 0
    while (begins := folded.find(start, at)) >= 0:
        ends = folded.find(end, begins + len(start))
        if ends < 0:
            break
        parts += [text[at:begins], " "]
        at = ends + len(end)
    return "".join((*parts, text[at:]))


def _links(text: str, webrtc_pages: Sequence[str], facts: Path | None) -> tuple[list[_Found], str]:
    """The links, and the text with a mark in place of each (and of all other addresses)."""
    found: list[_Found] = []
    marked, at = [], 0
    for word in _WORD.finditer(text):
        if "/" not in word[0]:
            continue
        mark = "" if _START.search(word[0]) else None
        cut = word[0].endswith(_CUT) or text.startswith(_CUT, word.end())
        for candidate in _addresses_in(word[0]):
            address = read_address(candidate) if len(found) < MOST_LINKS else None
            meeting = meeting_of(address, webrtc_pages, facts) if address is not None else None
            if meeting is not None:
                mark = f"{mark or ''}\x00{len(found)}\x00"
                found.append(_Found(meeting, cut))
        if mark is not None:
            marked += [text[at : word.start()], mark]
            at = word.end()
    return found, "".join((*marked, text[at:]))


def _addresses_in(word: str) -> Iterator[str]:
    for piece in _GLUED.split(word):
        start = _START.search(piece) or _HOST.search(piece)
        if start is not None:
            yield piece[start.start() :]


def _lines_of(marked: str) -> str:
    """The text in lines, without its tags but with their marks."""
    plain = _TAG.sub(lambda tag: " " + "".join(mark[0] for mark in _MARK.finditer(tag[0])) + " ", marked)
    return _LINES.sub("\n", _BLANKS.sub(" ", plain))


def _has_passcodes(meeting: Meeting, facts: Path | None) -> bool:
    return any(rule.passcode for rule in address_rules(meeting.platform, facts))


def _passcodes(meetings: Sequence[Meeting], with_codes: Collection[str], text: str) -> dict[str, str]:
    """The passcodes that are written down, by room (of those in `with_codes`): the first after a room's link and before
    another's; before all links, of the one room that there is."""
    codes: dict[str, str] = {}
    room, before = "", ""
    for found in re.finditer(f"{_MARK.pattern}|{_labelled().pattern}", text, re.IGNORECASE):
        if found[1]:
            meeting = meetings[int(found[1])]
            room = meeting.room if meeting.room in with_codes else ""
        elif passcode := _passcode(found):
            before = before or ("" if room else passcode)
            if room:
                codes.setdefault(room, passcode)
    rooms = {meeting.room for meeting in meetings if meeting.room in with_codes and not meeting.standing}
    if before and not codes and len(rooms) == 1:
        codes[rooms.pop()] = before
    return codes


def _passcode(found: re.Match[str]) -> str:
    value = (found["value"] or "").strip("\"'*_.,;()<>")
    plain = value.isalpha() and (value.islower() or value.istitle())
    if len(value) < SHORTEST_PASSCODE or (plain and found["ends"] is None):
        return ""
    return value if found["sign"] or any(map(str.isdigit, value)) else ""


SHORTEST_PASSCODE: Final = 3


@cache
def _labelled() -> re.Pattern[str]:
    """A label for passcodes in any language, and what follows it."""
    data = tomllib.loads(files(__package__).joinpath("invitations.toml").read_text(encoding="utf-8"))
    labels = sorted((label for each in data["passcode"].values() for label in each), key=len, reverse=True)
    return re.compile(
        rf"(?<![/?&=%._])(?:{'|'.join(map(re.escape, labels))})"
        r"(?:(?: [^\W\d_]{1,20}){0,4}(?: ?\([^()\n]{0,40}\))?[*_]{0,2} ?"
        r"(?P<sign>[:\uff1a=]|(?:is|ist|est|es|\u00e8|\u00e9|lautet)\b))?[*_]{0,2}"
        r"\s{0,3}(?P<value>[!-~]{3,40})(?P<ends>(?= ?(?:\n|$|\x00)))?",
        re.IGNORECASE,
    )
