"""When a call is sent again, and after how long. Pure: an outcome comes in, a delay or None goes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from minutebook.client.protocol.request import Lost, Reply, Request

LONGEST_ASKED_S = 24 * 3600.0
"""A longer wait is not believed."""
_TRANSIENT = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter (Marc Brooker, "Exponential Backoff And Jitter", 2015).

    `attempts` counts the first one. A server that asks for more than `longest_s` is not waited for.
    """

    attempts: int = 4
    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 60.0

    def delay(self, request: Request, outcome: Reply | Lost, attempt: int, chance: float) -> float | None:
        """Seconds to wait before attempt `attempt + 1`, or None to give up; `chance` is random in [0, 1)."""
        if attempt >= self.attempts or not _may_repeat(request, outcome):
            return None
        asked = retry_after(outcome.headers) if isinstance(outcome, Reply) else None
        if asked is not None:
            return asked if asked <= self.longest_s else None
        return min(self.first_s * self.factor ** (attempt - 1), self.longest_s) * chance


def _may_repeat(request: Request, outcome: Reply | Lost) -> bool:
    if isinstance(outcome, Lost):
        return request.idempotent or not outcome.reached
    # A 429 refuses the call before anything is done, so that even a call with effects may be repeated.
    return outcome.status == 429 or (outcome.status in _TRANSIENT and request.idempotent)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for (RFC 9110, 10.2.3); a date counts from the reply's own `Date`."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_ASKED_S)
    until, now = _http_date(value), _http_date(headers.get("date", ""))
    return min(max(0.0, (until - now).total_seconds()), LONGEST_ASKED_S) if until and now else None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
