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
from minutebook.bots.platforms.ports import Place
from minutebook.bots.runner.rules.exits import (
    FROZEN_S,
    HANGING_LOOK_S,
    JOINING_S,
    LIFE_S,
    NOT_RECORDING_S,
    UNREACHABLE_S,
    Cause,
    Exit,
    exit_of,
)
from minutebook.bots.runner.rules.progress import CallProgress, Instruction

REJOIN_AFTER_S: Final = 10
"""In the call, a page that says it lost its server for so long is opened anew."""

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

SHOWN: Final = frozenset({*PLACES.values(), Cause.UNREACHABLE})
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


def is_lost(progress: CallProgress, now_s: float) -> bool:
    """Whether a bot in the call lost it through no decision of anybody, so that it is worth joining again."""
    away = progress.place is Place.UNREACHABLE and progress.admitted_s is not None
    return away and now_s - progress.place_since_s >= REJOIN_AFTER_S


def _moments(progress: CallProgress, rules: LeaveRules) -> Iterator[tuple[float, Cause]]:
    """From when each rule holds, as far as its condition is met. A word that was given comes before everything."""
    if progress.told in WORDS:
        yield -math.inf, WORDS[progress.told]
    if progress.place in PLACES:
        yield progress.place_since_s, PLACES[progress.place]
    yield progress.began_s + LIFE_S, Cause.LIFE
    if progress.record_began_s is not None:
        yield progress.record_began_s + rules.longest_s, Cause.LONGEST
    yield from _page_moments(progress)
    if progress.waiting_since_s is not None:
        yield progress.waiting_since_s + rules.waiting_room_s, Cause.NOT_ADMITTED
    elif progress.admitted_s is not None:
        yield from _call_moments(progress, progress.admitted_s, rules)


def _page_moments(progress: CallProgress) -> Iterator[tuple[float, Cause]]:
    if progress.place is Place.JOINING:
        yield progress.place_since_s + JOINING_S, Cause.NOT_ARRIVED
    if progress.place is Place.UNREACHABLE:
        yield progress.place_since_s + UNREACHABLE_S, Cause.UNREACHABLE
    if progress.answered_s is not None:
        yield progress.answered_s + FROZEN_S, Cause.FROZEN
    if progress.admitted_s is not None and progress.look_began_s is not None:
        yield progress.look_began_s + HANGING_LOOK_S, Cause.HANGING


def _call_moments(progress: CallProgress, admitted_s: float, rules: LeaveRules) -> Iterator[tuple[float, Cause]]:
    if not progress.recording:
        yield admitted_s + NOT_RECORDING_S, Cause.NOT_RECORDED
    if not progress.ever_present:
        yield admitted_s + rules.noone_joined_s, Cause.NOBODY_CAME
        return
    if progress.alone_since_s is not None:
        yield progress.alone_since_s + rules.alone_s, Cause.ALONE
    if progress.recording:
        quiet_since_s = max(admitted_s, progress.first_present_s or admitted_s, progress.last_sound_s or admitted_s)
        yield quiet_since_s + rules.silence_s, Cause.SILENCE
