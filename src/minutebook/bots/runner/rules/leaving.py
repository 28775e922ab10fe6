"""When a bot leaves, and what it says about that. Pure: a call's progress, the rules and a moment come in, an exit or
nothing comes out.

Every rule is a moment from which it holds. The one that held first is the reason, however late it is asked for: the
answer does not depend on when the runner came to look.
"""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from minutebook.bots.model import LeaveRules
from minutebook.bots.platforms.ports import Hint, Place
from minutebook.bots.runner.rules.exits import (
    FROZEN_S,
    JOINING_S,
    LIFE_S,
    NOT_RECORDING_S,
    REJOINING_S,
    UNREACHABLE_S,
    Cause,
    Exit,
    exit_of,
)
from minutebook.bots.runner.rules.progress import CallProgress, Instruction

LOST_AFTER_S: Final = 10
"""In the call, a page that does not answer, is none that is known, or has lost its connections for so long has lost the
call: it is opened anew, once."""
STEADY_S: Final = 60.0
"""A visit that was in the call for so long was a good one: what goes wrong after it is a new trouble."""
SURE_LOOKS: Final = 2
"""In the call, a page has to show its end so often in a row."""
HEARD_S: Final = 60
"""Somebody who was heard so lately is there, whatever the page's list of people says."""
UNSEEN_S: Final = 2 * 3600
"""Sound without anybody to be seen keeps a bot no longer: music, or a room that somebody forgot."""

PLACES: Final[Mapping[Place, Cause]] = MappingProxyType(
    {
        Place.DENIED: Cause.DENIED,
        Place.REMOVED: Cause.REMOVED,
        Place.ENDED: Cause.ENDED,
        Place.INVALID: Cause.INVALID,
        Place.SIGN_IN: Cause.SIGN_IN,
        Place.BLOCKED: Cause.BLOCKED,
        Place.CAPTCHA: Cause.CAPTCHA,
    }
)
"""Places from which no way leads into the call."""

HINTS: Final[Mapping[Hint, Cause]] = MappingProxyType(
    {
        Hint.PASSCODE_REQUIRED: Cause.PASSCODE_REQUIRED,
        Hint.REGISTRATION_REQUIRED: Cause.REGISTRATION_REQUIRED,
        Hint.HOST_NOT_STARTED: Cause.HOST_NOT_STARTED,
    }
)
"""What the page said beyond the place."""

SHOWN: Final = frozenset({*PLACES.values(), *HINTS.values(), Cause.UNREACHABLE})
"""Causes that the page shows itself: its words are told too."""

WORDS: Final[Mapping[Instruction, Cause]] = MappingProxyType(
    {Instruction.STOP: Cause.STOP, Instruction.TERMINATED: Cause.TERMINATED, Instruction.UNWANTED: Cause.UNWANTED}
)


def decide(progress: CallProgress, rules: LeaveRules, now_s: float) -> Exit | None:
    """Whether the bot leaves now, and why; None while it stays."""
    held = [(since_s, cause) for since_s, cause in _moments(progress, rules) if since_s <= now_s]
    if not held:
        return None
    _, cause = min(held, key=lambda moment: moment[0])
    return exit_of(cause, progress, rules, progress.sign if cause in SHOWN else "")


def lost_by(progress: CallProgress, now_s: float) -> Cause | None:
    """How a bot in the call lost it through no decision of anybody, so that it is worth joining again: once, and not
    soon after it did."""
    held = [
        (since_s, cause)
        for since_s, cause in _troubles(progress)
        if since_s + LOST_AFTER_S <= now_s and not _is_second(progress, since_s)
    ]
    return min(held)[1] if held else None


def _troubles(progress: CallProgress) -> Iterator[tuple[float, Cause]]:
    """Since when something is wrong with a call that the bot was let into."""
    if progress.admitted_s is None:
        return
    if progress.place is Place.UNREACHABLE:
        yield progress.place_since_s, Cause.UNREACHABLE
    if progress.place is Place.JOINING:
        yield progress.place_since_s, Cause.LOST
    if progress.answered_s is not None:
        yield progress.answered_s, Cause.FROZEN
    if progress.cut_off_since_s is not None:
        yield progress.cut_off_since_s, Cause.CUT_OFF


def _is_second(progress: CallProgress, since_s: float) -> bool:
    """Whether trouble that began then is that of a visit which was to mend it."""
    return progress.second and progress.admitted_s is not None and since_s - progress.admitted_s < STEADY_S


def cause_of(place: Place, hint: Hint | None = None) -> Cause:
    """Why a visit ends at a place from which no way leads into the call."""
    return HINTS[hint] if hint is not None else PLACES[place]


def _moments(progress: CallProgress, rules: LeaveRules) -> Iterator[tuple[float, Cause]]:
    """From when each rule holds, as far as its condition is met. A word that was given comes before everything."""
    if progress.told in WORDS:
        yield -math.inf, WORDS[progress.told]
    if progress.place in PLACES and (progress.admitted_s is None or progress.looks >= SURE_LOOKS):
        yield progress.place_since_s, cause_of(progress.place, progress.hint)
    yield progress.began_s + LIFE_S, Cause.LIFE
    if progress.record_began_s is not None:
        yield progress.record_began_s + rules.longest_s, Cause.LONGEST
    yield from _page_moments(progress)
    if progress.waiting_since_s is not None:
        unbegun = progress.hint is Hint.HOST_NOT_STARTED
        cause = Cause.HOST_NOT_STARTED if unbegun else Cause.NOT_ADMITTED
        yield progress.waiting_since_s + rules.waiting_room_s, cause
    elif progress.admitted_s is not None:
        yield from _call_moments(progress, progress.admitted_s, rules)


def _page_moments(progress: CallProgress) -> Iterator[tuple[float, Cause]]:
    if progress.admitted_s is not None:
        for since_s, cause in _troubles(progress):
            if _is_second(progress, since_s):
                yield since_s + LOST_AFTER_S, cause
        return
    if progress.place is Place.JOINING:
        yield progress.place_since_s + (REJOINING_S if progress.second else JOINING_S), Cause.NOT_ARRIVED
    if progress.place is Place.UNREACHABLE and progress.unreachable_since_s is not None:
        yield progress.unreachable_since_s + UNREACHABLE_S, Cause.UNREACHABLE
    if progress.answered_s is not None:
        yield progress.answered_s + FROZEN_S, Cause.FROZEN


def _call_moments(progress: CallProgress, admitted_s: float, rules: LeaveRules) -> Iterator[tuple[float, Cause]]:
    if not progress.recording:
        yield admitted_s + NOT_RECORDING_S, Cause.NOT_RECORDED
    if not progress.ever_present:
        yield _unheard(progress, admitted_s, rules.noone_joined_s), Cause.NOBODY_CAME
        return
    if progress.alone_since_s is not None:
        yield _unheard(progress, progress.alone_since_s, rules.alone_s), Cause.ALONE
    if progress.recording:
        quiet_since_s = max(admitted_s, progress.first_present_s or admitted_s, progress.last_sound_s or admitted_s)
        yield quiet_since_s + rules.silence_s, Cause.SILENCE


def _unheard(progress: CallProgress, since_s: float, limit_s: float) -> float:
    """When nobody counts as there since a moment: not while somebody is heard, within reason."""
    if progress.last_sound_s is None or progress.last_sound_s <= since_s:
        return since_s + limit_s
    return max(since_s + limit_s, min(progress.last_sound_s + HEARD_S, since_s + UNSEEN_S))
