"""`/api/recordings/{id}/events`: the reports' progress as server-sent events."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from minutebook.analysis.model import Report
from minutebook.api.deps import AnalysisCaller, ServicesOf, Standing, StandingOf
from minutebook.api.paxs.render import rendered_report
from minutebook.api.paxs.schemas import errors
from minutebook.errors import Kind, MinutebookError

if TYPE_CHECKING:
    from minutebook.wiring import Services

router = APIRouter(prefix="/api/recordings", tags=["analysis"])

HEARTBEAT_S: Final = 15.0
LONGEST_S: Final = 3600.0
"""After an hour a stream ends; a client that still wants it connects again."""

_STREAM = {
    "description": "`report` events with a report each, whenever one changes; `end` when all have ended.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


@router.get(
    "/{recording_id}/events",
    summary="Follow the progress",
    responses={200: _STREAM, **errors(404)},
    response_class=StreamingResponse,
)
async def events(
    caller: AnalysisCaller, services: ServicesOf, standing: StandingOf, recording_id: str
) -> StreamingResponse:
    """Server-sent events: `report` for each report at first and whenever one changes (without its content), `end`
    when all have ended, or with a reason: `removed` with the recording, `revoked` with the token. The data is JSON."""
    async with services.db.reading() as read:
        reports = await services.analysis.progress(read, caller.user_id, recording_id)
    return StreamingResponse(
        _stream(services, standing, recording_id, reports),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def _stream(
    services: "Services", standing: Standing, recording_id: str, reports: Sequence[Report]
) -> AsyncIterator[str]:
    begin = quiet_since = services.clock.now()
    told: dict[str, Report] = {}
    while True:
        for report in reports:
            if told.get(report.id) != report:
                told[report.id], quiet_since = report, services.clock.now()
                yield _event("report", rendered_report(report).model_dump_json(exclude={"report_content", "stale"}))
        if not any(report.status.is_active for report in reports):
            yield _event("end", "{}")
            return
        if (services.clock.now() - begin).total_seconds() > LONGEST_S:
            return
        if (services.clock.now() - quiet_since).total_seconds() >= HEARTBEAT_S:
            quiet_since = services.clock.now()
            yield ": still here\n\n"
        await services.watching.tick()
        if not await standing.holds():
            yield _event("end", '{"reason":"revoked"}')
            return
        found = await _seen_again(services, recording_id, reports)
        if found is None:
            yield _event("end", '{"reason":"removed"}')
            return
        reports = found


async def _seen_again(services: "Services", recording_id: str, before: Sequence[Report]) -> Sequence[Report] | None:
    """The reports as they are now; None when the recording is gone. In an outage there is nothing new to tell."""
    try:
        return (await services.watching.reports([recording_id])).get(recording_id)
    except MinutebookError as error:
        if error.kind is Kind.UNAVAILABLE:
            return before
        raise


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
