"""A step is tried as often as it asks for, and its outcome is remembered as JSON."""

import json

import pytest

from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.ports import Json
from minutebook.jobs.steps import attempt_step, outcome_of


class Clock:
    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Step:
    """Raises what it is given, one after the other, then returns."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def __call__(self) -> Json:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return {"n": [1, None]}


async def test_a_result() -> None:
    recorded = await attempt_step("s", Step(), 1)
    assert outcome_of(json.loads(json.dumps(recorded))) == {"n": [1, None]}


async def test_weather_passes() -> None:
    clock, step = Clock(), Step(OSError(), MinutebookError(Kind.UNAVAILABLE, "busy", "Busy.", retryable=True))
    assert outcome_of(await attempt_step("s", step, 3, clock.sleep)) == {"n": [1, None]}
    assert clock.slept == [0.5, 1.5]


async def test_attempts_are_counted() -> None:
    clock, step = Clock(), Step(*[OSError("very secret")] * 9)
    recorded = await attempt_step("decode", step, 2, clock.sleep)
    with pytest.raises(MinutebookError, match=r"'decode' failed unexpectedly \(OSError\)"):
        outcome_of(recorded)
    assert (step.calls, clock.slept) == (2, [0.5])
    assert "very secret" not in json.dumps(recorded)


async def test_final_errors_are_final() -> None:
    step = Step(MinutebookError(Kind.INVALID, "media_empty", "Nothing in it.", field="file"))
    recorded = json.loads(json.dumps(await attempt_step("s", step, 5, Clock().sleep)))
    with pytest.raises(MinutebookError) as caught:
        outcome_of(recorded)
    assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.INVALID, "media_empty", "file")
    assert (step.calls, caught.value.retryable, caught.value.retry_after_s) == (1, False, None)


async def test_no_attempts_make_no_sense() -> None:
    with pytest.raises(ValueError, match="at least"):
        await attempt_step("s", Step(), 0)
