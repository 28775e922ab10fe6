"""How a bot stands, in the terms of the v1 API's dashboards: type, category, priority. Pure, as tables."""

from collections.abc import Mapping
from typing import Any, Final

from minutebook.bots.model import Bot, Failure
from minutebook.bots.states import BotState
from minutebook.bots.v1.codes import ERRORS

OF_STATE: Final[Mapping[BotState, tuple[str, str]]] = {
    BotState.QUEUED: ("pending", "scheduled"),
    BotState.CANCELLED: ("warning", "cancelled"),
    BotState.COMPLETED: ("success", "completed"),
}
"""Type and category of a state; every other state is a bot at work."""

OF_FAILURE: Final[Mapping[Failure, tuple[str, str]]] = {
    Failure.CANNOT_JOIN: ("error", "connection_error"),
    Failure.NOT_ADMITTED_IN_TIME: ("warning", "permission_error"),
    Failure.NOT_ACCEPTED: ("warning", "permission_error"),
    Failure.REMOVED: ("warning", "permission_error"),
    Failure.INVALID_URL: ("error", "input_error"),
    Failure.STOPPED: ("warning", "cancelled"),
    Failure.STREAMING: ("error", "connection_error"),
    Failure.INTERNAL: ("error", "system_error"),
    Failure.SIGN_IN_REQUIRED: ("error", "auth_error"),
    Failure.PASSCODE_REQUIRED: ("error", "input_error"),
    Failure.REGISTRATION_REQUIRED: ("error", "auth_error"),
    Failure.HOST_NOT_STARTED: ("warning", "permission_error"),
    Failure.BLOCKED: ("error", "connection_error"),
    Failure.CAPTCHA: ("error", "auth_error"),
}

PRIORITY: Final[Mapping[str, int]] = {"error": 0, "warning": 1, "pending": 2, "success": 3}
"""What people want to see first."""


def status_of(bot: Bot) -> dict[str, Any]:
    """`{value, type, category, sort_priority, details}`: the failure's code for bots that failed, else the state."""
    if bot.failure is not None and bot.state is not BotState.CANCELLED:
        kind, category = OF_FAILURE[bot.failure]
        value = ERRORS[bot.failure]
    else:
        kind, category = OF_STATE.get(bot.state, ("success", "in_progress"))
        value = bot.state.value
    return {
        "value": value,
        "type": kind,
        "category": category,
        "sort_priority": PRIORITY[kind],
        "details": bot.failure_message,
    }
