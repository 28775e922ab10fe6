"""Signing in: the link that the user opens, and the code that becomes tokens. Both flows, no I/O."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from minutebook.client.errors import BadRequest, CodeExpired, ConsentDenied, LoginTimedOut, NotFound, PaxsError
from minutebook.client.model import Tokens
from minutebook.client.protocol import operations
from minutebook.client.sending.steps import Pause, Steps

Invite = Callable[[str], object]
"""Shows (or opens) the link on which the user signs in."""

ShowCode = Callable[[str], object]
"""Shows the code that the consent page must show too: if it does not, somebody else asks for the access."""

POLL_EVERY_S = 3.0
POLLS = 100  # five minutes


@dataclass(frozen=True, slots=True)
class SignIn:
    """One attempt. `state` and `verifier` are secrets of 256 random bits."""

    redirect_uri: str
    agent: bool = False
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str | None = field(default=None, repr=False)

    @classmethod
    def begin(cls, redirect_uri: str, pkce: bool, agent: bool = False) -> "SignIn":
        """A fresh attempt, with a PKCE verifier (RFC 7636) where the server knows what that is."""
        return cls(redirect_uri, agent, verifier=secrets.token_urlsafe(32) if pkce else None)

    def link(self, base_url: str) -> str:
        """The address of the sign-in and consent pages."""
        return operations.authorization_url(
            base_url, self.state, None if self.agent else self.redirect_uri, self._challenge()
        )

    def _challenge(self) -> str | None:
        if self.verifier is None:
            return None
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def pkce_offered() -> Steps[bool]:
    """Whether the server says that it checks PKCE challenges; a server without such a description does not."""
    try:
        described = yield operations.metadata()
    except (BadRequest, NotFound):
        return False
    except PaxsError as error:
        if error.status is None:
            raise
        return False
    methods = described.get("code_challenge_methods_supported")
    return isinstance(methods, list) and "S256" in methods


def by_code(sign_in: SignIn, code: str) -> Steps[Tokens]:
    """Exchange the code."""
    try:
        tokens: Tokens = yield operations.exchange_code(code, sign_in.redirect_uri, sign_in.verifier)
    except BadRequest as error:
        raise CodeExpired(
            "The server did not accept the code of this sign-in: it is too old or was used before. Sign in again.",
            request_id=error.request_id,
        ) from error
    return tokens


def by_agent(sign_in: SignIn, show_code: ShowCode | None = None) -> Steps[Tokens]:
    """Poll until the user has agreed, then exchange the code. `show_code` is given what the consent page shows as well,
    by servers that do that.

    A server may not know the state before the link is opened, so a 404 ends the wait only after a `pending`.
    """
    known = False
    for _ in range(POLLS):
        yield Pause(POLL_EVERY_S)
        try:
            answer = yield operations.poll(sign_in.state)
        except NotFound as error:
            if known:
                raise CodeExpired("The link of this sign-in is too old. Sign in again.") from error
            continue
        if show_code and not known and (code := answer.get("user_code")):
            show_code(str(code))
        known = True
        match answer.get("status"):
            case "complete":
                return (yield from by_code(sign_in, str(answer.get("code"))))
            case "denied":
                raise ConsentDenied("Access was refused on the consent page; nothing was changed.")
    raise LoginTimedOut("Nobody signed in within five minutes. Begin again when you are ready.")
