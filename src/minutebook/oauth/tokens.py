"""Tokens and their families: issuing, rotating, checking, revoking."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import API_KEY_PREFIX
from minutebook.config import OAuthSettings
from minutebook.db.database import Database
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_id, new_secret
from minutebook.oauth import repository
from minutebook.oauth.model import (
    PREFIXES,
    UNKNOWN_REFRESH_TOKEN,
    Caller,
    Grant,
    RefreshUse,
    Refusal,
    Token,
    TokenKind,
    TokenPair,
    derive_secret,
    judge_refresh,
    token_error,
)

USE_KEPT_EVERY = timedelta(minutes=1)


class Tokens:
    """The families of tokens, one per grant. Secrets are kept as hashes only."""

    def __init__(self, settings: OAuthSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def authenticate(self, tx: AsyncConnection, bearer: str) -> Caller:
        """Who calls with this access token. Errors: `token_invalid`, `token_revoked`, `token_expired`."""
        return caller_of(await self.good(tx, bearer))

    async def note_use(self, db: Database, token: Token) -> None:
        """Keep when a program was last used, to a minute."""
        now = self._clock.now()
        if token.grant_used_at is None or now - token.grant_used_at >= USE_KEPT_EVERY:
            async with db.transaction() as tx:
                await repository.touch_grant(tx, token.grant.id, now)

    async def good(self, tx: AsyncConnection, bearer: str) -> Token:
        """The access token itself, if it opens anything; errors as of `authenticate`."""
        token = await repository.token(tx, fingerprint(bearer))
        if token is None or token.kind is not TokenKind.ACCESS:
            raise token_error("token_invalid", _unknown(bearer))
        if token.grant.revoked:
            raise token_error("token_revoked", "This access token has been revoked. Authorise again.")
        if token.expires_at <= self._clock.now():
            raise token_error("token_expired", "This access token has expired. Refresh it, or authorise again.")
        return token

    async def issue(self, tx: AsyncConnection, grant: Grant) -> TokenPair:
        """The first pair of a new family."""
        now = self._clock.now()
        await repository.add_grant(tx, grant, now, self._refresh_ends(now))
        access, refresh = (new_secret(PREFIXES[kind]) for kind in (TokenKind.ACCESS, TokenKind.REFRESH))
        return await self._save(tx, grant, access, refresh, new_id())

    async def rotate(self, tx: AsyncConnection, secret: str) -> TokenPair | Refusal:
        """A refresh token becomes a new pair; see `judge_refresh` for repeats and reuse."""
        now = self._clock.now()
        token = await repository.token(tx, fingerprint(secret))
        if token is None:
            return UNKNOWN_REFRESH_TOKEN
        use = judge_refresh(token, now)
        if isinstance(use, Refusal):
            if use.revoke:
                await repository.revoke_grant(tx, token.grant.id, now)
            return use
        if use is RefreshUse.REPEAT:
            return self._same_again(token, secret, now)
        salt, successor_id = secrets.token_hex(32), new_id()
        if not await repository.mark_rotated(tx, token.id, successor_id, salt, now):
            return await self.rotate(tx, secret)  # somebody was faster: now it is a repeat
        await repository.extend_grant(tx, token.grant.id, self._refresh_ends(now))
        return await self._save(tx, token.grant, *_derived(secret, salt), successor_id)

    async def revoke(self, tx: AsyncConnection, secret: str) -> None:
        """A refresh token takes its family along, an access token goes alone (RFC 7009, 2.1); unknown ones pass."""
        token = await repository.token(tx, fingerprint(secret))
        if token is None:
            return
        if token.kind is TokenKind.REFRESH:
            await repository.revoke_grant(tx, token.grant.id, self._clock.now())
        else:
            await repository.remove_token(tx, token.id)

    def _same_again(self, token: Token, secret: str, now: datetime) -> TokenPair:
        assert token.salt is not None
        assert token.used_at is not None
        access, refresh = _derived(secret, token.salt)
        elapsed_s = int((now - token.used_at).total_seconds())
        return TokenPair(access, refresh, self._settings.access_token_s - elapsed_s, token.grant.scope)

    async def _save(self, tx: AsyncConnection, grant: Grant, access: str, refresh: str, refresh_id: str) -> TokenPair:
        now = self._clock.now()
        access_ends = now + timedelta(seconds=self._settings.access_token_s)
        token = Token(new_id(), grant, TokenKind.ACCESS, access_ends)
        await repository.add_token(tx, token, fingerprint(access))
        token = replace(token, id=refresh_id, kind=TokenKind.REFRESH, expires_at=self._refresh_ends(now))
        await repository.add_token(tx, token, fingerprint(refresh))
        return TokenPair(access, refresh, self._settings.access_token_s, grant.scope)

    def _refresh_ends(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._settings.refresh_token_s)


def _derived(secret: str, salt: str) -> tuple[str, str]:
    return derive_secret(TokenKind.ACCESS, secret, salt), derive_secret(TokenKind.REFRESH, secret, salt)


def _unknown(bearer: str) -> str:
    if bearer.startswith(f"{API_KEY_PREFIX}_"):
        return "This is an API key; here an access token is wanted. A key opens the API of bots and calendars."
    return "This access token is not known here."


def caller_of(token: Token) -> Caller:
    """Who calls with it."""
    grant = token.grant
    return Caller(grant.user_id, frozenset(grant.scope.split()), grant.id, grant.program)
