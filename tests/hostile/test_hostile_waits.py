"""`Retry-After` of any length: a number of twenty digits is a long wait, no error and no eternity."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from minutebook.client.protocol.retry import retry_after
from minutebook.speech.engines import openai
from minutebook.speech.providers import http
from minutebook.webhooks.rules import retry_after_s

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("told", ["9" * 20, "9" * 500, "86401"])
def test_a_long_wait_is_capped(told: str) -> None:
    answer = httpx.Response(429, headers={"Retry-After": told})
    waits = [retry_after(answer.headers), openai._retry_after(answer), http._retry_after(answer)]
    assert all(wait == 24 * 3600 for wait in waits)
    asked = retry_after_s(told, NOW)
    assert asked is not None
    assert NOW + timedelta(seconds=asked) > NOW


@pytest.mark.parametrize("told", ["", "²", "-1", "1e9", "soon", "Fri, 31 Dec 99999 23:59:59 GMT"])
def test_what_is_no_wait_is_none(told: str) -> None:
    answer = httpx.Response(429, headers=[(b"Retry-After", told.encode())])
    assert [retry_after(answer.headers), openai._retry_after(answer), http._retry_after(answer)] == [None] * 3
