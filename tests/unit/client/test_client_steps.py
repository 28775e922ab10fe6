"""Conversations run the same, blocking or awaited."""

import pytest

from minutebook.client.errors import ServerError
from minutebook.client.sending.steps import Pause, Step, Steps, adrive, drive


def conversation(log: list[object]) -> Steps[str]:
    try:
        log.append((yield Pause(1.0)))
        try:
            yield Pause(2.0)
        except ServerError as error:
            log.append(error.message)
        return "done"
    finally:
        log.append("closed")


def perform(step: Step) -> str:
    assert isinstance(step, Pause)
    if step.seconds == 2.0:
        raise ServerError("broken")
    return "first"


async def perform_later(step: Step) -> str:
    return perform(step)


def test_outcomes_and_errors_reach_the_conversation() -> None:
    log: list[object] = []
    assert drive(conversation(log), perform) == "done"
    assert log == ["first", "broken", "closed"]


async def test_the_same_awaited() -> None:
    log: list[object] = []
    assert await adrive(conversation(log), perform_later) == "done"
    assert log == ["first", "broken", "closed"]


def test_a_foreign_error_closes_the_conversation() -> None:
    log: list[object] = []

    def interrupted(step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(conversation(log), interrupted)
    assert log == ["closed"]
