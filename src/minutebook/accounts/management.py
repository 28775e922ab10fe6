"""What people do with what they gave away: keys, sign-ins, passwords; and what the owner does with users."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts import repository
from minutebook.accounts.model import (
    API_KEY_PREFIX,
    KEY_NAME_MAX_CHARS,
    PASSWORD_LINK_S,
    ApiKey,
    User,
    WebSession,
    checked_display_name,
    checked_email,
    checked_password,
    email_taken,
)
from minutebook.accounts.passwords import Passwords
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_id, new_secret
from minutebook.kit.text import clean_line


class Management:
    """Everything here is of one user; whoever calls has checked that it is theirs to manage."""

    def __init__(self, clock: Clock, passwords: Passwords) -> None:
        self._clock = clock
        self._passwords = passwords

    async def create_api_key(
        self, tx: AsyncConnection, user: User, name: str = "", expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is shown once and not kept. `expires_at_past`, `text_too_long`."""
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise invalid("expires_at_past", "A key must expire in the future.", "expires_at")
        secret, name = new_secret(API_KEY_PREFIX), clean_line(name, "name", at_most=KEY_NAME_MAX_CHARS)
        key = ApiKey(new_id(), user.id, secret[:12], now, name, expires_at)
        await repository.add_api_key(tx, key, fingerprint(secret))
        return key, secret

    async def api_keys(self, tx: AsyncConnection, user_id: str) -> list[ApiKey]:
        """The user's keys, the newest first."""
        return await repository.api_keys_of(tx, user_id)

    async def revoke_api_key(self, tx: AsyncConnection, user_id: str, key_id: str) -> None:
        """End a key; `api_key_not_found`."""
        if not await repository.remove_api_key(tx, user_id, key_id):
            raise not_found("api_key", key_id)

    async def sessions(self, tx: AsyncConnection, user_id: str) -> list[WebSession]:
        """The browsers in which the user is signed in, the newest first."""
        return await repository.web_sessions_of(tx, user_id, self._clock.now())

    async def end_session(self, tx: AsyncConnection, user_id: str, session_id: str) -> None:
        """Sign a browser out; `sign_in_not_found`."""
        if not await repository.remove_web_session_by_id(tx, user_id, session_id):
            raise not_found("sign_in", session_id)

    async def change_password(
        self, db: Database, user: User, current: str, new: str, *, session_id: str | None = None
    ) -> None:
        """Choose another password, knowing the present one; all browsers but this one are signed out.
        Errors: `password_wrong`, `password_too_short`, `password_too_long`, `sign_in_busy`."""
        checked_password(new)
        async with db.reading() as tx:
            stored = await repository.password_hash_of(tx, user.id)
        if not await self._passwords.matches(stored, current):
            raise MinutebookError(Kind.FORBIDDEN, "password_wrong", "The present password is wrong.", field="current")
        new_hash = await self._passwords.hash(new)
        async with db.transaction() as tx:
            await repository.set_password_hash(tx, user.id, new_hash)
            await repository.remove_web_sessions(tx, user.id, but=session_id)

    async def password_link(self, tx: AsyncConnection, user: User) -> str:
        """The secret of a link with which this user chooses a new password: once, within a day. Earlier links end."""
        secret = new_secret("mbp")
        ends = self._clock.now() + timedelta(seconds=PASSWORD_LINK_S)
        await repository.replace_password_link(tx, user.id, fingerprint(secret), ends)
        return secret

    async def invite(self, tx: AsyncConnection, email: str, display_name: str) -> tuple[User, str]:
        """A new user, and the secret of the link with which they choose their password, see `password_link`. Nobody
        knows a password of theirs before that. `email_invalid`, `email_taken`, `display_name_required`,
        `display_name_invalid`."""
        email, name = checked_email(email), checked_display_name(display_name)
        user = User(new_id(), email, name, False, self._clock.now())
        if not await repository.add_user(tx, user, await self._passwords.hash(new_secret("mbn"))):
            raise email_taken(email)
        return user, await self.password_link(tx, user)

    async def user_of_password_link(self, tx: AsyncConnection, secret: str) -> User:
        """Whose link this is; `password_link_invalid`."""
        found = await repository.user_of_password_link(tx, fingerprint(secret), self._clock.now())
        if found is None:
            raise _password_link_invalid()
        return found

    async def reset_password(self, db: Database, secret: str, new: str) -> User:
        """Use a link up: the password is the new one, all browsers are signed out. `password_link_invalid`, and the
        errors of `checked_password`."""
        checked_password(new)
        async with db.reading() as tx:
            await self.user_of_password_link(tx, secret)
        new_hash = await self._passwords.hash(new)
        async with db.transaction() as tx:
            user = await self.user_of_password_link(tx, secret)
            if not await repository.take_password_link(tx, fingerprint(secret)):
                raise _password_link_invalid()
            await repository.set_password_hash(tx, user.id, new_hash)
            await repository.remove_web_sessions(tx, user.id)
        return user

    async def users(self, tx: AsyncConnection) -> list[User]:
        """Everybody, in the order in which they came."""
        return await repository.all_users(tx)

    async def disable(self, tx: AsyncConnection, user: User) -> None:
        """Let a user in nowhere any more: sign-ins end, keys rest. What they own stays. `owner_stays`. The programs of
        the user are `oauth`'s to revoke."""
        check_not_owner(user)
        await repository.set_disabled(tx, user.id, self._clock.now())
        await repository.remove_web_sessions(tx, user.id)

    async def enable(self, tx: AsyncConnection, user: User) -> None:
        """Let a disabled user in again; their keys work again."""
        await repository.set_disabled(tx, user.id, None)


def check_not_owner(user: User) -> None:
    """`owner_stays` for the one who can neither be disabled nor deleted: nobody could undo it."""
    if user.is_owner:
        message = "The owner of the server can be neither disabled nor deleted."
        raise MinutebookError(Kind.CONFLICT, "owner_stays", message)


def _password_link_invalid() -> MinutebookError:
    message = "This link has expired or was used before. Sign in, or ask the server's owner for a new one."
    return MinutebookError(Kind.FORBIDDEN, "password_link_invalid", message)
