"""The part of Zoom that keeps recordings, as strict as the real one: scopes, pages, uuids that are encoded twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx

from support.calendars.provider import answer, file

RECORDING_SCOPES = (
    "user:read:user user:read:token cloud_recording:read:list_user_recordings "
    "cloud_recording:read:list_recording_files meeting:read:list_past_participants"
)
PAGE = 2
"""This Zoom gives pages of two, whatever it is asked for."""


@dataclass
class ZoomMeeting:
    """A meeting that was held. `files`: (type, status) of what was recorded; `data` is every file's content."""

    number: int
    uuid: str
    start: datetime
    topic: str = "Weekly"
    files: list[tuple[str, str]] = field(default_factory=lambda: [("MP4", "completed"), ("M4A", "completed")])
    people: list[dict[str, str]] = field(default_factory=list)
    data: bytes = b""

    def body(self) -> dict[str, Any]:
        ended = self.start + timedelta(minutes=30)
        rows = [
            {
                "id": f"file-{kind}-{self.number}",
                "meeting_id": self.uuid,
                "recording_start": f"{self.start:%Y-%m-%dT%H:%M:%SZ}",
                "recording_end": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
                "file_type": kind,
                "file_extension": kind,
                "file_size": len(self.data),
                "status": status,
                "recording_type": "audio_only" if kind == "M4A" else "shared_screen_with_speaker_view",
                **({"download_url": self.url(kind)} if status == "completed" else {}),
            }
            for kind, status in self.files
        ]
        return {
            "uuid": self.uuid,
            "id": self.number,
            "topic": self.topic,
            "start_time": f"{self.start:%Y-%m-%dT%H:%M:%SZ}",
            "duration": 30,
            "recording_count": len(rows),
            "recording_files": rows,
        }

    def url(self, kind: str) -> str:
        return f"https://us02web.zoom.us/rec/download/{kind}-{self.uuid.encode().hex()}"


def no_scope(scopes: str, wanted: str) -> httpx.Response | None:
    if wanted in scopes.split():
        return None
    return answer(400, {"code": 4711, "message": f"Invalid access token, does not contain scopes:[{wanted}]."})


def list_of_host(held: Sequence[ZoomMeeting], scopes: str, query: dict[str, list[str]]) -> httpx.Response:
    if (refused := no_scope(scopes, "cloud_recording:read:list_user_recordings")) is not None:
        return refused
    try:
        since, until = (date.fromisoformat(query[name][0]) for name in ("from", "to"))
    except (KeyError, ValueError):
        return answer(400, {"code": 300, "message": "Invalid date."})
    if until < since or until - since > timedelta(days=31):
        return answer(400, {"code": 300, "message": "The date range must be within a month."})
    found = [each.body() for each in held if since <= each.start.date() <= until and each.files]
    return _page("meetings", found, query)


def of_meeting(held: Sequence[ZoomMeeting], scopes: str, key: str) -> httpx.Response:
    """By its number: the latest that was held."""
    if (refused := no_scope(scopes, "cloud_recording:read:list_recording_files")) is not None:
        return refused
    found = sorted((each for each in held if str(each.number) == key), key=lambda each: each.start)
    if not found:
        return answer(404, {"code": 3001, "message": f"Meeting does not exist: {key}."})
    if not found[-1].files:
        return answer(404, {"code": 3301, "message": "There is no recording for this meeting."})
    return answer(200, found[-1].body())


def people(held: Sequence[ZoomMeeting], scopes: str, uuid: str, query: dict[str, list[str]]) -> httpx.Response:
    if (refused := no_scope(scopes, "meeting:read:list_past_participants")) is not None:
        return refused
    once = unquote(uuid)
    found = next((each for each in held if unquote(once) == each.uuid), None)
    if found is None or (("//" in found.uuid or found.uuid.startswith("/")) and "/" in once):
        return answer(404, {"code": 3001, "message": "Meeting does not exist."})
    return _page("participants", found.people, query)


def download(held: Sequence[ZoomMeeting], scopes: str, path: str) -> httpx.Response:
    for each in held:
        for kind, _ in each.files:
            if each.url(kind).endswith(path):
                # Zoom does not say what it is, and calls it anything.
                return file(each.data)
    return answer(404, {"code": 3303, "message": "You can not access this recording."})


def _page(name: str, rows: list[dict[str, Any]], query: dict[str, list[str]]) -> httpx.Response:
    token = query.get("next_page_token", [""])[0]
    if token and not token.startswith("page-"):
        return answer(400, {"code": 300, "message": "The next page token is invalid or expired."})
    begin = int(token.removeprefix("page-") or 0)
    following = f"page-{begin + PAGE}" if begin + PAGE < len(rows) else ""
    return answer(200, {name: rows[begin : begin + PAGE], "next_page_token": following, "page_size": PAGE})
