"""Sign-in through another service (OpenID Connect Core 1.0: authorisation code with PKCE, state and nonce), be it
Google or whom the server's owner names by the issuer's address; authlib is the client."""

import hashlib
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
DISCOVERY = "/.well-known/openid-configuration"
"""OpenID Connect Discovery 1.0, section 4."""

SIGN_IN_S = 600
TIMEOUT_S = 10.0
BEGINNINGS = RateRule("sign-ins begun from one address", limit=60, window_s=600)


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """A service that vouches for people. `name` stands in addresses and codes, `label` on the button; `key` is what its
    subjects are kept under; `issuer` is what its documents must call it, None for what they say themselves;
    `trusts_addresses` takes addresses for verified of which it does not say so."""

    name: str
    label: str
    key: str
    metadata_url: str
    client_id: str
    client_secret: str
    issuer: str | None = None
    trusts_addresses: bool = False


def providers_of(settings: OAuthSettings, google_metadata_url: str) -> tuple[OpenIdProvider, ...]:
    """Those that are configured."""
    found = []
    if settings.google_client_id and (secret := settings.google_client_secret):
        made = ("google", "Google", "google", google_metadata_url, settings.google_client_id, secret.get_secret_value())
        found.append(OpenIdProvider(*made))
    if settings.openid_issuer and settings.openid_client_id and (secret := settings.openid_client_secret):
        issuer = settings.openid_issuer
        # Two issuers have subjects of their own: who changes the issuer must not let in who has the same number there.
        key = f"oidc:{hashlib.sha256(issuer.encode()).hexdigest()[:24]}"
        url = issuer.rstrip("/") + DISCOVERY
        made = ("openid", settings.openid_name, key, url, settings.openid_client_id, secret.get_secret_value())
        found.append(OpenIdProvider(*made, issuer, settings.openid_trusts_addresses))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class OpenIdSignIn:
    """Sends people to the provider and takes them back. Who has no account here is not let in: the owner makes
    accounts."""

    provider: OpenIdProvider
    clock: Clock
    accounts: Accounts
    client: Any

    @classmethod
    def at(cls, provider: OpenIdProvider, clock: Clock, accounts: Accounts) -> "OpenIdSignIn":
        """The sign-in at this provider, whose documents are fetched when they are needed."""
        from authlib.integrations.starlette_client import StarletteOAuth2App

        client = StarletteOAuth2App(  # type: ignore[no-untyped-call]
            None,
            provider.name,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=provider.metadata_url,
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_S,
            },
        )
        return cls(provider, clock, accounts, client)

    async def begin(self, db: Database, redirect_uri: str, next_path: str, browser: str, address: str) -> str:
        """Where to send the browser. `browser` is a secret of it: nobody else can end what begins here. `address` is
        where it comes from. `{name}_unavailable`, `rate_limited`."""
        async with db.transaction() as tx:
            await count_try(tx, self.clock, [(BEGINNINGS, subscriber(address))])
        with self._translated():
            await self._metadata()
            begun = await self.client.create_authorization_url(redirect_uri, nonce=new_secret("n"))
        ends = self.clock.now() + timedelta(seconds=SIGN_IN_S)
        sign_in = ForeignSignIn(
            fingerprint(browser), begun["nonce"], begun["code_verifier"], redirect_uri, next_path, ends
        )
        async with db.transaction() as tx:
            await repository.add_foreign_sign_in(tx, fingerprint(begun["state"]), sign_in)
        return str(begun["url"])

    async def complete(self, db: Database, answer: Mapping[str, str], browser: str) -> tuple[User, str]:
        """The user whom the provider's answer vouches for, and where they wanted to go. Errors, after the provider's
        name: `_sign_in_expired`, `_sign_in_refused`, `_unavailable`, `_email_unverified`, `_account_unknown`."""
        async with db.transaction() as tx:
            begun = await repository.take_foreign_sign_in(tx, fingerprint(answer.get("state", "")))
        if (
            begun is None
            or begun.browser_hash != fingerprint(browser)
            or begun.expires_at <= self.clock.now()
            or not begun.redirect_uri.endswith(f"/{self.provider.name}/callback")  # begun at another provider
        ):
            raise self._refused("sign_in_expired", "This sign-in is not under way any more. Start again.")
        identity = self._identity(await self._claims(answer, begun))
        async with db.transaction() as tx:
            user = await self.accounts.user_of_identity(tx, identity)
        if user is None:
            message = f"There is no account for {identity.email} here. Ask the owner of this server to create one."
            raise self._refused("account_unknown", message)
        return user, begun.next_path

    async def _claims(self, answer: Mapping[str, str], begun: ForeignSignIn) -> Mapping[str, object]:
        if "code" not in answer:
            raise self._refused("sign_in_refused", f"{self.provider.label} did not let you in. Start again.")
        with self._translated():
            metadata = await self._metadata()
            if answer.get("iss", metadata["issuer"]) != metadata["issuer"]:  # RFC 9207
                raise ValueError(answer["iss"])
            token = await self.client.fetch_access_token(
                redirect_uri=begun.redirect_uri, code=answer["code"], code_verifier=begun.code_verifier
            )
            expected = {"iss": {"values": [metadata["issuer"]]}, "aud": {"values": [self.client.client_id]}}
            claims: Mapping[str, object] | None = await self.client.parse_id_token(
                token, nonce=begun.nonce, claims_options=expected
            )
        if claims is None:
            raise self._refused("sign_in_refused", f"The answer of {self.provider.label} does not say who you are.")
        return claims

    async def _metadata(self) -> Mapping[str, Any]:
        """The provider's documents, which must be the issuer's that was configured (Discovery 1.0, section 4.3)."""
        metadata: Mapping[str, Any] = await self.client.load_server_metadata()
        if self.provider.issuer is not None and metadata["issuer"] != self.provider.issuer:
            raise ValueError(metadata["issuer"])
        return metadata

    def _identity(self, claims: Mapping[str, object]) -> ExternalIdentity:
        email, subject = claims.get("email"), claims.get("sub")
        verified = claims.get("email_verified")
        trusted = verified is True or (verified is None and self.provider.trusts_addresses)
        if not isinstance(email, str) or not isinstance(subject, str) or not trusted:
            message = f"{self.provider.label} has not verified the e-mail address of this account."
            raise self._refused("email_unverified", message)
        return ExternalIdentity(self.provider.key, subject, email)

    def _refused(self, code: str, message: str) -> MinutebookError:
        return MinutebookError(Kind.FORBIDDEN, f"{self.provider.name}_{code}", message)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Failures of the exchange with the provider as errors that a person is told about."""
        import httpx2
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError

        label = self.provider.label
        try:
            yield
        except httpx2.HTTPError as error:
            message = f"{label} does not answer. Try again, or sign in with your password."
            code = f"{self.provider.name}_unavailable"
            raise MinutebookError(Kind.UNAVAILABLE, code, message, retryable=True) from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError, RuntimeError) as error:
            raise self._refused("sign_in_refused", f"The answer of {label} cannot be trusted. Start again.") from error
