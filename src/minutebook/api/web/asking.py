"""`/meetings/{id}/ask`: having analyses made anew, or another note."""

from fastapi import APIRouter, Request, Response

from minutebook.analysis.kinds import checked_types
from minutebook.analysis.model import DEFAULT_INSTRUCTION, AnalysisType
from minutebook.analysis.service import DEFAULT_OPTIONS, AnalysisRequest
from minutebook.api.deps import ServicesOf
from minutebook.api.web.answers import renewed
from minutebook.api.web.forms import PostedForm, several
from minutebook.api.web.frame import SignedIn
from minutebook.api.web.media import recording_of
from minutebook.sharing.model import Right

router = APIRouter(prefix="/meetings/{meeting_id}/ask", include_in_schema=False)


@router.post("")
async def ask(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str) -> Response:
    """Another note, as the form says: by a template, else by what matters to the reader."""
    template = form.get("template") or None
    wanted = AnalysisRequest(
        session_id=meeting_id,
        analysis_types=[AnalysisType.MEETING_NOTE],
        instruction=form.get("instruction", "").strip() or (None if template else DEFAULT_INSTRUCTION),
        meeting_type=form.get("meeting_type") or None,
        language=form.get("language") or None,
        template=template,
    )
    async with services.db.transaction() as tx:
        await recording_of(services, tx, user, meeting_id, Right.OWN)
        await services.analysis.request(tx, user.id, wanted)
    return await renewed(request, user, services, meeting_id)


@router.post("/anew")
async def anew(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, meeting_id: str) -> Response:
    """The named analyses once more, each as it was asked for before; those that were never made for the first time."""
    kinds = checked_types(await several(request, "type"))
    async with services.db.transaction() as tx:
        recording = await recording_of(services, tx, user, meeting_id, Right.CORRECT)
        before = await services.analysis.progress(tx, recording.owner_id, recording.id)
        asked = {report.type: report.options for report in before}
        for kind in kinds:
            await services.analysis.schedule_for(tx, recording, [kind], asked.get(kind, DEFAULT_OPTIONS))
    return await renewed(request, user, services, meeting_id)
