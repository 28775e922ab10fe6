"""Choosing a new password with a one-time link."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import PASSWORD_MIN_CHARS
from minutebook.api.deps import AccountsOf, Db
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import PostedForm, form_token, keep_browser
from minutebook.api.web.render import page
from minutebook.errors import Kind, MinutebookError

router = APIRouter(prefix="/password", include_in_schema=False)


@router.get("")
async def password_page(request: Request, db: Db, accounts: AccountsOf) -> Response:
    """The form, for who has the link."""
    token = request.query_params.get("token", "")
    async with db.reading() as read:
        await accounts.management.user_of_password_link(read, token)
    return _form(request, {"token": token})


@router.post("")
async def choose(request: Request, form: PostedForm, db: Db, accounts: AccountsOf) -> Response:
    """Use the link up, and have the person sign in with what they chose."""
    try:
        await accounts.management.reset_password(db, form.get("token", ""), form.get("password", ""))
    except MinutebookError as error:
        if error.kind is not Kind.INVALID:
            raise
        return _form(request, form, error)
    return RedirectResponse("/sign-in", 303)


def _form(request: Request, form: Mapping[str, str], error: MinutebookError | None = None) -> Response:
    context = {
        "token": form.get("token", ""),
        "password_min": PASSWORD_MIN_CHARS,
        "form_token": form_token(request),
    }
    return keep_browser(request, page(request, "password.html", context, failure=failure_of(error) if error else None))
