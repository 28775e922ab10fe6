"""`/api/analysis/request` and `/api/recordings/{id}/analysis`: having analyses made, and reading them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from minutebook.analysis.service import AnalysisRequest
from minutebook.api.deps import AnalysisCaller, RecordsOf, Tx
from minutebook.api.paxs.render import rendered_report
from minutebook.api.paxs.schemas import AnalysisIn, ReportOut, errors

router = APIRouter(tags=["analysis"])


@router.post("/api/analysis/request", status_code=202, summary="Request analyses", responses=errors(400, 404))
async def request(caller: AnalysisCaller, records: RecordsOf, body: AnalysisIn, tx: Tx) -> list[ReportOut]:
    """Have analyses made. What they depend on is added when it is missing or failed, and runs first. A completed type
    gets a new version; one that is being made is returned as it is."""
    wanted = AnalysisRequest(
        session_id=body.session_id,
        analysis_types=body.analysis_types,
        attachment_id=body.attachment_id,
        instruction=body.instruction,
        meeting_type=body.meeting_type,
        language=body.language,
        num_speakers=body.num_speakers,
        template=body.template,
    )
    return [rendered_report(report) for report in await records.analysis.request(tx, caller.user_id, wanted)]


@router.get("/api/recordings/{recording_id}/analysis", summary="Read analyses", responses=errors(400, 404))
async def reports(
    request: Request,
    caller: AnalysisCaller,
    records: RecordsOf,
    recording_id: str,
    session_id: Annotated[str | None, Query(description="The recording's session.")] = None,
    analysis_type: Annotated[str | None, Query(description="Only this type.")] = None,
) -> list[ReportOut]:
    """The newest version of each analysis of a recording. `report_content` is JSON as a string."""
    async with records.db.reading() as read:
        kept = await records.results.kept_reports(
            read, caller.user_id, recording_id, session_id=session_id, analysis_type=analysis_type
        )
    shown = await records.results.shown(kept)
    request.state.opened = [each.report.type.value for each in shown if each.content is not None]
    return [rendered_report(each.report, each.content, stale=each.stale) for each in shown]
