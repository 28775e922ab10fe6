"""Teams meetings of Microsoft Graph beside the calendar: resources by its published types (see `graph`), paths, filters
and scopes by its reference (onlineMeetings, recordings, attendance reports; v1.0). Strict about all of them."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx

from support.calendars.graph import FACTS, FakeGraph, error, not_found, stamp
from support.calendars.provider import answer, file

MEETINGS, RECORDINGS, PEOPLE = (
    "OnlineMeetings.Read",
    "OnlineMeetingRecording.Read.All",
    "OnlineMeetingArtifact.Read.All",
)
FILTER = re.compile(r"(JoinWebUrl|joinMeetingIdSettings/joinMeetingId) eq '([^']+)'")
PAGE = 2


@dataclass
class TeamsMeeting:
    """A meeting, its recordings by the time at which they were begun (30 minutes each), and who was there."""

    key: str
    url: str
    number: str
    recordings: list[datetime] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    data: bytes = b""


class FakeGraphMeetings(FakeGraph):
    """`consented`: what the account's owner consented to; a token is asked for with no more than that."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.meetings: list[TeamsMeeting] = []
        self.consented = {"offline_access", "Calendars.Read", MEETINGS, RECORDINGS, PEOPLE}
        self.granted: dict[str, set[str]] = {}

    def token(self, request: httpx.Request) -> httpx.Response:
        asked = set(dict(parse_qsl(request.content.decode())).get("scope", "").split())
        if not asked <= self.consented:
            text = "AADSTS65001: The user or administrator has not consented to use the application."
            return answer(400, {"error": "invalid_grant", "suberror": "consent_required", "error_description": text})
        said = super().token(request)
        if said.status_code == 200:
            self.granted[said.json()["access_token"]] = asked
        return said

    def api(self, request: httpx.Request) -> httpx.Response:
        parts = [unquote(part) for part in request.url.raw_path.decode().split("?")[0].split("/")][2:]
        if parts[:2] != ["me", "onlineMeetings"]:
            return super().api(request)
        if self.caller(request) is None:
            return error(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        scope = {"recordings": RECORDINGS, "attendanceReports": PEOPLE}.get(
            parts[3] if len(parts) > 3 else "", MEETINGS
        )
        token = request.headers["authorization"].removeprefix("Bearer ")
        if scope not in self.granted.get(token, set()):
            return error(403, "Forbidden", "Application does not have permission to perform this action.")
        params = dict(request.url.params)
        if request.method != "GET":
            return not_found()
        return self._listed(request, params) if len(parts) == 2 else self._inside(request, parts[2:], params)

    def _listed(self, request: httpx.Request, params: dict[str, str]) -> httpx.Response:
        which = FILTER.fullmatch(params.pop("$filter", ""))
        if which is None or params:
            return error(400, "BadRequest", "Only filters by join address or number are supported.")
        place = "url" if which[1] == "JoinWebUrl" else "number"
        found = [each for each in self.meetings if getattr(each, place) == which[2]]
        return answer(200, {"value": [checked("onlineMeeting", meeting_of(each)) for each in found]})

    def _inside(self, request: httpx.Request, parts: list[str], params: dict[str, str]) -> httpx.Response:
        meeting = next((each for each in self.meetings if each.key == parts[0]), None)
        if meeting is None:
            return not_found()
        match parts[1:]:
            case ["recordings"]:
                return self._page(request, "callRecording", recordings_of(meeting), params)
            case ["recordings", key, "content"] if key in {each["id"] for each in recordings_of(meeting)}:
                return file(meeting.data, "application/octet-stream")
            case ["attendanceReports"]:
                return self._page(request, "meetingAttendanceReport", reports_of(meeting), params)
            case ["attendanceReports", key, "attendanceRecords"] if key in {each["id"] for each in reports_of(meeting)}:
                return self._page(request, "attendanceRecord", meeting.people, params)
        return not_found()

    def _page(
        self, request: httpx.Request, kind: str, rows: list[dict[str, Any]], params: dict[str, str]
    ) -> httpx.Response:
        begin = int(params.pop("$skiptoken", "0"))
        if params:
            return error(400, "BadRequest", f"Unsupported {sorted(params)}")
        body: dict[str, Any] = {"value": [checked(kind, each) for each in rows[begin : begin + PAGE]]}
        if begin + PAGE < len(rows):
            body["@odata.nextLink"] = str(request.url.copy_with(params={"$skiptoken": str(begin + PAGE)}))
        return answer(200, body)


def checked(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    unknown = row.keys() - set(FACTS[kind])
    assert not unknown, unknown
    return row


def meeting_of(meeting: TeamsMeeting) -> dict[str, Any]:
    settings = {"joinMeetingId": meeting.number, "isPasscodeRequired": True}
    return {"id": meeting.key, "subject": "Weekly", "joinWebUrl": meeting.url, "joinMeetingIdSettings": settings}


def recordings_of(meeting: TeamsMeeting) -> list[dict[str, Any]]:
    return [
        {
            "id": f"recording-{number}",
            "meetingId": meeting.key,
            "createdDateTime": stamp(start),
            "endDateTime": stamp(start + timedelta(minutes=30)),
            "recordingContentUrl": f"https://graph.microsoft.com/v1.0/$metadata#recording-{number}",
        }
        for number, start in enumerate(meeting.recordings)
    ]


def reports_of(meeting: TeamsMeeting) -> list[dict[str, Any]]:
    return [
        {
            "id": f"report-{number}",
            "meetingStartDateTime": stamp(start - timedelta(minutes=5)),
            "meetingEndDateTime": stamp(start + timedelta(minutes=40)),
            "totalParticipantCount": len(meeting.people),
        }
        for number, start in enumerate(meeting.recordings)
    ]
