"""`/api/admin/users`: what the server's owner does with its users."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from minutebook.accounts.model import PASSWORD_LINK_S, User
from minutebook.api.deps import AccountCaller, AccountsOf, Db, OAuthOf, Read, ServicesOf, Tx, base_url
from minutebook.api.paxs.schemas import errors
from minutebook.errors import Kind, MinutebookError

router = APIRouter(prefix="/api/admin/users", tags=["administration"])

PASSWORD_PATH = "/password"  # noqa: S105 - a path
"""Where the link with which a new password is chosen leads."""


async def _owner(caller: AccountCaller, db: Db, accounts: AccountsOf) -> User:
    async with db.reading() as read:
        user = await accounts.user(read, caller.user_id)
    if not user.is_owner:
        raise MinutebookError(Kind.FORBIDDEN, "owner_only", "Only the owner of this server may do this.")
    return user


Owner = Annotated[User, Depends(_owner)]


class ManagedUserOut(BaseModel):
    """A user of this server."""

    id: str
    email: str
    display_name: str
    is_owner: bool
    created_at: datetime
    disabled_at: datetime | None


class PasswordLinkOut(BaseModel):
    """A link with which somebody chooses a new password, once."""

    url: str
    expires_in: int


class RemovedFileOut(BaseModel):
    """A recording that was removed."""

    id: str
    size: int
    sha256: str


class ReceiptOut(BaseModel):
    """What was removed with a user; `sha256` is that of the rest."""

    user_id: str
    email_sha256: str
    removed_at: str
    rows: dict[str, int]
    recordings: list[RemovedFileOut]
    recordings_bytes: int
    sha256: str


@router.get("", summary="List users", responses=errors())
async def users(_owner: Owner, read: Read, accounts: AccountsOf) -> list[ManagedUserOut]:
    """Everybody who may sign in here."""
    found = await accounts.management.users(read)
    return [ManagedUserOut.model_validate(user, from_attributes=True) for user in found]


@router.post("/{user_id}/disable", status_code=204, summary="Disable a user", responses=errors(404, 409))
async def disable(_owner: Owner, user_id: str, tx: Tx, accounts: AccountsOf, oauth: OAuthOf) -> None:
    """Let a user in nowhere any more: sign-ins and programs end, keys rest. What they own stays."""
    user = await accounts.user(tx, user_id)
    await accounts.management.disable(tx, user)
    await oauth.revoke_all(tx, user.id)


@router.post("/{user_id}/enable", status_code=204, summary="Enable a user", responses=errors(404))
async def enable(_owner: Owner, user_id: str, tx: Tx, accounts: AccountsOf) -> None:
    """Let a disabled user in again."""
    await accounts.management.enable(tx, await accounts.user(tx, user_id))


@router.post("/{user_id}/password-link", summary="Let a user choose a new password", responses=errors(404))
async def password_link(_owner: Owner, user_id: str, request: Request, tx: Tx, accounts: AccountsOf) -> PasswordLinkOut:
    """A link for this user; hand it over yourself. It works once, and earlier ones stop working."""
    secret = await accounts.management.password_link(tx, await accounts.user(tx, user_id))
    return PasswordLinkOut(url=f"{base_url(request)}{PASSWORD_PATH}?token={secret}", expires_in=PASSWORD_LINK_S)


@router.delete("/{user_id}", summary="Delete a user with all their data", responses=errors(404, 409))
async def remove(_owner: Owner, user_id: str, services: ServicesOf) -> ReceiptOut:
    """Meetings, recordings, files, reports, bots, keys, programs. The answer is the receipt."""
    return ReceiptOut.model_validate((await services.removal.remove_user(user_id)).document())
