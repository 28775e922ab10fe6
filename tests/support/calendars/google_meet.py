"""Google Meet's records and the files in Drive, beside the calendar: paths, filters and errors as in Google's reference
(Meet API v2, Drive API v3; 2026-11). Strict about scopes, pages and parameters."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from support.calendars.google import FakeGoogle
from support.calendars.provider import answer, file

MEET = "https://www.googleapis.com/auth/meetings.space.readonly"
DRIVE = "https://www.googleapis.com/auth/drive.meet.readonly"
FILTER = re.compile(
    r'space\.meeting_code = "([a-z]{3}-[a-z]{4}-[a-z]{3})"(?: AND start_time>="(\S+)" AND start_time<="(\S+)")?'
)
PAGE = 2


@dataclass
class Conference:
    """A conference that was held. `state` and `files` are its recordings', `data` each one's content."""

    name: str
    code: str
    start: datetime
    files: list[str] = field(default_factory=list)
    state: str = "FILE_GENERATED"
    people: list[dict[str, Any]] = field(default_factory=list)
    data: bytes = b""

    def recordings(self) -> list[dict[str, Any]]:
        end = self.start + timedelta(minutes=30)
        times = {"startTime": f"{self.start:%Y-%m-%dT%H:%M:%SZ}", "endTime": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        place = {"exportUri": "https://drive.google.com/file/d/x/view"}
        made = self.state == "FILE_GENERATED"
        return [
            {
                "name": f"{self.name}/recordings/{each}",
                "state": self.state,
                **times,
                **({"driveDestination": {"file": each, **place}} if made else {}),
            }
            for each in self.files
        ]


class FakeGoogleMeet(FakeGoogle):
    """The Meet API at its own host, Drive beside the calendar. `gone` are files that were deleted."""

    meet_host = "meet.googleapis.com"
    hosts = frozenset({"www.googleapis.com", "oauth2.googleapis.com", meet_host})

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.held: list[Conference] = []
        self.scopes = {MEET, DRIVE}
        self.gone: set[str] = set()

    def api(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == self.meet_host:
            return self._answered(request, MEET, self._meet)
        if request.url.path.startswith("/drive/v3/"):
            return self._answered(request, DRIVE, self._drive)
        return super().api(request)

    def _answered(self, request: httpx.Request, scope: str, how: Any) -> httpx.Response:
        if self.caller(request) is None:
            return problem(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        if scope not in self.scopes:
            return problem(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.")
        if request.method != "GET":
            return problem(404, "NOT_FOUND", "Not found.")
        response: httpx.Response = how(request.url.path, dict(request.url.params))
        return response

    def _meet(self, path: str, params: dict[str, str]) -> httpx.Response:
        if path == "/v2/conferenceRecords":
            which = FILTER.fullmatch(params.pop("filter", ""))
            if which is None:
                return problem(400, "INVALID_ARGUMENT", "Invalid filter.")
            code, since, until = which.groups()
            found = [each for each in self.held if each.code == code]
            if since:
                bounds = [datetime.fromisoformat(each) for each in (since, until)]
                found = [each for each in found if bounds[0] <= each.start <= bounds[1]]
            found.sort(key=lambda each: each.start, reverse=True)
            return _page("conferenceRecords", [{"name": each.name} for each in found], params)
        conference = next((each for each in self.held if path.startswith(f"/v2/{each.name}/")), None)
        if conference is None:
            return problem(404, "NOT_FOUND", "Requested entity was not found.")
        lists = {"recordings": conference.recordings(), "participants": conference.people}
        name = path.rpartition("/")[2]
        return _page(name, lists[name], params)

    def _drive(self, path: str, params: dict[str, str]) -> httpx.Response:
        name = path.removeprefix("/drive/v3/files/")
        conference = next((each for each in self.held if name in each.files), None)
        if conference is None or name in self.gone:
            return problem(404, "NOT_FOUND", f"File not found: {name}.")
        if params.get("supportsAllDrives") != "true":
            return problem(404, "NOT_FOUND", f"File not found: {name}.")
        if params.get("alt") == "media":
            return file(conference.data, "video/mp4")
        assert params["fields"] == "name,size"
        return answer(200, {"name": f"Weekly {name}", "size": str(len(conference.data))})


def problem(status: int, name: str, message: str) -> httpx.Response:
    return answer(status, {"error": {"code": status, "message": message, "status": name}})


def _page(name: str, rows: list[dict[str, Any]], params: dict[str, str]) -> httpx.Response:
    if not params.keys() <= {"pageSize", "pageToken"}:
        return problem(400, "INVALID_ARGUMENT", "Invalid parameter.")
    begin = int(params.get("pageToken", "0"))
    body: dict[str, Any] = {name: rows[begin : begin + PAGE]} if rows else {}
    return answer(200, {**body, **({"nextPageToken": str(begin + PAGE)} if begin + PAGE < len(rows) else {})})
