"""What the end of a call is called: every cause with its end reason, its failure and its sentence. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from minutebook.bots.model import EndReason, Failure, LeaveRules
from minutebook.bots.runner.rules.progress import CallProgress

JOINING_S: Final = 180
"""A page that shows neither waiting room nor call for so long will not get there (Teams needs up to 15 s)."""
UNREACHABLE_S: Final = 60
FROZEN_S: Final = 20
"""A page that answers no look for so long is frozen."""
REJOINING_S: Final = 60
"""The same for a page that was opened anew since it had lost the call: its way in is known to work."""
NOT_RECORDING_S: Final = 45
"""In the call, recording must have begun by then."""
LIFE_S: Final = 5 * 3600
"""No runner is in a call for longer (5 h, as bots of other makers are)."""


class Cause(StrEnum):
    """Why a bot leaves or gives up."""

    STOP = "stop"
    TERMINATED = "terminated"
    UNWANTED = "unwanted"
    DENIED = "denied"
    REMOVED = "removed"
    ENDED = "ended"
    INVALID = "invalid"
    PASSCODE_REQUIRED = "passcode_required"
    REGISTRATION_REQUIRED = "registration_required"
    HOST_NOT_STARTED = "host_not_started"
    SIGN_IN = "sign_in"
    BLOCKED = "blocked"
    CAPTCHA = "captcha"
    UNREACHABLE = "unreachable"
    NOT_ARRIVED = "not_arrived"
    NOT_ADMITTED = "not_admitted"
    NOBODY_CAME = "nobody_came"
    ALONE = "alone"
    SILENCE = "silence"
    LONGEST = "longest"
    LIFE = "life"
    FROZEN = "frozen"
    LOST = "lost"
    CUT_OFF = "cut_off"
    NOT_RECORDED = "not_recorded"
    BROKEN = "broken"
    CRASHED = "crashed"
    NO_BROWSER = "no_browser"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a cause is called: with a recording (`end_reason`), and without one (`failure`)."""

    end_reason: EndReason
    failure: Failure
    message: str


@dataclass(frozen=True, slots=True)
class Exit:
    """The end of a call for the bot: `end_reason` when there is a recording, else `failure`; never both."""

    cause: Cause
    message: str
    end_reason: EndReason | None = None
    failure: Failure | None = None

    @property
    def is_reported(self) -> bool:
        """Whether home is told that the call is over. Not where home does not want the bot any more, and not where
        this process alone has to end: another one goes on."""
        return self.cause not in {Cause.UNWANTED, Cause.TERMINATED}


_ERROR = EndReason.ERROR

MEANINGS: Final[Mapping[Cause, Meaning]] = MappingProxyType(
    {
        Cause.STOP: Meaning(EndReason.STOPPED, Failure.STOPPED, "The bot was told to leave."),
        Cause.TERMINATED: Meaning(_ERROR, Failure.INTERNAL, "The bot's process was told to end."),
        Cause.UNWANTED: Meaning(_ERROR, Failure.INTERNAL, "The server does not know this bot any more."),
        Cause.DENIED: Meaning(
            EndReason.REMOVED,
            Failure.NOT_ACCEPTED,
            "Somebody in the meeting did not let the bot in.",
        ),
        Cause.REMOVED: Meaning(EndReason.REMOVED, Failure.REMOVED, "The bot was removed from the meeting."),
        Cause.ENDED: Meaning(
            EndReason.MEETING_ENDED,
            Failure.CANNOT_JOIN,
            "The meeting was ended before the bot was in it.",
        ),
        Cause.INVALID: Meaning(
            _ERROR,
            Failure.INVALID_URL,
            "There is no meeting at this address. Check the meeting's link.",
        ),
        Cause.PASSCODE_REQUIRED: Meaning(
            _ERROR,
            Failure.PASSCODE_REQUIRED,
            "The meeting wants a passcode that its address does not have. Copy the whole link, with its `pwd`.",
        ),
        Cause.REGISTRATION_REQUIRED: Meaning(
            _ERROR,
            Failure.REGISTRATION_REQUIRED,
            "The meeting lets in who is registered. Register, and give the bot the link that comes of it.",
        ),
        Cause.HOST_NOT_STARTED: Meaning(
            _ERROR,
            Failure.HOST_NOT_STARTED,
            "The host did not start the meeting within {waiting_room_s} s. Check its time and its link.",
        ),
        Cause.SIGN_IN: Meaning(
            _ERROR,
            Failure.SIGN_IN_REQUIRED,
            "This meeting lets nobody in who is not signed in. Allow guests, or use a bot that is signed in.",
        ),
        Cause.BLOCKED: Meaning(
            _ERROR,
            Failure.BLOCKED,
            "The platform does not let automated guests into this meeting.",
        ),
        Cause.CAPTCHA: Meaning(
            _ERROR,
            Failure.CAPTCHA,
            "The platform asks for proof that a person joins; bots do not answer that.",
        ),
        Cause.UNREACHABLE: Meaning(
            _ERROR,
            Failure.CANNOT_JOIN,
            "The meeting's page cannot be reached from the machine that the bot runs on.",
        ),
        Cause.NOT_ARRIVED: Meaning(
            _ERROR,
            Failure.CANNOT_JOIN,
            f"The meeting's page showed neither a waiting room nor the call within {JOINING_S} s.",
        ),
        Cause.NOT_ADMITTED: Meaning(
            _ERROR,
            Failure.NOT_ADMITTED_IN_TIME,
            "Nobody let the bot in from the waiting room within {waiting_room_s} s.",
        ),
        Cause.NOBODY_CAME: Meaning(
            EndReason.NO_ATTENDEES,
            Failure.CANNOT_JOIN,
            "Nobody else was in the call within {noone_joined_s} s.",
        ),
        Cause.ALONE: Meaning(
            EndReason.NO_ATTENDEES,
            Failure.CANNOT_JOIN,
            "Everybody else had left for {alone_s} s.",
        ),
        Cause.SILENCE: Meaning(
            EndReason.SILENCE,
            Failure.CANNOT_JOIN,
            "Nobody said anything for {silence_s} s.",
        ),
        Cause.LONGEST: Meaning(
            EndReason.LONGEST,
            Failure.INTERNAL,
            "The recording had reached the longest time allowed, {longest_s} s.",
        ),
        Cause.LIFE: Meaning(
            EndReason.LONGEST,
            Failure.CANNOT_JOIN,
            f"The bot had been under way for {LIFE_S} s, the longest that any bot is.",
        ),
        Cause.FROZEN: Meaning(
            _ERROR,
            Failure.CANNOT_JOIN,
            "The meeting's page did not answer any more.",
        ),
        Cause.LOST: Meaning(
            _ERROR,
            Failure.CANNOT_JOIN,
            "The meeting's page showed nothing of the call any more, and did so again after it was opened anew.",
        ),
        Cause.CUT_OFF: Meaning(
            _ERROR,
            Failure.CANNOT_JOIN,
            "All connections of the call were lost, and were so again after it was joined anew.",
        ),
        Cause.NOT_RECORDED: Meaning(
            _ERROR,
            Failure.INTERNAL,
            f"The recording could not be started within {NOT_RECORDING_S} s of joining.",
        ),
        Cause.BROKEN: Meaning(
            _ERROR,
            Failure.INTERNAL,
            "The recording broke down on the machine that the bot runs on.",
        ),
        Cause.CRASHED: Meaning(
            _ERROR,
            Failure.INTERNAL,
            "The bot's browser broke down again and again.",
        ),
        Cause.NO_BROWSER: Meaning(
            _ERROR,
            Failure.INTERNAL,
            "No browser could be started on the machine that the bot runs on.",
        ),
    }
)


def exit_of(cause: Cause, progress: CallProgress, rules: LeaveRules, detail: str = "") -> Exit:
    """The exit that a cause means for this progress. `detail` (what the page shows, an error) is put behind the
    sentence."""
    meaning = MEANINGS[cause]
    limits = {name: getattr(rules, name) for name in LeaveRules.__slots__}
    if cause is Cause.ENDED and progress.record_began_s is not None:
        message = "The meeting was ended."
    else:
        message = meaning.message.format(**limits)
    if detail:
        message = f"{message} ({detail})"
    if progress.record_began_s is None:
        return Exit(cause, message, failure=meaning.failure)
    return Exit(cause, message, end_reason=meaning.end_reason)
