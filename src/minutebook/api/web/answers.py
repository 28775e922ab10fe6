"""What is answered to a change of a meeting: for scripts the renewed part of its page, else the way back to it."""

from collections.abc import Mapping

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import User
from minutebook.api.deps import ServicesOf
from minutebook.api.web.frame import shown
from minutebook.api.web.meeting import context_of
from minutebook.api.web.render import is_part


async def renewed(
    request: Request,
    user: User,
    services: ServicesOf,
    meeting_id: str,
    part: str = "parts/record.html",
    more: Mapping[str, object] | None = None,
) -> Response:
    """The part of the page that shows the change, which has been committed."""
    if not is_part(request):
        return RedirectResponse(f"/meetings/{meeting_id}", 303)
    context = {**await context_of(request, user, services, meeting_id), **(more or {})}
    return shown(request, user, part, context)
