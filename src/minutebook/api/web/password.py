"""Choosing a new password with a one-time link."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import PASSWORD_MIN_CHARS, User
from minutebook.accounts.service import Accounts
from minutebook.api.deps import AccountsOf, Db
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import PostedForm, form_token, keep_browser, sign_in
from minutebook.api.web.render import page
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError

router = APIRouter(prefix="/password", include_in_schema=False)


@router.get("")
async def password_page(request: Request, db: Db, accounts: AccountsOf) -> Response:
    """The form, for who has the link."""
    token = request.query_params.get("token", "")
    return _form(request, await _whose(db, accounts, token), token)


@router.post("")
async def choose(request: Request, form: PostedForm, db: Db, accounts: AccountsOf) -> Response:
    """Use the link up, and sign in who has it."""
    token = form.get("token", "")
    user = await _whose(db, accounts, token)
    try:
        user = await accounts.management.reset_password(db, token, form.get("password", ""))
    except MinutebookError as error:
        if error.kind is not Kind.INVALID:
            raise
        return _form(request, user, token, error)
    return await sign_in(request, db, accounts, user, RedirectResponse("/", 303))


async def _whose(db: Database, accounts: Accounts, token: str) -> User:
    """`password_link_invalid`."""
    async with db.reading() as read:
        return await accounts.management.user_of_password_link(read, token)


def _form(request: Request, user: User, token: str, error: MinutebookError | None = None) -> Response:
    context = {
        "token": token,
        "of": user,
        "password_min": PASSWORD_MIN_CHARS,
        "form_token": form_token(request),
    }
    return keep_browser(request, page(request, "password.html", context, failure=failure_of(error) if error else None))
