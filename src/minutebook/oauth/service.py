"""The OAuth provider: consent becomes a code, a code becomes tokens, a token tells who is calling."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import User
from minutebook.accounts.service import Accounts
from minutebook.config import OAuthSettings
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_id, new_secret
from minutebook.oauth import repository
from minutebook.oauth.model import Caller, Grant, Token, TokenKind, TokenPair, parse_scope, token_error


class OAuth:
    """Hands out and checks tokens."""

    def __init__(self, settings: OAuthSettings, clock: Clock, accounts: Accounts) -> None:
        self._settings = settings
        self._clock = clock
        self._accounts = accounts

    async def authenticate(self, tx: AsyncConnection, bearer: str) -> Caller:
        """Who calls with this access token. Errors: `token_invalid`, `token_revoked`, `token_expired`."""
        token = await repository.token(tx, fingerprint(bearer))
        if token is None or token.kind is not TokenKind.ACCESS:
            raise token_error("token_invalid", "This access token is not known here.")
        if token.grant.revoked:
            raise token_error("token_revoked", "This access token has been revoked. Authorise again.")
        if token.expires_at <= self._clock.now():
            raise token_error("token_expired", "This access token has expired. Refresh it, or authorise again.")
        return Caller(token.grant.user_id, frozenset(token.grant.scope.split()))

    async def issue_token(self, tx: AsyncConnection, user: User, scope: str) -> TokenPair:
        """A token pair for a user without their consent: for the server's administrator. `invalid_scope`."""
        now = self._clock.now()
        grant = Grant(new_id(), user.id, parse_scope(scope), revoked=False)
        await repository.add_grant(tx, grant, now, now + timedelta(seconds=self._settings.refresh_token_s))
        access, refresh = new_secret("mba"), new_secret("mbr")
        access_s, refresh_s = self._settings.access_token_s, self._settings.refresh_token_s
        for kind, secret, life_s in ((TokenKind.ACCESS, access, access_s), (TokenKind.REFRESH, refresh, refresh_s)):
            token = Token(new_id(), grant, kind, now + timedelta(seconds=life_s))
            await repository.add_token(tx, token, fingerprint(secret))
        return TokenPair(access, refresh, access_s, grant.scope)
