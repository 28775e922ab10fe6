"""Forms that only our own pages can send, and the cookies behind them."""

import re
from collections.abc import Mapping
from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.datastructures import FormData

from minutebook.accounts.model import WEB_SESSION_S, User
from minutebook.accounts.service import Accounts
from minutebook.accounts.sign_in import PLACE_KEPT_S
from minutebook.api.deps import AccountsOf, Db, base_url, client_address
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.ids import new_secret

if TYPE_CHECKING:
    from minutebook.wiring import Services

SESSION_COOKIE = "minutebook_session"
BROWSER_COOKIE = "minutebook_browser"
HOST_PREFIX = "__Host-"
"""Browsers take a cookie with this prefix only from this very host over https (RFC 6265bis, 4.1.3.2): a neighbour below
the same domain cannot plant one."""

FIELDS_MOST = 1000
"""Fields of a form: more than a page of a list has check boxes, or a voice has turns in three hours."""

_LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)


def kept_cookie(request: Request, name: str) -> str | None:
    """The value of one of our cookies."""
    return request.cookies.get(_full_name(request, name))


def local_path(text: str | None) -> str:
    """A path on this server to go on to; what a browser could take for another server becomes the start page."""
    return text if text and len(text) <= 8192 and _LOCAL_PATH.fullmatch(text) else "/"


def browser_secret(request: Request) -> str:
    """What tells this browser from others, signed in or not; made on first use, set by `keep_browser`."""
    if not hasattr(request.state, "browser_secret"):
        request.state.browser_secret = kept_cookie(request, BROWSER_COOKIE) or new_secret("mbb")
    secret: str = request.state.browser_secret
    return secret


def keep_browser(request: Request, response: Response) -> Response:
    """Set the browser's cookie when it has none; every page with a form goes through here."""
    if kept_cookie(request, BROWSER_COOKIE) != browser_secret(request):
        set_cookie(request, response, BROWSER_COOKIE, browser_secret(request), PLACE_KEPT_S)
    return response


def form_token(request: Request) -> str:
    """The value that a form of this browser must carry: its two cookies, signed by this server. A new sign-in makes
    older forms invalid."""
    services: Services = request.app.state.services
    return services.sealing.sign("form", f"{browser_secret(request)}|{kept_cookie(request, SESSION_COOKIE) or ''}")


def set_cookie(request: Request, response: Response, name: str, value: str, max_age_s: int | None) -> None:
    """A cookie for this server alone, out of reach of scripts and of other sites' forms."""
    secure = _is_secure(request)
    response.set_cookie(_full_name(request, name), value, max_age_s, httponly=True, samesite="lax", secure=secure)


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Have the browser forget one of our cookies."""
    response.delete_cookie(_full_name(request, name), httponly=True, samesite="lax", secure=_is_secure(request))


def _full_name(request: Request, name: str) -> str:
    return HOST_PREFIX + name if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    return base_url(request).startswith("https:")


async def posted_form(request: Request) -> Mapping[str, str]:
    """The text fields of a form that came from one of our own pages; `form_outdated` when it did not."""
    fields = text_fields(await request.form(max_files=0, max_fields=FIELDS_MOST))
    check_token(request, fields.get("form_token", ""))
    return fields


def check_token(request: Request, sent: str) -> None:
    """Refuse what no page of ours has sent from this browser: `form_outdated`."""
    if kept_cookie(request, BROWSER_COOKIE) is None or not compare_digest(sent.encode(), form_token(request).encode()):
        message = "This form is out of date, or cookies are switched off. Go back, reload the page, and try again."
        if _is_secure(request) and kept_cookie(request, BROWSER_COOKIE) is None and request.url.scheme == "http":
            message = "This server keeps sign-ins at its https address alone: open it there."
        raise MinutebookError(Kind.FORBIDDEN, "form_outdated", message)


def text_fields(form: FormData) -> dict[str, str]:
    """Field → value; of a repeated field the last one, of files nothing."""
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def several(request: Request, name: str) -> list[str]:
    """All values of a repeated field of a form that `posted_form` has accepted."""
    form = await request.form(max_files=0, max_fields=FIELDS_MOST)
    return [value for value in form.getlist(name) if isinstance(value, str)]


async def visitor(request: Request, db: Db, accounts: AccountsOf) -> User | None:
    """Who is signed in in this browser."""
    secret = kept_cookie(request, SESSION_COOKIE)
    if not secret:
        return None
    async with db.reading() as connection:
        return await accounts.user_of_web_session(connection, secret)


async def sign_in(request: Request, db: Db, accounts: AccountsOf, user: User, response: Response) -> Response:
    """Sign the user in with this answer: a new session, whatever the browser had before."""
    async with db.transaction() as tx:
        await open_session(request, accounts, response, tx, user)
    return response


async def open_session(
    request: Request, accounts: Accounts, response: Response, tx: AsyncConnection, user: User
) -> None:
    """As `sign_in`, in a transaction of the caller's."""
    if old := kept_cookie(request, SESSION_COOKIE):
        await accounts.close_web_session(tx, old)
    device = request.headers.get("user-agent", "")
    secret = await accounts.open_web_session(tx, user, device, client_address(request))
    set_cookie(request, response, SESSION_COOKIE, secret, WEB_SESSION_S)


PostedForm = Annotated[Mapping[str, str], Depends(posted_form)]
Visitor = Annotated[User | None, Depends(visitor)]
