"""When a call is repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.client.errors import ConnectionFailed
from minutebook.client.protocol.request import IDEMPOTENCY_KEY, Lost, Reply, Request
from minutebook.client.protocol.retry import RetryPolicy, retry_after

GET = Request("GET", "/x")
POST = Request("POST", "/x")
KEYED = Request("POST", "/x", headers={IDEMPOTENCY_KEY: "k"})
POLICY = RetryPolicy()
TRANSIENT = (429, 502, 503, 504)
requests = st.sampled_from([GET, POST, KEYED, Request("DELETE", "/x"), Request("PATCH", "/x")])


def reply(status: int, **headers: str) -> Reply:
    return Reply(status, headers, b"")


@given(
    requests,
    st.integers(200, 599).filter(lambda status: status not in TRANSIENT),
    st.integers(1, 9),
    st.floats(0, 1, exclude_max=True),
)
def test_no_other_status_is_ever_repeated(request: Request, status: int, attempt: int, chance: float) -> None:
    assert POLICY.delay(request, reply(status), attempt, chance) is None


@given(st.sampled_from([POST, Request("PATCH", "/x")]), st.sampled_from([502, 503, 504]), st.integers(1, 9))
def test_calls_with_effects_are_never_repeated_after_a_server_s_failure(
    request: Request, status: int, attempt: int
) -> None:
    assert POLICY.delay(request, reply(status), attempt, 0.5) is None


@given(st.sampled_from([GET, KEYED]), st.sampled_from(TRANSIENT), st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_delays_grow_within_bounds_and_end(request: Request, status: int, attempt: int, chance: float) -> None:
    delay = POLICY.delay(request, reply(status), attempt, chance)
    if attempt >= POLICY.attempts:
        assert delay is None
    else:
        assert delay is not None
        assert 0 <= delay <= min(POLICY.first_s * POLICY.factor ** (attempt - 1), POLICY.longest_s)


def test_a_connection_that_was_never_made_is_tried_again_whatever_the_call() -> None:
    error = ConnectionFailed("x")
    assert POLICY.delay(POST, Lost(error, reached=False), 1, 1.0) == 0.5
    assert POLICY.delay(POST, Lost(error, reached=True), 1, 1.0) is None
    assert POLICY.delay(GET, Lost(error, reached=True), 1, 1.0) == 0.5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": " 0 "}, 0.0),
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:30 GMT", "date": "Mon, 02 Mar 2026 09:00:00 GMT"}, 30.0),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:30 -0000", "date": "Mon, 02 Mar 2026 09:00:00 GMT"}, 30.0),
        ({"retry-after": "Mon, 02 Mar 2026 08:00:00 GMT", "date": "Mon, 02 Mar 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:30 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
