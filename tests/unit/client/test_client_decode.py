"""Replies become values, or errors that say what happened."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.client import (
    AnalysisType,
    BadRequest,
    Forbidden,
    NotAuthenticated,
    NotFound,
    PaxsError,
    RateLimited,
    ReportStatus,
    ServerError,
    TooLarge,
)
from minutebook.client.protocol import decode
from minutebook.client.protocol.request import Reply
from minutebook.errors import Kind

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SHAPES = [decode.tokens, decode.user, decode.recording, decode.meeting, decode.meetings, decode.reports]


def reply(body: object, status: int = 200) -> Reply:
    return Reply(status, {"x-request-id": "r1"}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, BadRequest, Kind.INVALID),
        (401, NotAuthenticated, Kind.UNAUTHENTICATED),
        (403, Forbidden, Kind.FORBIDDEN),
        (404, NotFound, Kind.NOT_FOUND),
        (409, BadRequest, Kind.INVALID),
        (413, TooLarge, Kind.TOO_LARGE),
        (429, RateLimited, Kind.RATE_LIMITED),
        (500, ServerError, Kind.UNAVAILABLE),
        (302, ServerError, Kind.UNAVAILABLE),
    ],
)
def test_each_status_has_its_error(status: int, error: type[PaxsError], kind: Kind) -> None:
    body = {"error": {"code": "some_code", "message": "It went wrong.", "field": "title"}}
    made = decode.error_of(reply(body, status))
    assert type(made) is error
    assert (made.kind, made.code, made.field, made.request_id, made.status) == (
        kind,
        "some_code",
        "title",
        "r1",
        status,
    )


def test_oauth_s_errors_are_read_too() -> None:
    made = decode.error_of(reply({"error": "invalid_grant", "error_description": "Too old."}, 400))
    assert (made.code, made.message) == ("invalid_grant", "Too old.")


@given(anything, st.integers(300, 599))
def test_whatever_the_body_an_error_is_a_sentence(body: object, status: int) -> None:
    made = decode.error_of(reply(body, status))
    assert made.message
    assert made.code


def test_a_body_that_is_no_json_is_still_a_sentence() -> None:
    made = decode.error_of(Reply(502, {}, b"<html>Bad gateway</html>"))
    assert (made.code, made.status) == ("http_502", 502)
    assert "502" in made.message


@given(st.sampled_from(SHAPES), anything)
def test_whatever_a_server_answers_is_a_value_or_the_server_s_error(shape: object, body: object) -> None:
    with suppress(ServerError):
        decode.reading(shape)(reply(body))  # type: ignore[arg-type]


def test_reports_of_unknown_types_are_passed_over() -> None:
    known = {"id": "1", "recording_id": "2", "analysis_type": "key_points", "status": "pending"}
    found = decode.reports([known, known | {"analysis_type": "horoscope"}])
    assert [(report.analysis_type, report.status) for report in found] == [
        (AnalysisType.KEY_POINTS, ReportStatus.PENDING)
    ]


def test_a_transcription_s_segments_carry_names() -> None:
    content = {
        "content": {
            "transcription": {
                "summary": "s",
                "speakers": [{"id": "speaker_1", "name": "Ada"}],
                "segments": [{"speaker": "speaker_1", "start": 0, "end": 1, "text": "Hello"}],
            }
        }
    }
    body = {
        "id": "1",
        "analysis_type": "transcription",
        "status": "completed",
        "report_content": json.dumps(content),
    }
    [report] = decode.reports([body])
    assert report.transcription.segments[0].speaker == "Ada"
    assert report.markdown == ""
    assert report.key_points == ()
