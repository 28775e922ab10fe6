"""What a state is called in the v1 API, and what the end of a call comes to. Pure tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from minutebook.bots.model import EndReason, Failure
from minutebook.bots.states import BotState, StatusCode

REACHED: Final[Mapping[BotState, StatusCode]] = MappingProxyType(
    {
        BotState.JOINING: StatusCode.JOINING_CALL,
        BotState.WAITING_ROOM: StatusCode.IN_WAITING_ROOM,
        BotState.IN_CALL: StatusCode.IN_CALL_NOT_RECORDING,
        BotState.RECORDING: StatusCode.IN_CALL_RECORDING,
    }
)
"""What is said when a bot reaches a state for the first time. Another attempt that reaches it again says nothing, but
for `recording`: `recording_resumed`."""

FAILED: Final[Mapping[Failure, StatusCode]] = MappingProxyType(
    {
        Failure.NOT_ADMITTED_IN_TIME: StatusCode.WAITING_ROOM_TIMEOUT,
        Failure.NOT_ACCEPTED: StatusCode.BOT_REJECTED,
        Failure.REMOVED: StatusCode.BOT_REMOVED,
        Failure.INVALID_URL: StatusCode.INVALID_MEETING_URL,
        Failure.STOPPED: StatusCode.API_REQUEST_STOP,
    }
)
"""What is said when a bot ends without ever having recorded; `meeting_error` for every other failure."""

SENTENCES: Final[Mapping[Failure, str]] = MappingProxyType(
    {
        Failure.CANNOT_JOIN: "The bot could not join the meeting.",
        Failure.NOT_ADMITTED_IN_TIME: "Nobody let the bot in from the waiting room in time.",
        Failure.NOT_ACCEPTED: "Somebody in the meeting did not let the bot in.",
        Failure.REMOVED: "The bot was removed from the meeting before anything was recorded.",
        Failure.INVALID_URL: "No bot can join a meeting at this address: it is no link to a meeting on a platform "
        "that is supported here. Check `meeting_url`.",
        Failure.STOPPED: "The bot was told to leave before anything was recorded.",
        Failure.STREAMING: "The streaming addresses of the bot could not be used.",
        Failure.INTERNAL: "Something went wrong here while the bot was at work. The server's log has the details.",
        Failure.SIGN_IN_REQUIRED: "This meeting lets nobody in who is not signed in.",
        Failure.BLOCKED: "The platform does not let automated guests into this meeting.",
        Failure.CAPTCHA: "The platform asks for proof that a person joins.",
    }
)
"""For failures that come without a sentence of their own."""

WITHOUT_RECORDING: Final[Mapping[EndReason, Failure]] = MappingProxyType(
    {
        EndReason.REMOVED: Failure.REMOVED,
        EndReason.API_REQUEST: Failure.STOPPED,
        EndReason.MEETING_ERROR: Failure.INTERNAL,
    }
)
"""An end reason where nothing was recorded after all; `CannotJoinMeeting` for every other one."""

WITH_RECORDING: Final[Mapping[Failure, EndReason]] = MappingProxyType(
    {
        Failure.REMOVED: EndReason.REMOVED,
        Failure.NOT_ACCEPTED: EndReason.REMOVED,
        Failure.STOPPED: EndReason.API_REQUEST,
    }
)
"""A failure (to rejoin) of a bot that has a recording; `meeting_error` for every other one."""


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended for a bot, as it was reported: an end reason or a failure, and maybe a sentence."""

    end_reason: EndReason | None = None
    failure: Failure | None = None
    message: str | None = None

    @property
    def with_recording(self) -> EndReason:
        """The end reason, given that there is a recording."""
        if self.end_reason is not None:
            return self.end_reason
        return WITH_RECORDING.get(self.failure or Failure.INTERNAL, EndReason.MEETING_ERROR)

    @property
    def without_recording(self) -> Failure:
        """The failure, given that there is none."""
        if self.failure is not None:
            return self.failure
        return WITHOUT_RECORDING.get(self.end_reason or EndReason.MEETING_ERROR, Failure.CANNOT_JOIN)


def code_reached(state: BotState, *, joined_before: bool, recorded_before: bool) -> StatusCode | None:
    """What is said when a bot reaches this state; on its way back into a call that it was in, nothing is said."""
    if state is BotState.RECORDING and recorded_before:
        return StatusCode.RECORDING_RESUMED
    if state is not BotState.RECORDING and joined_before:
        return None
    return REACHED.get(state)


def code_of_failure(failure: Failure) -> StatusCode:
    """What is said when a bot ends like this without ever having recorded."""
    return FAILED.get(failure, StatusCode.MEETING_ERROR)
