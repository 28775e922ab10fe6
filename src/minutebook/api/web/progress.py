"""`/events`: how far the work on meetings has come, as server-sent events: one stream for all of a page."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from babel.support import NullTranslations
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from minutebook.analysis.model import AnalysisType, Report, ReportStatus
from minutebook.api.deps import ServicesOf, Standing
from minutebook.api.web.frame import SignedIn, SignInStanding
from minutebook.api.web.languages import words_of
from minutebook.library.model import Entry, Status

if TYPE_CHECKING:
    from minutebook.wiring import Services

router = APIRouter(include_in_schema=False)

LOOK_EVERY_S: Final = 1.0
HEARTBEAT_S: Final = 15.0
LONGEST_S: Final = 3600.0
"""After an hour a stream ends; a page that still wants it connects again."""
FOLLOWED_MOST: Final = 100

SHARES: Final[Mapping[AnalysisType, float]] = {
    AnalysisType.TRANSCRIPTION: 0.9,
    AnalysisType.MEETING_NOTE: 0.04,
    AnalysisType.KEY_POINTS: 0.03,
    AnalysisType.SENTIMENT: 0.03,
}
"""How much of the whole each analysis is for somebody who waits."""


@dataclass(frozen=True, slots=True)
class MeetingProgress:
    """How far a meeting is: `fraction` of all its work, from 0 to 1, and what is being done."""

    meeting_id: str
    status: Status
    fraction: float
    words: str

    def event(self) -> str:
        """As a server-sent event."""
        told = {
            "id": self.meeting_id,
            "status": self.status,
            "fraction": round(self.fraction, 3),
            "words": self.words,
        }
        return f"event: meeting\ndata: {json.dumps(told)}\n\n"


@router.get("/events")
async def events(
    request: Request,
    user: SignedIn,
    services: ServicesOf,
    standing: SignInStanding,
    meeting: Annotated[list[str], Query()],
) -> StreamingResponse:
    """`meeting` for each meeting at first and whenever something changes, `end` when all of them have ended."""
    return StreamingResponse(
        _stream(services, standing, user.id, meeting[:FOLLOWED_MOST], words_of(request)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def _stream(
    services: "Services", standing: Standing, user_id: str, ids: Sequence[str], words: NullTranslations
) -> AsyncIterator[str]:
    begin = quiet_since = services.clock.now()
    told: dict[str, MeetingProgress] = {}
    while True:
        now = await _progress(services, user_id, ids, words)
        for each in now:
            if told.get(each.meeting_id) != each:
                told[each.meeting_id], quiet_since = each, services.clock.now()
                yield each.event()
        if all(each.status is not Status.PROCESSING for each in now):
            yield "event: end\ndata: {}\n\n"
            return
        if (services.clock.now() - begin).total_seconds() > LONGEST_S:
            return
        if (services.clock.now() - quiet_since).total_seconds() >= HEARTBEAT_S:
            quiet_since = services.clock.now()
            yield ": still here\n\n"
        await services.clock.sleep(LOOK_EVERY_S)
        if not await standing.holds():
            yield "event: end\ndata: {}\n\n"
            return


async def _progress(
    services: "Services", user_id: str, ids: Sequence[str], words: NullTranslations
) -> list[MeetingProgress]:
    async with services.db.reading() as read:
        entries = await services.library.entries(read, await services.sharing.readable(read, user_id, ids))
        return [await progress_of(services, read, entry, words) for entry in entries]


async def progress_of(services: "Services", read: Any, entry: Entry, words: NullTranslations) -> MeetingProgress:
    """How far the work on a meeting is."""
    reports: Sequence[Report] = ()
    if entry.recording is not None and entry.status is Status.PROCESSING:
        reports = await services.analysis.progress(read, entry.meeting.owner_id, entry.recording.id)
    fraction = sum(SHARES[report.type] * _done(report) for report in reports)
    active = next((report for report in reports if report.status is ReportStatus.PROCESSING), None)
    return MeetingProgress(entry.meeting.id, entry.status, fraction, _said(active, words))


def _done(report: Report) -> float:
    return report.progress.fraction if report.status.is_active else 1.0


def _said(report: Report | None, words: NullTranslations) -> str:
    _ = words.gettext
    if report is None:
        return _("Waiting")
    if report.waiting is not None:
        since = f"{report.waiting.since:%Y-%m-%d %H:%M} UTC"
        return _("Waiting since %(since)s: %(why)s") % {"since": since, "why": report.waiting.message}
    match report.type:
        case AnalysisType.TRANSCRIPTION:
            stages = {
                "decoding": _("Reading the recording"),
                "telling voices apart": _("Telling voices apart"),
                "transcribing": _("Writing down what was said"),
            }
            return stages.get(report.progress.stage, _("Transcribing"))
        case AnalysisType.MEETING_NOTE:
            return _("Writing the note")
        case AnalysisType.KEY_POINTS:
            return _("Finding the key points")
        case _:
            return _("Reading the mood")
