"""The v1 API's words for what the core says, entry by entry; and nobody but the dialect uses them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from minutebook.bots.model import Deletion, Failure
from minutebook.bots.states import StatusChange
from minutebook.bots.v1.codes import CHANGES, DELETIONS, ERRORS, StatusCode, code_of, moment
from minutebook.bots.v1.messages import status_of

SOURCES = Path(__file__).parents[4] / "src" / "minutebook"

FAILURES = {
    Failure.CANNOT_JOIN: ("CannotJoinMeeting", "meeting_error"),
    Failure.NOT_ADMITTED_IN_TIME: ("TimeoutWaitingToStart", "waiting_room_timeout"),
    Failure.NOT_ACCEPTED: ("BotNotAccepted", "bot_rejected"),
    Failure.REMOVED: ("BotRemoved", "bot_removed"),
    Failure.INVALID_URL: ("InvalidMeetingUrl", "invalid_meeting_url"),
    Failure.STOPPED: ("ApiRequest", "api_request_stop"),
    Failure.STREAMING: ("StreamingSetupFailed", "meeting_error"),
    Failure.INTERNAL: ("InternalError", "meeting_error"),
    Failure.SIGN_IN_REQUIRED: ("SignInRequired", "meeting_error"),
    Failure.PASSCODE_REQUIRED: ("PasscodeRequired", "invalid_meeting_url"),
    Failure.REGISTRATION_REQUIRED: ("RegistrationRequired", "meeting_error"),
    Failure.HOST_NOT_STARTED: ("WaitingForHostTimeout", "waiting_room_timeout"),
    Failure.BLOCKED: ("BlockedByPlatform", "meeting_error"),
    Failure.CAPTCHA: ("Captcha", "meeting_error"),
}


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_has_an_error_and_a_status(failure: Failure) -> None:
    assert (ERRORS[failure], code_of(StatusChange.FAILED, failure)) == FAILURES[failure]


def test_every_status_change_has_a_code_of_its_own() -> None:
    assert set(CHANGES) == set(StatusChange) - {StatusChange.FAILED}
    assert {change.value: code_of(change, None).value for change in CHANGES} == {
        "joining": "joining_call",
        "waiting_room": "in_waiting_room",
        "in_call": "in_call_not_recording",
        "recording": "in_call_recording",
        "paused": "recording_paused",
        "resumed": "recording_resumed",
        "ended": "call_ended",
    }
    assert {*CHANGES.values(), *(code_of(StatusChange.FAILED, failure) for failure in Failure)} == set(StatusCode)
    assert code_of(StatusChange.FAILED, None) is StatusCode.MEETING_ERROR


def test_every_deletion_has_a_word() -> None:
    assert DELETIONS == {
        Deletion.DELETED: "deleted",
        Deletion.PARTIALLY_DELETED: "partiallyDeleted",
        Deletion.ALREADY_DELETED: "alreadyDeleted",
        Deletion.NO_DATA_FOUND: "noDataFound",
    }


@pytest.mark.parametrize("change", StatusChange)
def test_the_body_of_a_status_change(change: StatusChange) -> None:
    at = datetime(2026, 3, 2, 9, 0, 4, 250_000, tzinfo=timezone(timedelta(hours=1)))
    status = status_of({"seq": 3, "change": change.value, "at": at.isoformat()})
    assert (status["code"], status["created_at"]) == (code_of(change, None), "2026-03-02T08:00:04.250Z")
    assert status.get("start_time") == (1772438404250 if change is StatusChange.RECORDING else None)
    assert set(status) <= {"code", "created_at", "start_time"}


@pytest.mark.parametrize("failure", Failure)
def test_the_body_of_a_failure_says_more_where_its_code_says_little(failure: Failure) -> None:
    payload = {"seq": 0, "change": "failed", "at": "2026-03-02T09:00:04Z", "failure": failure.value, "message": "No."}
    status = status_of(payload)
    error, code = FAILURES[failure]
    more = {"error_message": "No.", "error_type": error} if code == "meeting_error" else {}
    assert status == {"code": code, "created_at": "2026-03-02T09:00:04.000Z", **more}


def test_moments_are_utc_with_milliseconds() -> None:
    assert moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


# --- nobody else uses them -------------------------------------------------------------------------------------------

AT_HOME = ("bots/v1/", "api/baas/", "webhooks/", "db/migrations/versions/")
"""Where the dialect's words may stand. Migrations rewrite what earlier versions have stored."""

PLAIN = {"deleted"}
"""Words that are English as well."""

WORDS = sorted({*StatusCode, *ERRORS.values(), *DELETIONS.values()} - PLAIN)


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, str]:
    """All other sources and data files, by path."""
    files = [path for path in SOURCES.rglob("*") if path.suffix in {".py", ".js", ".toml", ".html"}]
    texts = {path.relative_to(SOURCES).as_posix(): path.read_text(encoding="utf-8") for path in files}
    return {path: text for path, text in texts.items() if not path.startswith(AT_HOME)}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_dialect_stands_nowhere_else(word: str, elsewhere: dict[str, str]) -> None:
    assert len(elsewhere) > 300
    pattern = re.compile(rf"(?<![\w-]){word}(?![\w-])")
    assert [path for path, text in elsewhere.items() if pattern.search(text)] == []


def test_the_core_mentions_no_dialect(elsewhere: dict[str, str]) -> None:
    core = {path: text for path, text in elsewhere.items() if path.startswith("bots/") and path.endswith(".py")}
    core = {
        path: re.sub(r"(/v[12]/url|\|v2/\?)", "", text) for path, text in core.items()
    }  # paths of other people's addresses
    assert len(core) > 60
    mentioned = re.compile(r"\bv[12]\b|meeting ?baas|bots\.v1", re.IGNORECASE)
    assert [path for path, text in core.items() if mentioned.search(text)] == []
