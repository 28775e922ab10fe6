"""The first start: a one-time link creates the owner."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import PASSWORD_MIN_CHARS
from minutebook.accounts.service import setup_link_invalid
from minutebook.api.deps import AccountsOf, Db
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import PostedForm, form_token, keep_browser, sign_in
from minutebook.api.web.render import page
from minutebook.errors import Kind, MinutebookError

router = APIRouter(prefix="/setup", include_in_schema=False)


@router.get("")
async def setup_page(request: Request, db: Db, accounts: AccountsOf) -> Response:
    """The form, for who has the link."""
    token = request.query_params.get("token", "")
    async with db.reading() as connection:
        if not await accounts.can_set_up(connection, token):
            raise setup_link_invalid(has_users=await accounts.has_users(connection))
    return _form(request, {"token": token})


@router.post("")
async def set_up(request: Request, form: PostedForm, db: Db, accounts: AccountsOf) -> Response:
    """Create the owner and sign them in; show the form again when something in it cannot be accepted."""
    token, email, password, name = (form.get(field, "") for field in ("token", "email", "password", "display_name"))
    try:
        async with db.transaction() as tx:
            user = await accounts.set_up(tx, token, email, password, name)
    except MinutebookError as error:
        if error.kind is not Kind.INVALID:
            raise
        return _form(request, form, error)
    return await sign_in(request, db, accounts, user, RedirectResponse("/", 303))


def _form(request: Request, form: Mapping[str, str], error: MinutebookError | None = None) -> Response:
    context = {
        "token": form.get("token", ""),
        "email": form.get("email", ""),
        "display_name": form.get("display_name", ""),
        "password_min": PASSWORD_MIN_CHARS,
        "form_token": form_token(request),
    }
    return keep_browser(request, page(request, "setup.html", context, failure=failure_of(error) if error else None))
