"""Signing in and out, by password or through another service."""

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.api.deps import AccountsOf, Db, OAuthOf, base_url, client_address
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import (
    SESSION_COOKIE,
    PostedForm,
    browser_secret,
    drop_cookie,
    form_token,
    keep_browser,
    kept_cookie,
    local_path,
    open_session,
    sign_in,
)
from minutebook.api.web.render import page
from minutebook.errors import MinutebookError
from minutebook.oauth.service import OAuth

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def sign_in_page(request: Request, oauth: OAuthOf, db: Db, accounts: AccountsOf) -> Response:
    """The form for e-mail and password."""
    next_path = local_path(request.query_params.get("next"))
    async with db.reading() as connection:
        has_users = await accounts.has_users(connection)
    return _form(request, oauth, {"next": next_path}, has_users=has_users)


@router.post("/sign-in")
async def sign_in_by_password(
    request: Request, form: PostedForm, db: Db, accounts: AccountsOf, oauth: OAuthOf
) -> Response:
    """Check e-mail and password; show the form again when they are wrong."""
    response = RedirectResponse(local_path(form.get("next")), 303)
    email, password, address = form.get("email", ""), form.get("password", ""), client_address(request)
    opened = partial(open_session, request, accounts, response)
    try:
        await accounts.authenticate(db, email, password, address, browser_secret(request), then=opened)
    except MinutebookError as error:
        return _form(request, oauth, form, error=error)
    return response


def _form(
    request: Request,
    oauth: OAuth,
    form: Mapping[str, str],
    *,
    error: MinutebookError | None = None,
    has_users: bool = True,
) -> Response:
    context = {
        "next": local_path(form.get("next")),
        "email": form.get("email", ""),
        "elsewhere": oauth.sign_in_names,
        "has_users": has_users,
        "form_token": form_token(request),
    }
    return keep_browser(request, page(request, "sign_in.html", context, failure=failure_of(error) if error else None))


@router.post("/sign-out")
async def sign_out(request: Request, form: PostedForm, db: Db, accounts: AccountsOf) -> Response:
    """End the session, then go on to where the form says."""
    if secret := kept_cookie(request, SESSION_COOKIE):
        async with db.transaction() as tx:
            await accounts.close_web_session(tx, secret)
    response = RedirectResponse(local_path(form.get("next")), 303)
    drop_cookie(request, response, SESSION_COOKIE)
    return response


@router.get("/sign-in/{name}")
async def sign_in_elsewhere(request: Request, name: str, db: Db, oauth: OAuthOf) -> Response:
    """Off to Google, or to the server's OpenID provider."""
    next_path = local_path(request.query_params.get("next"))
    callback = f"{base_url(request)}/sign-in/{name}/callback"
    sign_in_at = oauth.sign_in_at(name)
    location = await sign_in_at.begin(db, callback, next_path, browser_secret(request), client_address(request))
    return keep_browser(request, RedirectResponse(location, 302))


@router.get("/sign-in/{name}/callback")
async def back_from_elsewhere(request: Request, name: str, db: Db, accounts: AccountsOf, oauth: OAuthOf) -> Response:
    """Back from there."""
    answer = dict(request.query_params)
    user, next_path = await oauth.sign_in_at(name).complete(db, answer, browser_secret(request))
    return await sign_in(request, db, accounts, user, RedirectResponse(next_path, 303))
