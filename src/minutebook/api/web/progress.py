"""`/events`: how far the work on meetings has come, as server-sent events: one stream for all of a page."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from gettext import NullTranslations
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from minutebook.analysis.model import AnalysisType, Report, ReportStatus
from minutebook.analysis.watching import Seen
from minutebook.api.deps import RECHECK_S, ServicesOf, Standing
from minutebook.api.web.frame import SignedIn, SignInStanding
from minutebook.api.web.languages import words_of
from minutebook.errors import Kind, MinutebookError
from minutebook.library.model import Entry, Status

if TYPE_CHECKING:
    from minutebook.wiring import Services

router = APIRouter(include_in_schema=False)

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
    looks = _Looks(services, user_id, ids, words)
    while True:
        now = await looks.progress()
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
        await services.watching.tick()
        if not await standing.holds():
            yield "event: end\ndata: {}\n\n"
            return


class _Looks:
    """What a stream sees of its meetings. All of it is read only when their reports have changed, or after a while:
    somebody may have taken back what they shared."""

    def __init__(self, services: "Services", user_id: str, ids: Sequence[str], words: NullTranslations) -> None:
        self._services, self._user_id, self._ids, self._words = services, user_id, ids, words
        self._recordings: list[str] = []
        self._seen: Seen = {}
        self._found: list[MeetingProgress] | None = None
        self._read_at = services.clock.now()

    async def progress(self) -> list[MeetingProgress]:
        """How far the work on those that may be seen is. In an outage there is nothing new to tell."""
        try:
            return await self._look()
        except MinutebookError as error:
            if error.kind is Kind.UNAVAILABLE and self._found is not None:
                return self._found
            raise

    async def _look(self) -> list[MeetingProgress]:
        seen = await self._services.watching.reports(self._recordings) if self._recordings else {}
        age_s = (self._services.clock.now() - self._read_at).total_seconds()
        if self._found is None or seen != self._seen or age_s >= RECHECK_S:
            self._found = await self._read()
            self._read_at, self._seen = self._services.clock.now(), seen
        return self._found

    async def _read(self) -> list[MeetingProgress]:
        services = self._services
        async with services.db.reading() as read:
            meetings = await services.sharing.readable(read, self._user_id, self._ids)
            entries = await services.library.entries(read, meetings)
            self._recordings = [entry.recording.id for entry in entries if entry.recording is not None]
            return [await progress_of(services, read, entry, self._words) for entry in entries]


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
