"""`/settings/server`: what the owner of the server sees and decides: users, sign-in methods, storage and queue."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import User
from minutebook.api.deps import ServicesOf, Tx, base_url
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.origin import is_loopback
from minutebook.removal.model import Receipt
from minutebook.removal.overview import overview

router = APIRouter(prefix="/settings/server", include_in_schema=False)

PASSWORD_PATH = "/password"  # noqa: S105 - a path


async def _owner(user: SignedIn) -> User:
    if not user.is_owner:
        raise MinutebookError(Kind.FORBIDDEN, "owner_only", "Only the owner of this server may do this.")
    return user


Owner = Annotated[User, Depends(_owner)]


@router.get("")
async def server(request: Request, owner: Owner, services: ServicesOf) -> Response:
    """The page."""
    return await _page(request, owner, services)


@router.post("/users")
async def invite(request: Request, owner: Owner, form: PostedForm, services: ServicesOf) -> Response:
    """Make an account and show, this once, the link with which its user gets in."""
    try:
        async with services.db.transaction() as tx:
            management = services.accounts.management
            user, secret = await management.invite(tx, form.get("email", ""), form.get("display_name", ""))
    except MinutebookError as error:
        return await _page(request, owner, services, error=error, invited=form)
    return await _page(request, owner, services, link=_link(request, secret), of=user)


@router.post("/users/{user_id}/link")
async def link(request: Request, owner: Owner, form: PostedForm, services: ServicesOf, user_id: str) -> Response:
    """Another link with which a user chooses a password; earlier ones end."""
    async with services.db.transaction() as tx:
        user = await services.accounts.user(tx, user_id)
        secret = await services.accounts.management.password_link(tx, user)
    return await _page(request, owner, services, link=_link(request, secret), of=user)


@router.post("/users/{user_id}/disable")
async def disable(owner: Owner, form: PostedForm, services: ServicesOf, user_id: str, tx: Tx) -> Response:
    """Let a user in nowhere any more, or again."""
    user = await services.accounts.user(tx, user_id)
    if form.get("act") == "enable":
        await services.accounts.management.enable(tx, user)
    else:
        await services.accounts.management.disable(tx, user)
        await services.oauth.revoke_all(tx, user.id)
    return RedirectResponse("/settings/server#users", 303)


@router.post("/users/{user_id}/remove")
async def remove(request: Request, owner: Owner, form: PostedForm, services: ServicesOf, user_id: str) -> Response:
    """Delete a user with all that is theirs, whose address the form has to repeat; the page shows the receipt."""
    try:
        async with services.db.reading() as read:
            user = await services.accounts.user(read, user_id)
        if form.get("email", "").strip().casefold() != user.email.casefold():
            message = "Write the address of the user whom you delete."
            raise MinutebookError(Kind.INVALID, "email_differs", message, field=f"remove-{user.id}")
        receipt = await services.removal.remove_user(user.id)
    except MinutebookError as error:
        if error.kind is Kind.NOT_FOUND:
            raise
        return await _page(request, owner, services, error=error)
    return await _page(request, owner, services, receipt=receipt)


def _link(request: Request, secret: str) -> str:
    return f"{base_url(request)}{PASSWORD_PATH}?token={secret}"


async def _page(
    request: Request,
    owner: User,
    services: ServicesOf,
    *,
    error: MinutebookError | None = None,
    link: str = "",
    of: User | None = None,
    receipt: Receipt | None = None,
    invited: Mapping[str, str] | None = None,
) -> Response:
    async with services.db.reading() as read:
        context: Mapping[str, object] = {
            "users": await services.accounts.management.users(read),
            "overview": await overview(read),
            "sign_in_methods": services.oauth.sign_in_names,
            "callback": f"{base_url(request)}/sign-in/",
            "link": link,
            "of": of,
            "invited": {name: (invited or {}).get(name, "") for name in ("email", "display_name")},
            "leads_here_alone": is_loopback(base_url(request)),
            "receipt": receipt.document() if receipt else None,
        }
    return shown(request, owner, "server.html", context, failure=failure_of(error) if error else None)
