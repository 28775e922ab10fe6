"""What a client asks for when it sends somebody here: parsing, redirect rules, PKCE syntax. No I/O."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from math import log2
from urllib.parse import quote, urlencode, urlsplit

from minutebook.errors import MinutebookError, invalid
from minutebook.oauth.model import parse_scope

PARAMETERS = ("response_type", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method", "flow")

REDIRECT_URI_MAX_CHARS = 2048
STATE_MAX_CHARS = 4096

AGENT_STATE_BITS = 128
"""An agent's state is all it needs to fetch its code, so it must not be guessable."""

# Written out instead of parsed: parsers and browsers disagree about user info, backslashes, tabs and odd spellings of
# addresses, and each disagreement is a way to send a code elsewhere.
_LOOPBACK = re.compile(
    r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::(?P<port>[1-9][0-9]{0,4}))?(?:[/?][A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*)?",
    re.IGNORECASE | re.ASCII,
)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

PATTERNLESS_BITS = 96
"""Of which so many must remain when patterns are taken out. Of 360,000 random states of 128 bits and more, in six usual
spellings, none kept fewer than 112."""

JUDGED_CHARS = 256

_SHORTEST_STRETCH = 3
_STRETCH_BITS = 8.0
"""Where it came from, and how long it is."""

# The alphabets random secrets are written in, and how many symbols each has; the first that fits counts.
_ALPHABETS = (
    (re.compile(r"[0-9]+", re.ASCII), 10),
    (re.compile(r"[0-9a-f-]+|[0-9A-F-]+", re.ASCII), 16),
    (re.compile(r"[0-9a-z._~-]+|[0-9A-Z._~-]+", re.ASCII), 36),
    (re.compile(r".+", re.DOTALL), 64),
)
_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class Flow(StrEnum):
    """How the code gets to the client: by the browser's redirect, or fetched by polling."""

    CODE = "code"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """A checked request for consent. `redirect_uri` is what the code will be bound to; an agent's is its fixed one."""

    flow: Flow
    redirect_uri: str
    scope: str
    state: str | None
    code_challenge: str | None

    @property
    def redirect_host(self) -> str:
        """Host and port of the client, as a person is shown it."""
        return urlsplit(self.redirect_uri).netloc

    def answer(self, **parameters: str) -> str:
        """Where to send the browser: the redirect URI with these parameters and the client's state."""
        state = {} if self.state is None else {"state": self.state}
        return with_query(self.redirect_uri, {**parameters, **state})


@dataclass(frozen=True, slots=True)
class SentBack:
    """A request with a good redirect URI and something else wrong: the client is told there (RFC 6749, 4.1.2.1)."""

    location: str


def is_allowed_redirect(uri: str, registered: Collection[str]) -> bool:
    """Loopback over http with any port and path (RFC 8252, 7.3), or exactly one of the registered ones."""
    if uri in registered:
        return True
    match = _LOOPBACK.fullmatch(uri)
    return match is not None and len(uri) <= REDIRECT_URI_MAX_CHARS and int(match["port"] or 80) <= 65535


def secret_bits(text: str) -> float:
    """Estimate of the random bits in a string: by its length and the smallest usual alphabet it fits in, or, when too
    little remains without its patterns, what does remain."""
    size, remaining = _alphabet_size(text), patternless_bits(text)
    bits = len(text.replace("-", "") if size == 16 else text) * log2(size)
    return min(bits, remaining) if remaining < PATTERNLESS_BITS else bits


def patternless_bits(text: str) -> float:
    """What is left when predictable stretches count little: a stretch that occurred before, a run, or characters in
    even steps (`abcdef`) costs what it takes to name it, as in Lempel-Ziv coding. Random strings lose a few bits at
    most; of a long string the first `JUDGED_CHARS` are looked at."""
    judged, bits, at = text[:JUDGED_CHARS], 0.0, 0
    per_character = log2(_alphabet_size(text))
    while at < len(judged):
        length = max(_copied(judged, at), _stepped(judged, at))
        if length >= _SHORTEST_STRETCH:
            bits += _STRETCH_BITS
            at += length
        else:
            bits += per_character
            at += 1
    return bits


def _alphabet_size(text: str) -> int:
    return next((size for alphabet, size in _ALPHABETS if alphabet.fullmatch(text)), 64)


def _copied(text: str, at: int) -> int:
    """How long a stretch from `at` on occurred earlier, overlaps included."""
    length = 0
    while at + length < len(text) and text.find(text[at : at + length + 1], 0, at + length) >= 0:
        length += 1
    return length


def _stepped(text: str, at: int) -> int:
    """How far characters go on in even steps from the two before `at`."""
    if at < 2:
        return 0
    step, length = ord(text[at - 1]) - ord(text[at - 2]), 0
    while at + length < len(text) and ord(text[at + length]) - ord(text[at + length - 1]) == step:
        length += 1
    return length


def user_code(state: str) -> str:
    """A short code for people to compare: the program that asks and the page that answers show the same one. It is made
    of the state, which it does not give away; letters as in RFC 8628, section 6.1."""
    number = int.from_bytes(sha256(b"user code|" + state.encode("utf-8", "surrogatepass")).digest())
    letters = [_CODE_LETTERS[number // len(_CODE_LETTERS) ** place % len(_CODE_LETTERS)] for place in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def checked_agent_state(state: str | None) -> str:
    """The state of an agent's request; `state_required`, `state_too_weak`, `state_too_long`."""
    if not state:
        raise invalid("state_required", "Send a random state: it is what the code is fetched with.", "state")
    if len(state) > STATE_MAX_CHARS:
        raise invalid("state_too_long", f"A state has at most {STATE_MAX_CHARS} characters.", "state")
    if secret_bits(state) < AGENT_STATE_BITS:
        message = f"Send a state of at least {AGENT_STATE_BITS} random bits, for example 32 random hexadecimal digits."
        raise invalid("state_too_weak", message, "state")
    return state


def with_query(uri: str, parameters: Mapping[str, str]) -> str:
    """The URI with more query parameters; those that it has stay."""
    separator = "&" if urlsplit(uri).query else "?"
    return uri.rstrip("?") + separator + urlencode(parameters, quote_via=quote, safe="")


def parse_authorize(
    parameters: Sequence[tuple[str, str]], registered: Collection[str], agent_callback: str
) -> AuthorizeRequest | SentBack:
    """Check a request for consent. What makes it unsafe to redirect is raised (`redirect_uri_…`, `state_…`,
    `…_repeated`) and shown to the person; what is wrong besides goes back to the client."""
    given = _single(parameters)
    flow = _flow(given)
    redirect_uri = _redirect_uri(given.get("redirect_uri"), flow, registered, agent_callback)
    state = checked_agent_state(given.get("state")) if flow is Flow.AGENT else _state(given.get("state"))
    try:
        scope, challenge = _grantable(given)
    except MinutebookError as error:
        if flow is Flow.AGENT:
            raise
        code = error.code if error.code in {"invalid_scope", "unsupported_response_type"} else "invalid_request"
        request = AuthorizeRequest(flow, redirect_uri, "", state, None)
        return SentBack(request.answer(error=code, error_description=error.message))
    return AuthorizeRequest(flow, redirect_uri, scope, state, challenge)


def _single(parameters: Sequence[tuple[str, str]]) -> dict[str, str]:
    counts = Counter(name for name, _ in parameters if name in PARAMETERS)
    repeated = next((name for name, count in counts.items() if count > 1), None)
    if repeated:
        raise invalid(f"{repeated}_repeated", f"The link names {repeated} more than once.", repeated)
    return {name: value for name, value in parameters if name in PARAMETERS and value}


def _flow(given: Mapping[str, str]) -> Flow:
    try:
        return Flow(given.get("flow", Flow.CODE))
    except ValueError as error:
        message = "The link asks for a flow that does not exist. There is: agent."
        raise invalid("flow_unknown", message, "flow") from error


def _redirect_uri(uri: str | None, flow: Flow, registered: Collection[str], agent_callback: str) -> str:
    if flow is Flow.AGENT:
        if uri not in (None, agent_callback):
            message = "With flow=agent there is no redirect_uri: the code is fetched by polling."
            raise invalid("redirect_uri_unexpected", message, "redirect_uri")
        return agent_callback
    if uri is None:
        raise invalid("redirect_uri_required", "The link does not say where to return to.", "redirect_uri")
    if not is_allowed_redirect(uri, registered):
        message = (
            "The link wants to return to an address that is not allowed here. Programs on your own computer are; "
            "others must be listed in the server's configuration (MINUTEBOOK_OAUTH__REDIRECT_URIS)."
        )
        raise invalid("redirect_uri_not_allowed", message, "redirect_uri")
    return uri


def _state(state: str | None) -> str | None:
    if state is not None and len(state) > STATE_MAX_CHARS:
        raise invalid("state_too_long", f"A state has at most {STATE_MAX_CHARS} characters.", "state")
    return state


def _grantable(given: Mapping[str, str]) -> tuple[str, str | None]:
    if given.get("response_type") != "code":
        raise invalid("unsupported_response_type", "response_type must be code.", "response_type")
    challenge, method = given.get("code_challenge"), given.get("code_challenge_method")
    if (challenge or method) and method != "S256":
        message = "code_challenge_method must be S256."
        raise invalid("code_challenge_method_unsupported", message, "code_challenge_method")
    if method and not _CHALLENGE.fullmatch(challenge or ""):
        message = "code_challenge must be the base64url SHA-256 of the verifier: 43 characters."
        raise invalid("code_challenge_invalid", message, "code_challenge")
    return parse_scope(given.get("scope")), challenge
