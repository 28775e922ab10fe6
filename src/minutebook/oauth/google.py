"""Sign-in through Google (OpenID Connect, authorisation code with PKCE, state and nonce); authlib is the client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from minutebook.accounts.limits import RateRule, count_try
from minutebook.accounts.model import ExternalIdentity, User
from minutebook.accounts.service import Accounts
from minutebook.config import OAuthSettings
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_secret
from minutebook.kit.origin import subscriber
from minutebook.oauth import repository
from minutebook.oauth.model import ForeignSignIn

GOOGLE_METADATA_URL = "https://accounts.google.com/.well-known/openid-configuration"

SIGN_IN_S = 600
TIMEOUT_S = 10.0
BEGINNINGS = RateRule("sign-ins begun from one address", limit=60, window_s=600)


@dataclass(frozen=True, slots=True)
class GoogleSignIn:
    """Sends people to Google and takes them back. Who has no account here is not let in: the owner makes accounts."""

    clock: Clock
    accounts: Accounts
    client: Any

    @classmethod
    def configured(
        cls, settings: OAuthSettings, clock: Clock, accounts: Accounts, metadata_url: str
    ) -> "GoogleSignIn | None":
        """None unless client id and secret are set."""
        if not settings.google_client_id or not settings.google_client_secret:
            return None
        from authlib.integrations.starlette_client import StarletteOAuth2App

        client = StarletteOAuth2App(  # type: ignore[no-untyped-call]
            None,
            "google",
            client_id=settings.google_client_id,
            client_secret=settings.google_client_secret.get_secret_value(),
            server_metadata_url=metadata_url,
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_S,
            },
        )
        return cls(clock, accounts, client)

    async def begin(self, db: Database, redirect_uri: str, next_path: str, browser: str, address: str) -> str:
        """Where to send the browser. `browser` is a secret of it: nobody else can end what begins here. `address` is
        where it comes from. `google_unavailable`, `rate_limited`."""
        async with db.transaction() as tx:
            await count_try(tx, self.clock, [(BEGINNINGS, subscriber(address))])
        with _translated():
            begun = await self.client.create_authorization_url(redirect_uri, nonce=new_secret("n"))
        ends = self.clock.now() + timedelta(seconds=SIGN_IN_S)
        sign_in = ForeignSignIn(
            fingerprint(browser), begun["nonce"], begun["code_verifier"], redirect_uri, next_path, ends
        )
        async with db.transaction() as tx:
            await repository.add_foreign_sign_in(tx, fingerprint(begun["state"]), sign_in)
        return str(begun["url"])

    async def complete(self, db: Database, answer: Mapping[str, str], browser: str) -> tuple[User, str]:
        """The user whom Google's answer vouches for, and where they wanted to go. Errors: `google_sign_in_expired`,
        `google_sign_in_refused`, `google_unavailable`, `google_email_unverified`, `google_account_unknown`."""
        async with db.transaction() as tx:
            begun = await repository.take_foreign_sign_in(tx, fingerprint(answer.get("state", "")))
        if begun is None or begun.browser_hash != fingerprint(browser) or begun.expires_at <= self.clock.now():
            raise _refused("google_sign_in_expired", "This sign-in is not under way any more. Start again.")
        identity = _identity(await self._claims(answer, begun))
        async with db.transaction() as tx:
            user = await self.accounts.user_of_identity(tx, identity)
        if user is None:
            message = f"There is no account for {identity.email} here. Ask the owner of this server to create one."
            raise _refused("google_account_unknown", message)
        return user, begun.next_path

    async def _claims(self, answer: Mapping[str, str], begun: ForeignSignIn) -> Mapping[str, object]:
        if "code" not in answer:
            raise _refused("google_sign_in_refused", "Google did not let you in. Start again.")
        with _translated():
            token = await self.client.fetch_access_token(
                redirect_uri=begun.redirect_uri, code=answer["code"], code_verifier=begun.code_verifier
            )
            metadata = await self.client.load_server_metadata()
            expected = {"iss": {"values": [metadata["issuer"]]}, "aud": {"values": [self.client.client_id]}}
            claims: Mapping[str, object] | None = await self.client.parse_id_token(
                token, nonce=begun.nonce, claims_options=expected
            )
        if claims is None:
            raise _refused("google_sign_in_refused", "Google's answer does not say who you are.")
        return claims


def _identity(claims: Mapping[str, object]) -> ExternalIdentity:
    email, subject = claims.get("email"), claims.get("sub")
    if not isinstance(email, str) or not isinstance(subject, str) or claims.get("email_verified") is not True:
        raise _refused("google_email_unverified", "Google has not verified the e-mail address of this account.")
    return ExternalIdentity("google", subject, email)


def _refused(code: str, message: str) -> MinutebookError:
    return MinutebookError(Kind.FORBIDDEN, code, message)


@contextmanager
def _translated() -> Iterator[None]:
    """Failures of the exchange with Google as errors that a person is told about."""
    import httpx2
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    try:
        yield
    except httpx2.HTTPError as error:
        message = "Google does not answer. Try again, or sign in with your password."
        raise MinutebookError(Kind.UNAVAILABLE, "google_unavailable", message, retryable=True) from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError, RuntimeError) as error:
        raise _refused("google_sign_in_refused", "Google's answer cannot be trusted. Start again.") from error
