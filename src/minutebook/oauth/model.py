"""The rules of authorisation, without I/O: scopes, tokens, when a code or a refresh token is good."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest

from minutebook.errors import Kind, MinutebookError, invalid

DEFAULT_SCOPES = ("session", "media", "analysis", "user:read")
"""What a link asks for that names none."""

ACCOUNT_SCOPE = "account"
"""Manages keys, sign-ins, programs and users, so it opens everything; only who names it gets it."""

SCOPES = (*DEFAULT_SCOPES, ACCOUNT_SCOPE)

CODE_S = 600
"""Life of an authorisation code and of an agent's request, in seconds (RFC 6749, 4.1.2: at most ten minutes)."""

REFRESH_GRACE_S = 10
"""So long after its use a refresh token may be repeated, because the answer can have been lost on its way."""


class TokenKind(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


PREFIXES: Mapping[TokenKind, str] = {TokenKind.ACCESS: "mba", TokenKind.REFRESH: "mbr"}


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request is made, what it may do, and which program makes it."""

    user_id: str
    scopes: frozenset[str]
    grant_id: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client is given; lives are in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    scope: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One consent and all tokens that come from it: the family that is revoked as a whole. `program` is what the person
    was shown: host and port of a redirect, or what kind of program it was."""

    id: str
    user_id: str
    scope: str
    revoked: bool
    program: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A grant that is in force, as people manage it. `last_used_at` is exact to a minute."""

    id: str
    name: str
    scope: str
    created_at: datetime
    ends_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: never its secret. A refresh token that was used knows when, whether the one that
    follows was used in turn, and the salt which that was derived with."""

    id: str
    grant: Grant
    kind: TokenKind
    expires_at: datetime
    used_at: datetime | None = None
    salt: str | None = None
    successor_used: bool = False
    grant_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the token endpoint says no (RFC 6749, 5.2); `revoke` tells whether the family must go as well. A value and
    not an exception, because revoking has to be committed with the answer."""

    error: str
    description: str
    revoke: bool = False


class AgentStatus(StrEnum):
    """What became of an agent's request."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    DELIVERED = "delivered"


AGENT_TRANSITIONS: Mapping[AgentStatus, frozenset[AgentStatus]] = {
    AgentStatus.PENDING: frozenset({AgentStatus.APPROVED, AgentStatus.DENIED}),
    AgentStatus.APPROVED: frozenset({AgentStatus.DELIVERED}),
    AgentStatus.DENIED: frozenset(),
    AgentStatus.DELIVERED: frozenset(),
}


def agent_statuses_before(status: AgentStatus) -> frozenset[AgentStatus]:
    """From where an agent's request may get to this status."""
    return frozenset(before for before, after in AGENT_TRANSITIONS.items() if status in after)


@dataclass(frozen=True, slots=True)
class AgentRequest:
    """A request for consent that is polled for; `approved` is what the user consented to."""

    status: AgentStatus
    expires_at: datetime
    approved: "Code | None" = None


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """What a polling agent is told; the code only with `complete`, before that what the page shows to compare."""

    status: str
    code: str | None = None
    user_code: str | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """An authorisation code as it is kept: never its secret. `grant_id` names the family that was made from it."""

    user_id: str
    scope: str
    redirect_uri: str
    code_challenge: str | None
    expires_at: datetime
    grant_id: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignSignIn:
    """A sign-in under way at another service: what its answer must match, and where the person wanted to go."""

    browser_hash: str
    nonce: str
    code_verifier: str
    redirect_uri: str
    next_path: str
    expires_at: datetime


UNKNOWN_CODE = Refusal("invalid_grant", "This code is not known.")
UNKNOWN_REFRESH_TOKEN = Refusal("invalid_grant", "This refresh token is not known.")


class RefreshUse(StrEnum):
    """How a presented refresh token is to be treated."""

    ROTATE = "rotate"
    REPEAT = "repeat"


def parse_scope(text: str | None) -> str:
    """Requested scopes in the order of `SCOPES`, separated by blanks; `DEFAULT_SCOPES` when nothing is asked for."""
    asked = set((text or "").split()) or set(DEFAULT_SCOPES)
    unknown = sorted(asked - set(SCOPES))
    if unknown:
        message = f"Unknown scope: {', '.join(unknown)[:100]}. There are: {' '.join(SCOPES)}."
        raise invalid("invalid_scope", message, "scope")
    return ordered_scope(asked)


def ordered_scope(scopes: Iterable[str]) -> str:
    return " ".join(scope for scope in SCOPES if scope in set(scopes))


def judge_code(code: Code, redirect_uri: str, verifier: str | None, now: datetime) -> Refusal | None:
    """Whether a code may be exchanged: once, in time, by whom it was made for. A second use means that the code leaked:
    the tokens made from it go. None means yes."""
    if code.grant_id is not None:
        return Refusal("invalid_grant", "This code was used before: the tokens made from it are revoked.", True)
    if code.expires_at <= now:
        return Refusal("invalid_grant", "This code has expired. Authorise again.")
    if not compare_digest(code.redirect_uri.encode(), redirect_uri.encode()):
        return Refusal("invalid_grant", "redirect_uri is not the one that the code was made for.")
    if (code.code_challenge is None) != (verifier is None):
        # A verifier without a challenge: somebody cut the challenge out of the link (RFC 9700, 4.8.2).
        missing = "code_verifier" if verifier is None else "the code_challenge of the authorisation"
        return Refusal("invalid_grant", f"PKCE is incomplete: {missing} is missing.")
    if code.code_challenge is not None and not compare_digest(code.code_challenge, s256(verifier or "")):
        return Refusal("invalid_grant", "code_verifier does not match the code_challenge.")
    return None


def s256(verifier: str) -> str:
    """The PKCE challenge of a verifier (RFC 7636, 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def derive_secret(kind: TokenKind, predecessor: str, salt: str) -> str:
    """The secret of a token that follows a refresh token: HMAC-SHA256 of the old secret under a random salt.

    So a repeated request, whose answer was lost, is given the same pair again although only hashes are kept: the salt
    alone, or the old secret alone, yields nothing. The salt is erased as soon as the new refresh token is used.
    """
    digest = hmac_digest(salt.encode(), f"{kind}:{predecessor}".encode(), "sha256")
    return f"{PREFIXES[kind]}_{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def judge_refresh(token: Token, now: datetime) -> RefreshUse | Refusal:
    """The rotation rule: a refresh token is good once. A repeat shortly after is the client that never got its answer,
    as long as nobody has used what that answer held; any other repeat is theft and ends the family."""
    if token.kind is not TokenKind.REFRESH:
        return UNKNOWN_REFRESH_TOKEN
    if token.grant.revoked:
        return Refusal("invalid_grant", "This refresh token has been revoked. Sign in again.")
    if token.used_at is None:
        if token.expires_at <= now:
            return Refusal("invalid_grant", "This refresh token has expired. Sign in again.")
        return RefreshUse.ROTATE
    within_grace = now - token.used_at <= timedelta(seconds=REFRESH_GRACE_S)
    if within_grace and token.salt and not token.successor_used:
        return RefreshUse.REPEAT
    return Refusal("invalid_grant", "This refresh token was used before: its family is revoked. Sign in again.", True)


def token_error(code: str, message: str) -> MinutebookError:
    """A bearer token that opens nothing."""
    return MinutebookError(Kind.UNAUTHENTICATED, code, message)
