"""The rules of authorisation, without I/O: scopes, tokens, when a code or a refresh token is good."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from minutebook.errors import MinutebookError, invalid

SCOPES = ("session", "media", "analysis", "user:read")

CODE_S = 600
"""Life of an authorisation code and of an agent's request, in seconds (RFC 6749, 4.1.2: at most ten minutes)."""

REFRESH_GRACE_S = 10
"""So long after its use a refresh token may be repeated, because the answer can have been lost on its way."""


class TokenKind(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request is made, and what it may do."""

    user_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client is given; lives are in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    scope: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One consent and all tokens that come from it: the family that is revoked as a whole."""

    id: str
    user_id: str
    scope: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: never its secret. `used_at` and `salt` belong to rotated refresh tokens (see `tokens`)."""

    id: str
    grant: Grant
    kind: TokenKind
    expires_at: datetime
    used_at: datetime | None = None
    salt: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the token endpoint says no (RFC 6749, 5.2); `revoke` tells whether the family must go as well. A value and
    not an exception, because revoking has to be committed with the answer."""

    error: str
    description: str
    revoke: bool = False


class RefreshUse(StrEnum):
    """How a presented refresh token is to be treated."""

    ROTATE = "rotate"
    REPEAT = "repeat"


def parse_scope(text: str | None) -> str:
    """Requested scopes in the order of `SCOPES`, separated by blanks; all when nothing is asked for."""
    asked = set((text or "").split()) or set(SCOPES)
    unknown = sorted(asked - set(SCOPES))
    if unknown:
        message = f"Unknown scope: {', '.join(unknown)[:100]}. There are: {' '.join(SCOPES)}."
        raise invalid("invalid_scope", message, "scope")
    return ordered_scope(asked)


def ordered_scope(scopes: Iterable[str]) -> str:
    return " ".join(scope for scope in SCOPES if scope in set(scopes))


def judge_refresh(token: Token | None, successor_used: bool, now: datetime) -> RefreshUse | Refusal:
    """The rotation rule: a refresh token is good once. A repeat shortly after is the client that never got its answer,
    as long as nobody has used what that answer held; any other repeat is theft and ends the family."""
    if token is None or token.kind is not TokenKind.REFRESH:
        return Refusal("invalid_grant", "This refresh token is not known.")
    if token.grant.revoked:
        return Refusal("invalid_grant", "This refresh token has been revoked. Sign in again.")
    if token.used_at is None:
        if token.expires_at <= now:
            return Refusal("invalid_grant", "This refresh token has expired. Sign in again.")
        return RefreshUse.ROTATE
    if now - token.used_at <= timedelta(seconds=REFRESH_GRACE_S) and not successor_used:
        return RefreshUse.REPEAT
    return Refusal("invalid_grant", "This refresh token was used before: its family is revoked. Sign in again.", True)


def token_error(code: str, message: str) -> MinutebookError:
    """A bearer token that opens nothing."""
    from minutebook.errors import Kind

    return MinutebookError(Kind.UNAUTHENTICATED, code, message)
