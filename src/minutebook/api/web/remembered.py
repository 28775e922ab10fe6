"""Remembered voices for people: in the settings, and in the dialog that names a voice."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from minutebook.api.deps import ServicesOf, Tx
from minutebook.api.web.answers import renewed
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn
from minutebook.api.web.media import recording_of
from minutebook.errors import invalid
from minutebook.sharing.model import Right

router = APIRouter(include_in_schema=False)


@router.post("/settings/voices")
async def switch(user: SignedIn, form: PostedForm, services: ServicesOf, tx: Tx) -> Response:
    """Remember voices, or forget all of them."""
    on = form.get("remembering") == "on"
    await services.remembering.switch(tx, user.id, on=on)
    return RedirectResponse(f"/settings?done={'remembering' if on else 'forgotten-all'}#voices", 303)


@router.post("/settings/voices/{voice_id}/forget")
async def forget(user: SignedIn, form: PostedForm, services: ServicesOf, voice_id: str, tx: Tx) -> Response:
    """Forget a voice; the receipt is on the page."""
    await services.remembering.forget(tx, user.id, voice_id)
    return RedirectResponse("/settings?done=forgotten#voices", 303)


@router.post("/meetings/{meeting_id}/speaker/remember")
async def remember(
    request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str
) -> Response:
    """Remember a voice of the user's own meeting, with how the person agreed."""
    async with services.db.transaction() as tx:
        recording = await recording_of(services, tx, user, meeting_id, Right.OWN)
        if form.get("agreed") != "on":
            message = "A voice is remembered only of somebody who agreed to it. Tick that they did."
            raise invalid("consent_required", message, "agreed")
        speaker = form.get("speaker", "")
        await services.remembering.remember(tx, user, recording.id, speaker, form.get("consent", ""))
    return await renewed(request, user, services, meeting_id)
