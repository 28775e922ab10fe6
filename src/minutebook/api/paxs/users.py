"""`/api/users`: who am I."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from minutebook.api.deps import AccountsOf, Read, UserCaller
from minutebook.api.paxs.schemas import errors

router = APIRouter(prefix="/api/users", tags=["users"])


class UserOut(BaseModel):
    """A user."""

    id: str
    email: str
    display_name: str
    created_at: datetime


@router.get("/me", summary="Who am I", responses=errors())
async def me(caller: UserCaller, read: Read, accounts: AccountsOf) -> UserOut:
    """The signed-in user."""
    user = await accounts.user(read, caller.user_id)
    return UserOut(id=user.id, email=user.email, display_name=user.display_name, created_at=user.created_at)
