"""Meeting addresses: read strictly, matched against a platform's rules and rewritten. Pure.

People paste addresses from mails, chats and calendars: quoted, percent-encoded, without a scheme, wrapped by a mail
filter. What is let through is opened by a browser inside the operator's network, so an address counts only when every
parser reads it the same way: no user names, no backslashes, no control characters, no dot segments, plain ASCII hosts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

MOST_CHARS: Final = 8_192
MOST_DECODINGS: Final = 8
"""A path that is encoded more often than this is nobody's address."""
DEFAULT_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SLIPPED: Final = re.compile(r"[a-z]{1,2}(?=https?://)", re.IGNORECASE)
"""A key that was hit before the address was pasted."""
_ENCODED_START: Final = re.compile(r"https?%3a", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&amp;", re.IGNORECASE)
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff\\]")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_URL_CHARS: Final = "%/:@!$&'()*+,;=-._~?"
_PASTED: Final = (
    " \t\r\n<>\"'`\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb\u2039\u203a\u300c\u300d\u200b\u2060\ufeff"
)
_BEFORE: Final = _PASTED + "([{*"
_AFTER: Final = _PASTED + ".,;:!?*\u2026\u3002\uff0c\uff1b\uff1a\uff09"
_CLOSING: Final = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address that was read without doubt. `host` is lower case and without a trailing dot, `port`
    is None for the scheme's own; `path` starts with `/`; `path`, `query` and `fragment` are percent-encoded ASCII."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str
    fragment: str

    @property
    def parameters(self) -> Mapping[str, str]:
        """The query's parameters, decoded; of repeated ones the first."""
        found: dict[str, str] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            # Encoded once too often: `pwd%3Dx`.
            key, _, inside = name.partition("=") if not value else (name, "", value)
            found.setdefault(key, inside)
        return found

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"{self.scheme}://{self.host}{port}{self.path}{query}{fragment}"


def unquoted(text: str) -> str:
    """An address without what a sentence puts around it: quotes, brackets, the full stop. A bracket that was opened in
    the address stays."""
    text = text.lstrip(_BEFORE)
    surplus = {closing: text.count(closing) - text.count(opening) for closing, opening in _CLOSING.items()}
    end = len(text)
    while end:
        last = text[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _AFTER:
            break
        end -= 1
    return text[:end]


def plain_address(text: str) -> Address | None:
    """The address in `text` as it stands, wrapped or not; None for what is none, or could be read in two ways."""
    text = unquoted(text)
    if slipped := _SLIPPED.match(text):
        text = text[slipped.end() :]
    if _ENCODED_START.match(text):
        text = unquote(text)
    if len(text) > MOST_CHARS or _AMBIGUOUS.search(text):
        return None
    if not _SCHEME.match(text):
        text = "https://" + text.removeprefix("//")
    try:
        parts = urlsplit(_ENTITY.sub("&", text))
        port = parts.port
    except ValueError:
        return None
    host = _host(parts)
    if parts.scheme not in DEFAULT_PORTS or host is None or port == 0 or _climbs(parts.path):
        return None
    encoded = (quote(part, safe=_URL_CHARS) for part in (parts.path or "/", parts.query, parts.fragment))
    return Address(parts.scheme, host, None if port == DEFAULT_PORTS[parts.scheme] else port, *encoded)


def _host(parts: SplitResult) -> str | None:
    if "@" in parts.netloc or not parts.hostname:
        return None
    if "[" in parts.netloc:
        try:
            return f"[{IPv6Address(parts.hostname)}]" if "%" not in parts.hostname else None
        except ValueError:
            return None
    host = parts.hostname.removesuffix(".")
    return host if _HOST.fullmatch(host) else None


def _climbs(path: str) -> bool:
    """Whether a path has dot segments, however often they are encoded: they lead elsewhere than they seem to."""
    for _ in range(MOST_DECODINGS):
        if (decoded := unquote(path)) == path:
            return bool({".", ".."} & set(re.split(r"[/\\]", path)))
        path = decoded
    return True


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule makes of an address: what is opened, what tells its room from others, and the passcode it carries."""

    opens: str
    room: str
    passcode: str


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Which addresses are a platform's, and what is opened for them.

    `hosts` are names or `*.name` (at least one label more); `path` matches whole and its groups are named; `needs` are
    parameters that must be there. `code` matches whole texts that stand for such an address. `open` is a template of
    the address to open, with groups (lower case with `lower`), needed parameters and `{host}`; None opens the address
    as it came, with https. To what is opened, `carry` hands parameters on: by their name there, the names here, best
    first; `keep_query` all of the address; `query` adds some. `passcode` names the parameter of `carry` that is one.
    `standing`: a page or a room of somebody's rather than one meeting's address, which comes first if there is one."""

    hosts: tuple[str, ...]
    path: re.Pattern[str]
    needs: tuple[str, ...] = ()
    open: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    keep_query: bool = False
    carry: Mapping[str, Sequence[str]] = field(default_factory=dict)
    passcode: str = ""
    code: re.Pattern[str] | None = None
    lower: bool = False
    standing: bool = False

    def match(self, address: Address) -> Match | None:
        """What to open for this address; None when the rule is not about it."""
        match = self.path.fullmatch(address.path)
        parameters = address.parameters
        if match is None or address.port is not None or not any(is_host(address.host, each) for each in self.hosts):
            return None
        if not all(parameters.get(name) for name in self.needs):
            return None
        carried = self._carried(parameters)
        passcode = carried.get(self.passcode, "")
        groups = {name: self._value(value) for name, value in match.groupdict().items()}
        if self.open is None:
            opens = str(replace(address, scheme="https"))
            return Match(opens, "/".join(groups.values()) or f"{address.host}{address.path}", passcode)
        values = {name: quote(value, safe="") for name, value in parameters.items()}
        opens = self.open.format_map({**values, **groups, "host": address.host})
        query = {**(parameters if self.keep_query else {}), **carried, **self.query}
        opens = f"{opens}?{urlencode(query, quote_via=quote, safe='')}" if query else opens
        return Match(opens, "/".join(groups.values()) or f"{address.host}{address.path}", passcode)

    def of_code(self, text: str) -> str | None:
        """The address that a code stands for."""
        match = self.code.fullmatch(text) if self.code is not None and self.open is not None else None
        if match is None or self.open is None:
            return None
        return self.open.format_map({name: self._value(value) for name, value in match.groupdict().items()})

    def _value(self, group: str | None) -> str:
        value = unquote(group or "")
        return quote(value.lower() if self.lower else value, safe="")

    def _carried(self, parameters: Mapping[str, str]) -> dict[str, str]:
        found = {name: next(filter(None, map(parameters.get, names)), "") for name, names in self.carry.items()}
        return {name: value for name, value in found.items() if value}


def is_host(host: str, pattern: str) -> bool:
    """Whether a host is the one of the pattern, or for `*.name` one below it."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """An address with these in its query, in place of those of the same names."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in parameters]
    return parts._replace(query=urlencode([*kept, *parameters.items()])).geturl()
