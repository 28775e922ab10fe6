"""Addresses inside of addresses: mail filters, redirects, launchers and the schemes of apps are taken off. Pure.

Whatever is taken out of a wrapping is read as strictly as everything else, so that a wrapping opens no door: it is
followed only where a platform's own address is inside.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from minutebook.bots.platforms.addresses import Address, plain_address, unquoted

MOST_WRAPPINGS: Final = 6

_SPACED_ID: Final = re.compile(
    r"(/(?:j|s|w|wc|wc/join)/[0-9]{2,4})(?:[ \u00a0-]|%20)([0-9]{3,4})(?:[ \u00a0-]|%20)([0-9]{3,4})(?![0-9])"
)
"""Zoom writes its meeting ids in groups, and people copy them so into addresses."""
_APP_SCHEME: Final = re.compile(r"(zoommtg|zoomus|ms-?teams):(/*)", re.IGNORECASE)
_TEAMS_HOSTS: Final = (
    r"(?:teams\.(?:microsoft\.com|live\.com|cloud\.microsoft|microsoftonline\.cn)|(?:gov|dod)\.teams\.microsoft\.us)"
)
_ZOOM_HOSTS: Final = r"(?:[a-z0-9-]+\.)*(?:zoom\.us|zoom\.com|zoom\.com\.cn|zoomgov\.com|zoom-x\.de)"

Unwrap = Callable[[Address], str | None]


@dataclass(frozen=True, slots=True)
class Wrapping:
    """A kind of wrapping: hosts and paths (both matched whole), and what takes the address out."""

    host: re.Pattern[str]
    path: re.Pattern[str]
    inner: Unwrap


def joined_ids(text: str) -> str:
    """The text, meeting ids in its addresses no longer in groups."""
    return _SPACED_ID.sub(r"\1\2\3", text)


def read_address(text: str) -> Address | None:
    """The address in `text`, out of its wrappings; None when there is none, or when it could be read in two ways."""
    text = joined_ids(unquoted(text))
    for _ in range(MOST_WRAPPINGS):
        address = plain_address(_without_app_scheme(text))
        inner = _inner(address) if address is not None else None
        if inner is None:
            return address
        text = inner
    return None


def _without_app_scheme(text: str) -> str:
    """The web's form of an address for an app: `msteams:/l/…`, `zoommtg://zoom.us/join?confno=…`."""
    match = _APP_SCHEME.match(text)
    if match is None:
        return text
    rest = text[match.end() :]
    if match[1].lower().startswith("zoom"):
        return f"https://{rest}"
    return f"https://{rest}" if len(match[2]) == len("//") else f"https://teams.microsoft.com/{rest}"


def _inner(address: Address) -> str | None:
    for wrapping in WRAPPINGS:
        if wrapping.host.fullmatch(address.host) and wrapping.path.fullmatch(address.path):
            return wrapping.inner(address)
    return None


def _parameter(*names: str) -> Unwrap:
    def inner(address: Address) -> str | None:
        found = address.parameters
        return next((found[name] for name in names if found.get(name)), None)

    return inner


def _rest_of_path(address: Address) -> str | None:
    """An encoded address as the last part of the path."""
    return unquote(address.path.rsplit("/", 1)[-1])


def _url_defense_2(address: Address) -> str | None:
    """Proofpoint URL Defense, version 2: `-` for `%`, `_` for `/`."""
    wrapped = address.parameters.get("u")
    return unquote(wrapped.replace("-", "%").replace("_", "/")) if wrapped else None


_DEFENSE_3: Final = re.compile(r"/v3/__(?P<url>.+?)(?:__;(?P<kept>[^!]*)!.*|$)")
"""The end may be missing: a bracket that was taken into the wrapped address ends the whole in a text."""
_RUNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""What counts a run of replaced characters, from 2."""


def _url_defense_3(address: Address) -> str | None:
    """Proofpoint URL Defense, version 3: `*` stands for one replaced character, `**` and a count for a run of them;
    what was replaced follows in base64."""
    query = f"?{address.query}" if address.query else ""
    match = _DEFENSE_3.match(address.path + query + (f"#{address.fragment}" if address.fragment else ""))
    if match is None:
        return None
    try:
        kept = iter(urlsafe_b64decode((match["kept"] or "") + "==").decode())
    except (binascii.Error, UnicodeDecodeError):
        return None

    def put_back(found: re.Match[str]) -> str:
        count = _RUNS.index(found[1]) + 2 if found[1] else 1
        return "".join(next(kept, "") for _ in range(count))

    url = re.sub(r"\*(?:\*([A-Za-z0-9_-]))?", put_back, match["url"])
    return re.sub(r"^(https?):/(?!/)", r"\1://", url)


def _teams_launcher(address: Address) -> str | None:
    """The page that offers the app: the meeting's path is its parameter `url`."""
    inner = address.parameters.get("url", "")
    return f"https://{address.host}{inner}" if inner.startswith("/") else inner or None


def _teams_coordinates(address: Address) -> str | None:
    """The launcher of light meetings: `coords` is JSON in base64."""
    coded = address.parameters.get("coords", "").replace(" ", "+").replace("+", "-").replace("/", "_")
    try:
        said = json.loads(urlsafe_b64decode(coded + "=="))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    if code := said.get("meetingCode"):
        passcode = said.get("passcode") or said.get("meetingPasscode")
        return f"https://{address.host}/meet/{quote(str(code))}" + (f"?p={quote(str(passcode))}" if passcode else "")
    if not (thread := said.get("conversationId")):
        return None
    context = json.dumps({"Tid": str(said.get("tenantId") or ""), "Oid": str(said.get("organizerId") or "")})
    message = quote(str(said.get("messageId") or "0"), safe="")
    return f"https://{address.host}/l/meetup-join/{quote(str(thread), safe='')}/{message}?context={quote(context)}"


def _teams_route(address: Address) -> str | None:
    """A page of the web client: its route is behind the `#`."""
    return f"https://{address.host}{address.fragment}" if address.fragment.startswith("/") else None


def _zoom_number(address: Address) -> str | None:
    """Zoom's join page: the meeting's number is a parameter."""
    found = address.parameters
    number = re.sub(r"[ -]", "", found.get("confno", ""))
    rest = "&".join(f"{name}={quote(found[name], safe='')}" for name in ("pwd", "tk", "zak") if found.get(name))
    return f"https://{address.host}/j/{quote(number, safe='')}" + (f"?{rest}" if rest else "") if number else None


def _kind(host: str, path: str, inner: Unwrap) -> Wrapping:
    return Wrapping(re.compile(host), re.compile(path), inner)


_ANY: Final = r".*"
WRAPPINGS: Final = (
    _kind(r"(?:[a-z0-9-]+\.)*google\.[a-z]{2,3}(?:\.[a-z]{2})?", r"/url", _parameter("q", "url")),
    _kind(r"meet\.google\.com", r"/linkredirect", _parameter("dest")),
    _kind(r"accounts\.google\.com", _ANY, _parameter("continue")),
    _kind(r"meet\.app\.goo\.gl", _ANY, _parameter("link")),
    _kind(
        r"(?:[a-z0-9-]+\.)*safelinks\.protection\.(?:outlook\.com|office365\.us|partner\.outlook\.cn)",
        _ANY,
        _parameter("url"),
    ),
    _kind(r"statics\.teams\.cdn\.office\.net", _ANY, _parameter("url")),
    _kind(r"urldefense\.(?:proofpoint\.com|com|us)", r"/v2/url", _url_defense_2),
    _kind(r"urldefense\.proofpoint\.com", r"/v1/url", _parameter("u")),
    _kind(r"urldefense\.(?:proofpoint\.com|com|us)", r"/v3/.*", _url_defense_3),
    _kind(r"linkprotect\.cudasvc\.com", r"/url", _parameter("a")),
    _kind(r"secure-web\.cisco\.com", r"/[^/]+/.+", _rest_of_path),
    _kind(r"clicktime\.symantec\.com", _ANY, _parameter("u")),
    _kind(r"www\.linkedin\.com", r"/(?:redir/redirect|safety/go)", _parameter("url")),
    _kind(r"(?:l|lm)\.facebook\.com", r"/l\.php", _parameter("u")),
    _kind(r"slack-redir\.net", r"/link", _parameter("url")),
    _kind(r"deref-(?:gmx|web)\.(?:net|de|com)|deref-mail\.com", _ANY, _parameter("redirectUrl")),
    _kind(_TEAMS_HOSTS, r"/dl/launcher/.*", _teams_launcher),
    _kind(_TEAMS_HOSTS, r"/light-meetings/launch", _teams_coordinates),
    _kind(_TEAMS_HOSTS, r"/(?:_/?|v2/?)?", _teams_route),
    _kind(_ZOOM_HOSTS, r"/(?:wc/)?(?:join|start)/?", _zoom_number),
)
"""Services that redirect, as they are seen in mails and calendars."""
