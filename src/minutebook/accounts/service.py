"""Users: creating them, telling them apart, letting them in."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts import repository
from minutebook.accounts.management import Management
from minutebook.accounts.model import (
    DEVICE_MAX_CHARS,
    LOCAL_EMAIL,
    WEB_SESSION_S,
    ApiKey,
    ExternalIdentity,
    User,
    WebSession,
    checked_display_name,
    checked_email,
    checked_password,
    email_taken,
)
from minutebook.accounts.passwords import Passwords
from minutebook.accounts.sign_in import Place, SignIn, Then
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_id, new_secret

USE_KEPT_EVERY = timedelta(minutes=1)


class Accounts:
    """The users of this server."""

    def __init__(self, clock: Clock, passwords: Passwords | None = None) -> None:
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._sign_in = SignIn(clock, self._passwords)
        self.management = Management(clock, self._passwords)

    async def create_user(self, tx: AsyncConnection, email: str, password: str, display_name: str) -> User:
        """Add a user; the first one is the owner. Errors: `email_invalid`, `email_taken`, `password_too_short`,
        `password_too_long`, `display_name_required`, `display_name_invalid`."""
        email, name = checked_email(email), checked_display_name(display_name)
        password_hash = await self._passwords.hash(checked_password(password))
        taken_over = await repository.take_over(tx, email, name, password_hash)
        if taken_over is not None:
            return taken_over
        is_first = not await repository.has_users(tx)
        user = User(new_id(), email, name, is_first, self._clock.now())
        if not await repository.add_user(tx, user, password_hash):
            raise email_taken(email)
        return user

    async def local_user(self, tx: AsyncConnection) -> User:
        """Whom the command line of this machine acts for: the owner. Before there is one, a user without a password
        stands in, whom the first user who is created takes over, with all their meetings."""
        found = await repository.owner(tx)
        if found is not None:
            return found
        user = User(new_id(), LOCAL_EMAIL, "You", True, self._clock.now())
        await repository.add_user(tx, user, repository.NO_PASSWORD)
        return user

    async def user(self, tx: AsyncConnection, user_id: str) -> User:
        """The user of this id; `user_not_found`."""
        found = await repository.user_by_id(tx, user_id)
        if found is None:
            raise not_found("user")
        return found

    async def user_by_email(self, tx: AsyncConnection, email: str) -> User:
        """The user of this address, upper and lower case alike; `user_not_found`."""
        found = await repository.user_by_email(tx, email)
        if found is None:
            raise not_found("user", email)
        return found[0]

    async def has_users(self, tx: AsyncConnection) -> bool:
        """Whether anybody was set up yet."""
        return await repository.has_users(tx)

    async def authenticate(
        self,
        db: Database,
        email: str,
        password: str,
        address: str,
        browser: str | None = None,
        then: Then | None = None,
    ) -> User:
        """The user whom e-mail and password belong to, see `SignIn`. `address` is where the attempt comes from,
        `browser` the secret of the browser. Errors: `sign_in_failed`, `rate_limited`, `sign_in_busy`, and those of
        `then`."""
        return await self._sign_in.authenticate(db, email, password, Place(address, browser), then)

    async def forget_expired(self, tx: AsyncConnection) -> None:
        """Remove sign-ins that have ended, and what is kept of tries and places for a while only."""
        await repository.remove_expired_web_sessions(tx, self._clock.now())
        await self._sign_in.forget_expired(tx)

    async def user_of_identity(self, tx: AsyncConnection, identity: ExternalIdentity) -> User | None:
        """The user for whom another service vouches: known by its subject, or, the first time, by the verified
        e-mail address. None when the owner has not made an account for this person."""
        known = await repository.user_of_identity(tx, identity.provider, identity.subject)
        if known:
            return known
        found = await repository.user_by_email(tx, identity.email)
        if found is None:
            return None
        await repository.add_identity(tx, identity, found[0].id)
        return found[0]

    async def user_of_api_key(self, tx: AsyncConnection, secret: str) -> User:
        """The user whose key this is; `api_key_invalid`, `api_key_expired`."""
        return await self.user(tx, (await self.api_key(tx, secret)).user_id)

    async def api_key(self, tx: AsyncConnection, secret: str) -> ApiKey:
        """The key that this is the secret of; `api_key_invalid`, `api_key_expired`."""
        return await self.api_key_of(tx, fingerprint(secret))

    async def api_key_of(self, tx: AsyncConnection, secret_fingerprint: str) -> ApiKey:
        """The key whose secret has this fingerprint; `api_key_invalid`, `api_key_expired`."""
        found = await repository.api_key(tx, secret_fingerprint)
        if found is None:
            raise MinutebookError(Kind.UNAUTHENTICATED, "api_key_invalid", "This API key is not known here.")
        if found.expires_at is not None and found.expires_at <= self._clock.now():
            raise MinutebookError(Kind.UNAUTHENTICATED, "api_key_expired", "This API key has expired. Make a new one.")
        return found

    async def note_use(self, db: Database, key: ApiKey) -> None:
        """Keep when a key was last used, to a minute."""
        now = self._clock.now()
        if key.last_used_at is None or now - key.last_used_at >= USE_KEPT_EVERY:
            async with db.transaction() as tx:
                await repository.touch_api_key(tx, key.id, now)

    async def open_web_session(self, tx: AsyncConnection, user: User, device: str = "", address: str = "") -> str:
        """The secret for the cookie of a browser in which the user has signed in. `device` is what the browser calls
        itself. `account_disabled`."""
        check_enabled(user)
        now = self._clock.now()
        secret, ends = new_secret("mbw"), now + timedelta(seconds=WEB_SESSION_S)
        named = "".join(c for c in device if c.isprintable())[:DEVICE_MAX_CHARS]
        session = WebSession(new_id(), user.id, now, ends, now, named, address[:64])
        await repository.add_web_session(tx, fingerprint(secret), session)
        return secret

    async def user_of_web_session(self, tx: AsyncConnection, secret: str) -> User | None:
        """Who is signed in with this cookie."""
        found = await repository.web_session(tx, fingerprint(secret), self._clock.now())
        return found[0] if found else None

    async def web_session_id(self, tx: AsyncConnection, secret: str) -> str | None:
        """Which of the user's sign-ins this cookie is."""
        found = await repository.web_session(tx, fingerprint(secret), self._clock.now())
        return found[1] if found else None

    async def close_web_session(self, tx: AsyncConnection, secret: str) -> None:
        """Sign out."""
        await repository.remove_web_session(tx, fingerprint(secret))

    async def setup_token(self, tx: AsyncConnection) -> str | None:
        """A new secret for the link that creates the owner; None when there are users. Earlier links stop working."""
        if await repository.has_users(tx):
            return None
        secret = new_secret("mbs")
        await repository.replace_setup_token(tx, fingerprint(secret), self._clock.now())
        return secret

    async def can_set_up(self, tx: AsyncConnection, token: str) -> bool:
        """Whether the link may still be used: it is the latest one, and there are no users."""
        return not await repository.has_users(tx) and await repository.has_setup_token(tx, fingerprint(token))

    async def set_up(self, tx: AsyncConnection, token: str, email: str, password: str, display_name: str) -> User:
        """Create the owner and use the link up; `setup_link_invalid`, and all errors of `create_user`."""
        has_users = await repository.has_users(tx)
        if has_users or not await repository.take_setup_token(tx, fingerprint(token)):
            raise setup_link_invalid(has_users=has_users)
        return await self.create_user(tx, email, password, display_name)


def setup_link_invalid(*, has_users: bool) -> MinutebookError:
    """The link that creates the owner is used up, or not the newest."""
    message = "This link is not the newest. Start the server again: while nobody has an account, it prints a new one."
    if has_users:
        message = "This link was used: this server has its owner. Sign in, or ask the owner for an invitation."
    return MinutebookError(Kind.FORBIDDEN, "setup_link_invalid", message)


def check_enabled(user: User) -> None:
    """`account_disabled` for who may not get in any more."""
    if user.disabled_at is not None:
        message = "This account is disabled. Ask the owner of this server."
        raise MinutebookError(Kind.FORBIDDEN, "account_disabled", message)
