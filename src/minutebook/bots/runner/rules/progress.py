"""How a bot's call went so far, as one value that grows by what is observed. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from minutebook.bots.platforms.ports import Hint, Place, Sight
from minutebook.bots.states import BotState


class Instruction(StrEnum):
    """What the runner was told, strongest last."""

    NONE = "none"
    STOP = "stop"
    TERMINATED = "terminated"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True)
class CallProgress:
    """What is known of the call; all times in seconds of one clock, None for what has not happened.

    A runner may need several browsers one after the other (they crash): `admitted_s`, `waiting_since_s` and everything
    about the page belong to the present visit, the rest to the bot. `record_began_s` is when the bot's recording
    began, in whichever attempt; `recording` whether the present visit records. `answered_s` is when the page last
    answered a look. `looks` is how many of them in a row showed
    this place, `unreachable_since_s` since when the meeting cannot be reached, however often that was tried,
    `cut_off_since_s` since when no connection of the call lives. `second` marks a visit that replaces one
    which lost the call; `paused` says that somebody wants nothing recorded.
    """

    began_s: float
    place_since_s: float
    place: Place = Place.JOINING
    sign: str = ""
    hint: Hint | None = None
    looks: int = 0
    unreachable_since_s: float | None = None
    waiting_since_s: float | None = None
    admitted_s: float | None = None
    record_began_s: float | None = None
    recording: bool = False
    ever_present: bool = False
    first_present_s: float | None = None
    alone_since_s: float | None = None
    last_sound_s: float | None = None
    answered_s: float | None = None
    cut_off_since_s: float | None = None
    second: bool = False
    paused: bool = False
    told: Instruction = Instruction.NONE

    @classmethod
    def begun(cls, now_s: float, *, record_began_s: float | None = None, ever_present: bool = False) -> "CallProgress":
        """The progress of a runner that sets out now; the rest is what earlier attempts left."""
        return cls(now_s, now_s, record_began_s=record_began_s, ever_present=ever_present)

    @property
    def in_call(self) -> bool:
        """Whether the bot was let in and has not been put back into the waiting room."""
        return self.admitted_s is not None and self.waiting_since_s is None

    @property
    def state(self) -> BotState:
        """The state to be reported: never `recording` for a bot that was not let in."""
        if self.admitted_s is not None:
            return BotState.RECORDING if self.recording else BotState.IN_CALL
        return BotState.JOINING if self.waiting_since_s is None else BotState.WAITING_ROOM

    def again(self, now_s: float, *, lost: bool = False) -> "CallProgress":
        """Another browser sets out: the page is new, what was lived through is kept. `lost`: the call was lost, rather
        than the browser."""
        return replace(
            self,
            place=Place.JOINING,
            place_since_s=now_s,
            sign="",
            hint=None,
            looks=0,
            unreachable_since_s=None,
            waiting_since_s=None,
            admitted_s=None,
            recording=False,
            alone_since_s=None,
            answered_s=None,
            cut_off_since_s=None,
            second=lost,
        )

    def opening(self) -> "CallProgress":
        """The page is being loaded, which has a limit of its own: it need not answer."""
        return replace(self, answered_s=None)

    def opened(self, now_s: float) -> "CallProgress":
        """The page is there: from now on it has to answer."""
        return replace(self, answered_s=now_s)

    def acted(self, took_s: float) -> "CallProgress":
        """Something was done to the page: that time is none in which it did not answer."""
        return self if self.answered_s is None else replace(self, answered_s=self.answered_s + took_s)

    def seen(self, sight: Sight, now_s: float) -> "CallProgress":
        """The page answered: the bot is at this place.

        A page that is between two screens shows neither, so `JOINING` changes nothing but the place: the waiting room's
        clock goes on until the bot is let in, and a bot that was let in stays so. The same for a meeting that cannot be
        reached: its page is opened anew, and the way in that it shows then is none yet.
        """
        unreachable_s = self.unreachable_since_s
        if sight.place is Place.UNREACHABLE and unreachable_s is None:
            unreachable_s = now_s
        elif sight.place in {Place.WAITING, Place.IN_CALL}:
            unreachable_s = None
        changed = sight.place is not self.place
        progress = replace(
            self,
            place=sight.place,
            sign=sight.sign,
            hint=self.hint if sight.place is Place.JOINING else sight.hint,
            looks=1 if changed else self.looks + 1,
            place_since_s=now_s if changed else self.place_since_s,
            answered_s=now_s,
            unreachable_since_s=unreachable_s,
        )
        if sight.place is Place.WAITING and progress.waiting_since_s is None:
            return replace(progress, waiting_since_s=now_s)
        if sight.place is Place.IN_CALL and not progress.in_call:
            alone_since_s = now_s if progress.ever_present else None
            return replace(progress, waiting_since_s=None, admitted_s=now_s, alone_since_s=alone_since_s)
        return progress

    def recorded(self, now_s: float) -> "CallProgress":
        """The present visit records from now on."""
        began_s = now_s if self.record_began_s is None else self.record_began_s
        return replace(self, recording=True, record_began_s=began_s)

    def heard(self, others: bool, last_sound_s: float | None, now_s: float, *, cut_off: bool = False) -> "CallProgress":
        """Whether others are in the call now, when somebody was last heard, and whether no connection lives any more.
        Says nothing outside the call."""
        if not self.in_call:
            return self
        sound_s = self.last_sound_s if last_sound_s is None else max(last_sound_s, self.last_sound_s or last_sound_s)
        since_s = (now_s if self.cut_off_since_s is None else self.cut_off_since_s) if cut_off else None
        progress = self
        if (sound_s, since_s) != (self.last_sound_s, self.cut_off_since_s):
            progress = replace(self, last_sound_s=sound_s, cut_off_since_s=since_s)
        if others:
            if progress.ever_present and progress.alone_since_s is None and progress.first_present_s is not None:
                return progress
            first_s = now_s if progress.first_present_s is None else progress.first_present_s
            return replace(progress, ever_present=True, first_present_s=first_s, alone_since_s=None)
        if progress.ever_present and progress.alone_since_s is None:
            return replace(progress, alone_since_s=now_s)
        return progress

    def pausing(self, paused: bool) -> "CallProgress":
        """Somebody wants nothing recorded any more, or wants it again."""
        return replace(self, paused=paused)

    def hears(self, word: Instruction) -> "CallProgress":
        """The runner was told something; the strongest word stands."""
        strength = list(Instruction)
        return replace(self, told=max(self.told, word, key=strength.index))
