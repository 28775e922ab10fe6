"""When a bot leaves, and what it says about that. Pure: the course of the call, the rules and a moment come in, an exit
or nothing comes out.

Every rule is a moment from which it holds. The one that held first is the reason, however late it is asked for: the
answer does not depend on when the runner came to look.
"""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from minutebook.bots.model import LeaveRules
from minutebook.bots.platforms.ports import Place
from minutebook.bots.runner.rules.course import Course, Word
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

WORDS: Final[Mapping[Word, Cause]] = MappingProxyType(
    {Word.STOP: Cause.STOP, Word.TERMINATED: Cause.TERMINATED, Word.UNWANTED: Cause.UNWANTED}
)


def decide(course: Course, rules: LeaveRules, now_s: float) -> Exit | None:
    """Whether the bot leaves now, and why; None while it stays."""
    held = [(since_s, cause) for since_s, cause in _moments(course, rules) if since_s <= now_s]
    if not held:
        return None
    _, cause = min(held, key=lambda moment: moment[0])
    return exit_of(cause, course, rules, course.sign if cause in SHOWN else "")


def is_lost(course: Course, now_s: float) -> bool:
    """Whether a bot in the call lost it through no decision of anybody, so that it is worth joining again."""
    away = course.place is Place.UNREACHABLE and course.admitted_s is not None
    return away and now_s - course.place_since_s >= REJOIN_AFTER_S


def _moments(course: Course, rules: LeaveRules) -> Iterator[tuple[float, Cause]]:
    """From when each rule holds, as far as its condition is met. A word that was given comes before everything."""
    if course.told in WORDS:
        yield -math.inf, WORDS[course.told]
    if course.place in PLACES:
        yield course.place_since_s, PLACES[course.place]
    yield course.began_s + LIFE_S, Cause.LIFE
    if course.record_began_s is not None:
        yield course.record_began_s + rules.longest_s, Cause.LONGEST
    yield from _page_moments(course)
    if course.waiting_since_s is not None:
        yield course.waiting_since_s + rules.waiting_room_s, Cause.NOT_ADMITTED
    elif course.admitted_s is not None:
        yield from _call_moments(course, course.admitted_s, rules)


def _page_moments(course: Course) -> Iterator[tuple[float, Cause]]:
    if course.place is Place.JOINING:
        yield course.place_since_s + JOINING_S, Cause.NOT_ARRIVED
    if course.place is Place.UNREACHABLE:
        yield course.place_since_s + UNREACHABLE_S, Cause.UNREACHABLE
    if course.answered_s is not None:
        yield course.answered_s + FROZEN_S, Cause.FROZEN
    if course.admitted_s is not None and course.look_began_s is not None:
        yield course.look_began_s + HANGING_LOOK_S, Cause.HANGING


def _call_moments(course: Course, admitted_s: float, rules: LeaveRules) -> Iterator[tuple[float, Cause]]:
    if not course.recording:
        yield admitted_s + NOT_RECORDING_S, Cause.NOT_RECORDED
    if not course.ever_present:
        yield admitted_s + rules.noone_joined_s, Cause.NOBODY_CAME
        return
    if course.alone_since_s is not None:
        yield course.alone_since_s + rules.alone_s, Cause.ALONE
    if course.recording:
        quiet_since_s = max(admitted_s, course.first_present_s or admitted_s, course.last_sound_s or admitted_s)
        yield quiet_since_s + rules.silence_s, Cause.SILENCE
