"""Replies → values or errors. Tolerant of fields it does not know, strict about those it needs."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from minutebook.client.errors import (
    BadRequest,
    Forbidden,
    NotAuthenticated,
    NotFound,
    PaxsError,
    RateLimited,
    ServerError,
    TooLarge,
)
from minutebook.client.model import (
    AnalysisType,
    Attendee,
    ChatLine,
    Command,
    Edit,
    Found,
    FoundMeeting,
    Hit,
    Meeting,
    Page,
    Recording,
    Report,
    ReportError,
    ReportStatus,
    Speaker,
    Tokens,
    User,
    Waiting,
)
from minutebook.client.protocol.request import Reply
from minutebook.client.protocol.retry import retry_after

T = TypeVar("T")

_BY_STATUS: dict[int, type[PaxsError]] = {
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    413: TooLarge,
    429: RateLimited,
}


def error_of(reply: Reply) -> PaxsError:
    """The error that an unsuccessful reply stands for."""
    said = _said(reply)
    kind = _BY_STATUS.get(reply.status) or (BadRequest if 400 <= reply.status < 500 else ServerError)
    if reply.status < 400:
        said["message"] = "The server sent the client elsewhere; give the address it really answers at."
    return kind(
        said.get("message") or f"The server answered with status {reply.status} and no explanation.",
        code=said.get("code") or f"http_{reply.status}",
        field=said.get("field"),
        request_id=reply.headers.get("x-request-id"),
        status=reply.status,
        retry_after_s=retry_after(reply.headers),
    )


def _said(reply: Reply) -> dict[str, str]:
    """Code, message and field of both error dialects: the API's own, and OAuth's (RFC 6749, 5.2)."""
    try:
        body = json.loads(reply.body)
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, str):
        return {"code": error, "message": str(body.get("error_description") or f"The server refused: {error}.")}
    return {key: str(value) for key, value in error.items() if value is not None} if isinstance(error, dict) else {}


def reading(shape: Callable[[Any], T]) -> Callable[[Reply], T]:
    """Read a reply's JSON through `shape`; an answer that does not fit is the server's error, with a sentence."""

    def parse(reply: Reply) -> T:
        try:
            return shape(json.loads(reply.body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ServerError(
                "The server's answer is not what the protocol describes; is this the address of a PAXS server?",
                code="unexpected_answer",
                status=reply.status,
                request_id=reply.headers.get("x-request-id"),
            ) from error

    return parse


def nothing(reply: Reply) -> None:
    """For replies whose success is all they say."""


def mapping(body: Mapping[str, Any]) -> Mapping[str, object]:
    return dict(body)


def tokens(body: Mapping[str, Any]) -> Tokens:
    return Tokens(str(body["access_token"]), str(body.get("refresh_token") or ""))


def command(body: Mapping[str, Any]) -> Command:
    return Command(str(body["id"]), str(body["kind"]), str(body["state"]), body.get("message"))


def chat(body: Mapping[str, Any]) -> tuple[ChatLine, ...]:
    return tuple(ChatLine(float(row["at_s"]), str(row["author"]), str(row["text"])) for row in body["lines"])


def user(body: Mapping[str, Any]) -> User:
    return User(
        str(body["id"]),
        str(body["email"]),
        str(body.get("display_name") or body["email"]),
        _moment(body.get("created_at")),
    )


def recording(body: Mapping[str, Any]) -> Recording:
    return Recording(
        id=str(body["id"]),
        session_id=str(body.get("session_id") or ""),
        filename=str(body.get("filename") or ""),
        content_type=body.get("content_type"),
        size=body.get("size"),
        duration_s=body.get("duration_s"),
        sha256=body.get("sha256"),
        status=body.get("status"),
        created_at=_moment(body.get("created_at")),
    )


def meeting(body: Mapping[str, Any]) -> Meeting:
    attached = body.get("recording")
    return Meeting(
        id=str(body["id"]),
        title=str(body.get("title") or ""),
        description=body.get("description"),
        attendees=tuple(_attendee(person) for person in body.get("attendees") or ()),
        status=body.get("status"),
        recording=recording(attached) if attached else None,
        created_at=_moment(body.get("created_at")),
        updated_at=_moment(body.get("updated_at")),
    )


def meetings(body: Mapping[str, Any]) -> Page[Meeting]:
    items = tuple(meeting(item) for item in body["items"])
    return Page(items, int(body.get("page") or 1), int(body.get("page_size") or len(items)), int(body["total"]))


def found(body: Mapping[str, Any]) -> Found:
    read_as = {word: tuple(words) for word, words in (body.get("read_as") or {}).items()}
    items = tuple(_found_meeting(item) for item in body["items"])
    return Found(items, body.get("next_cursor"), read_as, tuple(body.get("left_out") or ()))


def _found_meeting(body: Mapping[str, Any]) -> FoundMeeting:
    return FoundMeeting(
        session_id=str(body["session_id"]),
        title=str(body["title"]),
        created_at=datetime.fromisoformat(body["created_at"]),
        hits=tuple(_hit(hit) for hit in body["hits"]),
        more=int(body.get("more") or 0),
    )


def _hit(body: Mapping[str, Any]) -> Hit:
    snippet = tuple((str(part["text"]), bool(part["found"])) for part in body.get("snippet") or ())
    return Hit(str(body["part"]), str(body["text"]), body.get("speaker"), body.get("start_s"), snippet)


def reports(body: list[Mapping[str, Any]]) -> tuple[Report, ...]:
    """Reports of the types that this client knows; a server may have more."""
    known = set(AnalysisType)
    return tuple(_report(item) for item in body if item["analysis_type"] in known)


def _report(body: Mapping[str, Any]) -> Report:
    error = body.get("error")
    return Report(
        id=str(body["id"]),
        recording_id=str(body.get("recording_id") or ""),
        analysis_type=AnalysisType(body["analysis_type"]),
        status=ReportStatus(body["status"]),
        version=int(body.get("version") or 1),
        progress=body.get("progress"),
        report_content=body.get("report_content"),
        error=_report_error(error) if error else None,
        waiting=_waiting(body.get("waiting")),
        created_at=_moment(body.get("created_at")),
        updated_at=_moment(body.get("updated_at")),
    )


def _waiting(waiting: Any) -> Waiting | None:
    if not isinstance(waiting, Mapping):
        return None
    return Waiting(str(waiting.get("code")), str(waiting.get("message")), _moment(waiting.get("since")))


def _report_error(error: Any) -> ReportError:
    if not isinstance(error, Mapping):
        return ReportError("failed", str(error))
    message = str(error.get("message") or "The server gave no reason.")
    return ReportError(str(error.get("code") or "failed"), message, bool(error.get("retryable")))


def speakers(body: Mapping[str, Any]) -> tuple[Speaker, ...]:
    return tuple(
        Speaker(voice["id"], voice["name"], voice.get("talk_time_s"), voice.get("attendee"))
        for voice in body["speakers"]
    )


def edits(body: Mapping[str, Any]) -> tuple[Edit, ...]:
    return tuple(edit(each) for each in body["edits"])


def edit(body: Mapping[str, Any]) -> Edit:
    return Edit(
        body["id"], body["kind"], body["change"], _moment(body.get("created_at")), _moment(body.get("undone_at"))
    )


def _attendee(person: Mapping[str, Any]) -> Attendee:
    return Attendee(
        email=str(person.get("email") or ""),
        display_name=str(person.get("displayName") or person.get("display_name") or ""),
        role=str(person.get("role") or "Unknown"),
        source=str(person.get("source") or "manual"),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
