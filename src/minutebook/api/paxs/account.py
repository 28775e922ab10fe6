"""`/api/account`: what a person has given away (keys, sign-ins, programs) and their password."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from minutebook.accounts.management import Management
from minutebook.accounts.model import ApiKey
from minutebook.api.bodies import Body
from minutebook.api.deps import AccountCaller, AccountsOf, Db, MediaCaller, OAuthOf, Read, ServicesOf, Tx
from minutebook.api.paxs.schemas import errors

router = APIRouter(tags=["account"])


async def _management(accounts: AccountsOf) -> Management:
    return accounts.management


ManagementOf = Annotated[Management, Depends(_management)]


class KeyIn(Body):
    """A key to be made."""

    name: str = Field("", examples=["Scheduler"])
    expires_at: AwareDatetime | None = None


class KeyOut(BaseModel):
    """A key; its secret is shown when it is made, and never again."""

    id: str
    name: str
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewKeyOut(KeyOut):
    """A key that was just made, with its secret."""

    secret: str


class SignInOut(BaseModel):
    """A browser in which the user is signed in."""

    id: str
    device: str
    address: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class ProgramOut(BaseModel):
    """A program that the user has let in."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class PasswordIn(Body):
    """The present password and the new one."""

    current: str = Field(max_length=4096)
    new: str = Field(max_length=4096)


class AccessOut(BaseModel):
    """Who did what with a recording: `via` is `web`, `program`, `api_key` or `link`."""

    at: datetime
    action: str
    detail: str
    via: str
    label: str
    actor_id: str | None


@router.get("/api/account/keys", summary="List API keys", responses=errors())
async def keys(caller: AccountCaller, read: Read, management: ManagementOf) -> list[KeyOut]:
    """Your API keys, the newest first."""
    return [_key(key) for key in await management.api_keys(read, caller.user_id)]


@router.post("/api/account/keys", status_code=201, summary="Make an API key", responses=errors(400))
async def make_key(
    caller: AccountCaller, body: KeyIn, tx: Tx, accounts: AccountsOf, management: ManagementOf
) -> NewKeyOut:
    """A new key of the Meeting BaaS API. Its secret is in this answer alone."""
    user = await accounts.user(tx, caller.user_id)
    key, secret = await management.create_api_key(tx, user, body.name, body.expires_at)
    return NewKeyOut(**_key(key).model_dump(), secret=secret)


@router.delete("/api/account/keys/{key_id}", status_code=204, summary="Revoke an API key", responses=errors(404))
async def revoke_key(caller: AccountCaller, key_id: str, tx: Tx, management: ManagementOf) -> None:
    """It opens nothing any more."""
    await management.revoke_api_key(tx, caller.user_id, key_id)


@router.get("/api/account/sign-ins", summary="List sign-ins", responses=errors())
async def sign_ins(caller: AccountCaller, read: Read, management: ManagementOf) -> list[SignInOut]:
    """The browsers in which you are signed in."""
    found = await management.sessions(read, caller.user_id)
    return [SignInOut.model_validate(session, from_attributes=True) for session in found]


@router.delete("/api/account/sign-ins/{sign_in_id}", status_code=204, summary="End a sign-in", responses=errors(404))
async def end_sign_in(caller: AccountCaller, sign_in_id: str, tx: Tx, management: ManagementOf) -> None:
    """Sign a browser out."""
    await management.end_session(tx, caller.user_id, sign_in_id)


@router.get("/api/account/programs", summary="List programs", responses=errors())
async def programs(caller: AccountCaller, read: Read, oauth: OAuthOf) -> list[ProgramOut]:
    """The programs that you have let in, with what they may do."""
    return [
        ProgramOut(
            id=program.id,
            name=program.name,
            scopes=program.scope.split(),
            created_at=program.created_at,
            expires_at=program.ends_at,
            last_used_at=program.last_used_at,
        )
        for program in await oauth.programs(read, caller.user_id)
    ]


@router.delete("/api/account/programs/{program_id}", status_code=204, summary="Revoke a program", responses=errors(404))
async def revoke_program(caller: AccountCaller, program_id: str, tx: Tx, oauth: OAuthOf) -> None:
    """All its tokens end, open streams within 30 seconds."""
    await oauth.revoke_program(tx, caller.user_id, program_id)


@router.post("/api/account/password", status_code=204, summary="Change the password", responses=errors(400))
async def change_password(
    caller: AccountCaller, body: PasswordIn, db: Db, accounts: AccountsOf, management: ManagementOf
) -> None:
    """Choose another password; all browsers are signed out."""
    async with db.reading() as read:
        user = await accounts.user(read, caller.user_id)
    await management.change_password(db, user, body.current, body.new)


@router.get("/api/recordings/{recording_id}/access", summary="Who had access", responses=errors(404))
async def accesses(caller: MediaCaller, services: ServicesOf, recording_id: str, read: Read) -> list[AccessOut]:
    """Who read, played or took away a recording of yours, the newest first."""
    recording = await services.recordings.get(read, caller.user_id, recording_id)
    found = await services.access_log.of_recording(read, caller.user_id, recording.id)
    return [AccessOut.model_validate(access, from_attributes=True) for access in found]


def _key(key: ApiKey) -> KeyOut:
    return KeyOut.model_validate(key, from_attributes=True)
