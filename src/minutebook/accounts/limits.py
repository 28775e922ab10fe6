"""How often something may be tried: fixed windows, counted in the database so that all processes share them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts import repository
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint

STALE_AFTER_S = 24 * 3600
"""Longer than any window."""


@dataclass(frozen=True, slots=True)
class RateRule:
    """At most `limit` tries per `window_s` seconds and subject."""

    name: str
    limit: int
    window_s: int

    def window(self, now: datetime) -> datetime:
        """When the window that `now` lies in began."""
        return datetime.fromtimestamp(int(now.timestamp()) // self.window_s * self.window_s, UTC)


async def count_try(tx: AsyncConnection, clock: Clock, tries: Sequence[tuple[RateRule, str]]) -> None:
    """Count one try under each rule and subject; `rate_limited` (with the seconds to wait) when one is exhausted.

    A refused try need not be kept, so the caller's transaction may roll back.
    """
    now = clock.now()
    for rule, subject in tries:
        begin = rule.window(now)
        if not await repository.count_try(tx, _key(rule, subject), begin, rule.limit):
            wait_s = (begin + timedelta(seconds=rule.window_s) - now).total_seconds()
            raise MinutebookError(
                Kind.RATE_LIMITED,
                "rate_limited",
                "Too many attempts. Wait a little, then try again.",
                retryable=True,
                retry_after_s=max(1.0, wait_s),
            )


async def is_exhausted(tx: AsyncConnection, clock: Clock, rule: RateRule, subject: str) -> bool:
    """Count one try without refusing it; whether there were more than the rule allows."""
    return not await repository.count_try(tx, _key(rule, subject), rule.window(clock.now()), rule.limit)


async def forget_tries(tx: AsyncConnection, rule: RateRule, subjects: Sequence[str]) -> None:
    """Start counting anew, because the subjects have proved themselves."""
    await repository.forget_tries(tx, [_key(rule, subject) for subject in subjects])


async def forget_stale_tries(tx: AsyncConnection, clock: Clock) -> None:
    """Remove counts whose windows are long over."""
    await repository.remove_tries_before(tx, clock.now() - timedelta(seconds=STALE_AFTER_S))


def _key(rule: RateRule, subject: str) -> str:
    return fingerprint(f"{rule.name}:{subject}")
