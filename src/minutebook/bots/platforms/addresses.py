"""Meeting addresses: read strictly, unwrapped, matched against a platform's rules and rewritten. Pure.

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
MOST_WRAPPINGS: Final = 4
DEFAULT_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ENCODED_START: Final = re.compile(r"https?%3a", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&amp;", re.IGNORECASE)
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff\\]")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_URL_CHARS: Final = "%/:@!$&'()*+,;=-._~?"
_PASTED: Final = " \t\r\n<>\"'`\u201c\u201d\u2018\u2019\u200b\u2060\ufeff"


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
            found.setdefault(name, value)
        return found

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"{self.scheme}://{self.host}{port}{self.path}{query}{fragment}"


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A redirecting service: the meeting's address is one of the `parameters` of its query. `host` is matched from the
    end, at a dot."""

    host: str
    path: str
    parameters: tuple[str, ...]


WRAPPERS: Final = (
    Wrapper("google.com", "/url", ("q", "url")),
    Wrapper("safelinks.protection.outlook.com", "/", ("url",)),
)


def read_address(text: str) -> Address | None:
    """The address in `text`, out of its wrappings; None when there is none, or when it could be read in two ways."""
    for _ in range(MOST_WRAPPINGS):
        address = _plain_address(text)
        inner = _wrapped_in(address) if address is not None else None
        if inner is None:
            return address
        text = inner
    return None


def _plain_address(text: str) -> Address | None:
    text = text.strip(_PASTED)
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
    while (decoded := unquote(path)) != path:
        path = decoded
    return bool({".", ".."} & set(re.split(r"[/\\]", path)))


def _wrapped_in(address: Address) -> str | None:
    for wrapper in WRAPPERS:
        of_wrapper = address.host == wrapper.host or address.host.endswith("." + wrapper.host)
        if of_wrapper and address.path == wrapper.path:
            return next((address.parameters[name] for name in wrapper.parameters if name in address.parameters), None)
    return None


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Which addresses are a platform's, and what is opened for them.

    `hosts` are names or `*.name` (at least one label more); `path` matches whole and its groups are named; `needs` are
    parameters that must be there. `open` is a template of the address to open, with groups, needed parameters and
    `{host}`; None opens the address as it came, with https. `query` are parameters added to what is opened, together
    with those of the address where `keep_query` says so."""

    hosts: tuple[str, ...]
    path: re.Pattern[str]
    needs: tuple[str, ...] = ()
    open: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    keep_query: bool = False

    def rewrite(self, address: Address) -> str | None:
        """What to open for this address; None when the rule is not about it."""
        match = self.path.fullmatch(address.path)
        parameters = address.parameters
        if match is None or address.port is not None or not any(_is_host(address.host, each) for each in self.hosts):
            return None
        if not all(parameters.get(name) for name in self.needs):
            return None
        if self.open is None:
            return str(replace(address, scheme="https"))
        groups = {name: quote(unquote(value or ""), safe="") for name, value in match.groupdict().items()}
        values = {name: quote(value, safe="") for name, value in parameters.items()}
        opened = self.open.format_map({**values, **groups, "host": address.host})
        query = {**parameters, **self.query} if self.keep_query else self.query
        return f"{opened}?{urlencode(query)}" if query else opened


def _is_host(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def rewritten(rules: Sequence[AddressRule], meeting_url: str) -> str | None:
    """What to open for a meeting's address by the first rule that is about it; None when none is."""
    address = read_address(meeting_url)
    if address is None:
        return None
    return next((opened for rule in rules if (opened := rule.rewrite(address)) is not None), None)
