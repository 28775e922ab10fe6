"""`/my/bots/{id}/recordings`: what the organiser recorded of a bot's call at its platform, brought here by a button."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.accounts.model import User
from minutebook.api.deps import ServicesOf
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.errors import MinutebookError

router = APIRouter(prefix="/my/bots/{bot_id}/recordings", include_in_schema=False)


@router.get("")
async def recordings(request: Request, user: SignedIn, services: ServicesOf, bot_id: str) -> Response:
    """The recordings that the connected accounts can read, or why there are none."""
    return await _page(request, user, services, bot_id)


@router.post("")
async def bring(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, bot_id: str) -> Response:
    """Import one of them and go on to its meeting; the answer comes when it is here."""
    platform, wanted = await services.imports.wanted_of_bot(user.id, bot_id)
    try:
        brought = await services.imports.bring(user.id, platform, wanted, form.get("recording", ""), bot_id=bot_id)
    except MinutebookError as error:
        return await _page(request, user, services, bot_id, error)
    return RedirectResponse(f"/meetings/{brought.imported.meeting_id}", 303)


async def _page(
    request: Request, user: User, services: ServicesOf, bot_id: str, error: MinutebookError | None = None
) -> Response:
    platform, wanted = await services.imports.wanted_of_bot(user.id, bot_id)
    listed = None
    try:
        listed = await services.imports.look(user.id, platform, wanted)
    except MinutebookError as failed:
        error = error or failed
    context: Mapping[str, object] = {"bot_id": bot_id, "url": wanted.url, "listed": listed}
    failure = failure_of(error) if error else None
    return shown(request, user, "call_recordings.html", context, failure=failure)
