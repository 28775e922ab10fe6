"""The words of the Meeting BaaS v1 API for what the core says of bots: one table for each kind. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from minutebook.bots.model import Deletion, Failure
from minutebook.bots.states import StatusChange


class StatusCode(StrEnum):
    """What `bot.status_change` says."""

    JOINING_CALL = "joining_call"
    IN_WAITING_ROOM = "in_waiting_room"
    IN_CALL_NOT_RECORDING = "in_call_not_recording"
    IN_CALL_RECORDING = "in_call_recording"
    RECORDING_PAUSED = "recording_paused"
    RECORDING_RESUMED = "recording_resumed"
    CALL_ENDED = "call_ended"
    BOT_REJECTED = "bot_rejected"
    BOT_REMOVED = "bot_removed"
    WAITING_ROOM_TIMEOUT = "waiting_room_timeout"
    INVALID_MEETING_URL = "invalid_meeting_url"
    MEETING_ERROR = "meeting_error"
    API_REQUEST_STOP = "api_request_stop"


CHANGES: Final[Mapping[StatusChange, StatusCode]] = MappingProxyType(
    {
        StatusChange.JOINING: StatusCode.JOINING_CALL,
        StatusChange.WAITING_ROOM: StatusCode.IN_WAITING_ROOM,
        StatusChange.IN_CALL: StatusCode.IN_CALL_NOT_RECORDING,
        StatusChange.RECORDING: StatusCode.IN_CALL_RECORDING,
        StatusChange.PAUSED: StatusCode.RECORDING_PAUSED,
        StatusChange.RESUMED: StatusCode.RECORDING_RESUMED,
        StatusChange.ENDED: StatusCode.CALL_ENDED,
    }
)
"""All but `failed`, which is told by its failure."""

FAILED: Final[Mapping[Failure, StatusCode]] = MappingProxyType(
    {
        Failure.NOT_ADMITTED_IN_TIME: StatusCode.WAITING_ROOM_TIMEOUT,
        Failure.NOT_ACCEPTED: StatusCode.BOT_REJECTED,
        Failure.REMOVED: StatusCode.BOT_REMOVED,
        Failure.INVALID_URL: StatusCode.INVALID_MEETING_URL,
        Failure.PASSCODE_REQUIRED: StatusCode.INVALID_MEETING_URL,
        Failure.HOST_NOT_STARTED: StatusCode.WAITING_ROOM_TIMEOUT,
        Failure.STOPPED: StatusCode.API_REQUEST_STOP,
    }
)
"""What is said when a bot ends without ever having recorded; `meeting_error` for every other failure."""

ERRORS: Final[Mapping[Failure, str]] = MappingProxyType(
    {
        Failure.CANNOT_JOIN: "CannotJoinMeeting",
        Failure.NOT_ADMITTED_IN_TIME: "TimeoutWaitingToStart",
        Failure.NOT_ACCEPTED: "BotNotAccepted",
        Failure.REMOVED: "BotRemoved",
        Failure.INVALID_URL: "InvalidMeetingUrl",
        Failure.STOPPED: "ApiRequest",
        Failure.STREAMING: "StreamingSetupFailed",
        Failure.INTERNAL: "InternalError",
        Failure.SIGN_IN_REQUIRED: "SignInRequired",
        Failure.PASSCODE_REQUIRED: "PasscodeRequired",
        Failure.REGISTRATION_REQUIRED: "RegistrationRequired",
        Failure.HOST_NOT_STARTED: "WaitingForHostTimeout",
        Failure.BLOCKED: "BlockedByPlatform",
        Failure.CAPTCHA: "Captcha",
    }
)
"""`failed.error`, `errors` and `error_type`: the codes of the v1 engine, and in its manner what it has no code for."""

DELETIONS: Final[Mapping[Deletion, str]] = MappingProxyType(
    {
        Deletion.DELETED: "deleted",
        Deletion.PARTIALLY_DELETED: "partiallyDeleted",
        Deletion.ALREADY_DELETED: "alreadyDeleted",
        Deletion.NO_DATA_FOUND: "noDataFound",
    }
)
"""`status` in the answer of `POST /bots/{id}/delete_data`."""


def code_of(change: StatusChange, failure: Failure | None) -> StatusCode:
    """The code of a status change; `failure` counts for `failed` only."""
    if change is StatusChange.FAILED:
        return FAILED.get(failure or Failure.INTERNAL, StatusCode.MEETING_ERROR)
    return CHANGES[change]


def moment(at: datetime) -> str:
    """UTC in ISO form, with milliseconds and `Z`: official clients accept no other zone."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
