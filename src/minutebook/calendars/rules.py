"""Which events get a bot. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from minutebook.calendars.model import FetchedEvent, Rule, Skip, StoredEvent
from minutebook.errors import invalid
from minutebook.kit.text import clean_line, folded

MOST_WORDS: Final = 100
NAME_MOST: Final = 255


def is_wanted_by(rule: Rule | None, event: StoredEvent) -> bool:
    """Whether a calendar's rule sends a bot to this event. Never to what is no meeting by itself."""
    if rule is None or event.deleted or event.skip is not None or not event.room:
        return False
    if (rule.never_private and event.is_private) or (rule.never_free and event.is_free):
        return False
    if rule.mine_only and not event.is_organizer:
        return False
    title = folded(event.title)
    return not rule.words or any(folded(word) in title for word in rule.words)


def wants_bot(event: StoredEvent, now: datetime) -> bool:
    """Whether a bot is to be there: somebody or a rule asked for one, there is a room, and the meeting is neither gone,
    over, nor declined by the calendar's owner."""
    is_on = not event.deleted and event.skip is not Skip.DECLINED
    return is_on and event.wish is not None and event.room is not None and event.end > now


def skip_of(*, all_day: bool, kind: Skip | None, declined: bool) -> Skip | None:
    """Why an event is no meeting by itself; a decline comes first, since it also holds for bots that were asked for."""
    if declined:
        return Skip.DECLINED
    return kind or (Skip.ALL_DAY if all_day else None)


def people_of(event: FetchedEvent) -> str:
    """The addresses on an invitation as one text, folded, each between line breaks: lists search it."""
    return "\n" + "".join(f"{folded(person.email)}\n" for person in event.attendees)


def checked_rule(
    *, mine_only: bool, words: Sequence[str], never_private: bool, never_free: bool, bot_name: str | None
) -> Rule:
    """A rule, its texts clean. Raises `words_too_many`, `text_invalid`, `text_too_long`."""
    if len(words) > MOST_WORDS:
        raise invalid("words_too_many", f"A rule has at most {MOST_WORDS} words.", "words")
    clean = (clean_line(word, f"words[{place}]", at_most=200) for place, word in enumerate(words))
    name = clean_line(bot_name or "", "bot_name", at_most=NAME_MOST) or Rule().bot_name
    return Rule(mine_only, tuple(dict.fromkeys(word for word in clean if word)), never_private, never_free, name)


def rule_to_json(rule: Rule) -> dict[str, Any]:
    """The rule as JSON."""
    return {**asdict(rule), "words": list(rule.words)}


def rule_from_json(kept: dict[str, Any]) -> Rule:
    """The inverse."""
    return Rule(**{**kept, "words": tuple(kept["words"])})
