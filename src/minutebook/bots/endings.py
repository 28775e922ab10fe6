"""What is told of a state, and what the end of a call comes to. Pure tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from minutebook.bots.model import EndReason, Failure
from minutebook.bots.states import BotState, StatusChange

REACHED: Final[Mapping[BotState, StatusChange]] = MappingProxyType(
    {
        BotState.JOINING: StatusChange.JOINING,
        BotState.WAITING_ROOM: StatusChange.WAITING_ROOM,
        BotState.IN_CALL: StatusChange.IN_CALL,
        BotState.RECORDING: StatusChange.RECORDING,
    }
)
"""What is told when a bot reaches a state for the first time. Another attempt that reaches it again tells nothing, but
for `recording`: `resumed`."""

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
        Failure.PASSCODE_REQUIRED: "The meeting wants a passcode that its address does not have.",
        Failure.REGISTRATION_REQUIRED: "The meeting lets in who is registered.",
        Failure.HOST_NOT_STARTED: "The host did not start the meeting in time.",
        Failure.BLOCKED: "The platform does not let automated guests into this meeting.",
        Failure.CAPTCHA: "The platform asks for proof that a person joins.",
    }
)
"""For failures that come without a sentence of their own."""

WITHOUT_RECORDING: Final[Mapping[EndReason, Failure]] = MappingProxyType(
    {
        EndReason.REMOVED: Failure.REMOVED,
        EndReason.STOPPED: Failure.STOPPED,
        EndReason.ERROR: Failure.INTERNAL,
    }
)
"""An end reason where nothing was recorded after all; `cannot_join` for every other one."""

WITH_RECORDING: Final[Mapping[Failure, EndReason]] = MappingProxyType(
    {
        Failure.REMOVED: EndReason.REMOVED,
        Failure.NOT_ACCEPTED: EndReason.REMOVED,
        Failure.STOPPED: EndReason.STOPPED,
    }
)
"""A failure (to rejoin) of a bot that has a recording; `error` for every other one."""


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
        return WITH_RECORDING.get(self.failure or Failure.INTERNAL, EndReason.ERROR)

    @property
    def without_recording(self) -> Failure:
        """The failure, given that there is none."""
        if self.failure is not None:
            return self.failure
        return WITHOUT_RECORDING.get(self.end_reason or EndReason.ERROR, Failure.CANNOT_JOIN)


def change_reached(state: BotState, *, joined_before: bool, recorded_before: bool) -> StatusChange | None:
    """What is told when a bot reaches this state; on its way back into a call that it was in, nothing is told."""
    if state is BotState.RECORDING and recorded_before:
        return StatusChange.RESUMED
    if state is not BotState.RECORDING and joined_before:
        return None
    return REACHED.get(state)
