"""How a step is tried and how its outcome is remembered: as JSON, failures included, so that a task that is run again
takes the same way it took before."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.outages import outage_of
from minutebook.jobs.ports import Json, PutOffError, StepFailedError
from minutebook.kit.backoff import Backoff

logger = logging.getLogger(__name__)

BETWEEN_ATTEMPTS = Backoff(first_s=0.5, factor=3.0, longest_s=30.0)
Sleep = Callable[[float], Awaitable[None]]


async def attempt_step(
    name: str,
    step: Callable[[], Awaitable[Json]],
    attempts: int,
    sleep: Sleep = asyncio.sleep,
    *,
    patient: bool = False,
) -> dict[str, Json]:
    """Run a step up to `attempts` times and describe the outcome. A `MinutebookError` that is not retryable is final
    at once, other exceptions are defects. An outage is no attempt for the `patient`: `PutOffError`."""
    for attempt in range(1, attempts + 1):
        try:
            return {"result": await step()}
        except Exception as error:  # whatever a step raises ends as its outcome; the log keeps the traceback
            outage = outage_of(error)
            if outage is not None and patient:
                raise PutOffError(outage) from error
            failure, final = _told(name, outage or error, attempt, attempts)
        if final or attempt == attempts:
            return {"error": _error_to_json(failure)}
        await sleep(BETWEEN_ATTEMPTS.delay_s(attempt))
    raise ValueError(f"step {name} asks for {attempts} attempts; it takes one at least")


def _told(name: str, error: Exception, attempt: int, attempts: int) -> tuple[MinutebookError, bool]:
    """The failure of an attempt, and whether it is final."""
    if isinstance(error, MinutebookError):
        return error, not error.retryable
    logger.exception("step %s failed (attempt %d of %d)", name, attempt, attempts)
    return _unexpected(name, error), False


def outcome_of(recorded: dict[str, Json]) -> Json:
    """What a step returned, or raise the `MinutebookError` that it ended with."""
    error = recorded.get("error")
    if isinstance(error, dict):
        raise _error_from_json(error)
    return recorded["result"]


def _unexpected(name: str, error: Exception) -> MinutebookError:
    return MinutebookError(
        Kind.UNAVAILABLE,
        "internal_error",
        f"The step {name!r} failed unexpectedly ({type(error).__name__}). The server's log says more.",
    )


def _error_to_json(error: MinutebookError) -> dict[str, Json]:
    return {
        "kind": error.kind.value,
        "code": error.code,
        "message": error.message,
        "field": error.field,
        "retryable": error.retryable,
        "retry_after_s": error.retry_after_s,
    }


def _error_from_json(error: dict[str, Json]) -> StepFailedError:
    field, after = error["field"], error["retry_after_s"]
    return StepFailedError(
        Kind(str(error["kind"])),
        str(error["code"]),
        str(error["message"]),
        field=field if isinstance(field, str) else None,
        retryable=bool(error["retryable"]),
        retry_after_s=float(after) if isinstance(after, int | float) else None,
    )
