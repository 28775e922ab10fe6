"""What every page for somebody who is signed in has in common."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.access_log.model import Actor, Via
from minutebook.accounts.model import User
from minutebook.api.deps import ServicesOf, Standing, acts
from minutebook.api.errors import Failure
from minutebook.api.web.forms import SESSION_COOKIE, Visitor, form_token, keep_browser, kept_cookie
from minutebook.api.web.render import SIGN_IN_REQUIRED, page
from minutebook.errors import Kind, MinutebookError


async def signed_in(request: Request, visitor: Visitor) -> User:
    """Who is signed in; `sign_in_required` (pages lead to the sign-in) when nobody is."""
    if visitor is None:
        raise MinutebookError(Kind.UNAUTHENTICATED, SIGN_IN_REQUIRED, "Your sign-in has ended. Sign in and try again.")
    acts(request, Actor(visitor.id, Via.WEB))
    return visitor


SignedIn = Annotated[User, Depends(signed_in)]


async def _standing(request: Request, services: ServicesOf, user: SignedIn) -> Standing:
    secret = kept_cookie(request, SESSION_COOKIE)

    async def check(read: AsyncConnection) -> None:
        await signed_in(request, await services.accounts.user_of_web_session(read, secret or ""))

    return Standing(services, check)


SignInStanding = Annotated[Standing, Depends(_standing)]
"""Whether the sign-in that opened a stream still holds."""


def shown(
    request: Request, user: User, name: str, context: Mapping[str, object], *, failure: Failure | None = None
) -> Response:
    """A page, or a part of one, inside the frame."""
    common = {"user": user, "form_token": form_token(request), "here": request.url.path}
    return keep_browser(request, page(request, name, {**common, **context}, failure=failure))
