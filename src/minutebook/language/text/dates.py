"""Due dates: finding them in a clause as they were said, and working out the calendar date.

Calendar rules: a bare weekday is the first such day after the meeting, "Tuesday week" a week later; "next Tuesday" is
the Tuesday of the following ISO week; the end of a week is its Friday; a date without a year is the first one after the
meeting. Where a weekday and a day of the month contradict each other, no date is given. How a language says these
things is in its pack.
"""

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from re import Match
from typing import Final

from minutebook.language.text.words import Words


@dataclass(frozen=True, slots=True)
class DateRule:
    """A pattern over the words of a due expression, and the calendar rule (`CALENDAR_RULES`) that it stands for; `days`
    belongs to `in_days`."""

    pattern: re.Pattern[str]
    means: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Expression:
    """A due expression and the half-open range of characters of its clause in which it stands."""

    text: str
    first: int
    last: int

    @property
    def span(self) -> tuple[int, int]:
        return self.first, self.last


@dataclass(frozen=True, eq=False)
class Dates:
    """How one language speaks of time. Made of the table `dates` of its pack.

    `dated` finds expressions with a date or time, `eventful` those tied to an event; `leading` is what stands before
    them, `joining` what joins two to one, `aside` what stands before one that is no due date. `units` are words for
    spans of time by the span they mean, `counts` words for numbers that are none, `vague` what no date follows from, in
    any number or in one.
    """

    words: Words
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    dated: re.Pattern[str]
    eventful: re.Pattern[str]
    leading: re.Pattern[str]
    joining: re.Pattern[str]
    aside: re.Pattern[str]
    units: Mapping[str, str]
    counts: Mapping[str, int]
    vague: re.Pattern[str]
    vague_one: re.Pattern[str]
    rules: tuple[DateRule, ...]

    def find_due(self, norm: str) -> Expression | None:
        """The due expression in a normalised clause: one with a date or time if there is one, else one tied to an
        event. Of several, the last: "what I showed on Monday, I send by Friday"; what only goes on in the next word is
        one ("Tuesday or Wednesday", "today, before five"), and what is denied or explained none ("not Friday")."""
        dated: list[Expression] = []
        for match in self.dated.finditer(norm):
            before = norm[: match.start()]
            if self.aside.search(before):
                continue
            goes_on = bool(dated) and self.joining.fullmatch(norm, dated[-1].last, match.start()) is not None
            first = dated.pop().first if goes_on else match.start()
            dated.append(Expression(norm[first : match.end()], first, match.end()))
        if dated:
            return dated[-1]
        found = self.eventful.search(norm)
        return Expression(found[0], *found.span()) if found is not None else None

    def is_dated(self, words: str) -> bool:
        """Whether a due expression has a date or time, rather than an event ("before I call")."""
        return self.dated.search(words) is not None

    def said_of(self, words: str) -> str:
        """What is kept of a due expression: without the preposition in front ("by Thursday" → "Thursday")."""
        match = self.leading.match(words.lower())
        return (words[match.end() :] if match else words).strip(" ,.;:?!")

    def resolve(self, said: str, held_on: date | None) -> date | None:
        """The calendar date of a due expression, relative to the meeting's date; None where it cannot be told."""
        if held_on is None:
            return None
        words = self.words.norm(said)
        matching = ((rule, match) for rule in self.rules if (match := rule.pattern.search(words)))
        return next((CALENDAR_RULES[rule.means](self, rule, match, held_on) for rule, match in matching), None)

    def _number(self, words: str) -> int | None:
        numbers = self.words.numbers_in(words.split())
        return int(numbers[0].value) if numbers else None

    def _unknown(self, _rule: DateRule, _match: Match[str], _held_on: date) -> None:
        return None

    def _in_days(self, rule: DateRule, _match: Match[str], held_on: date) -> date:
        return held_on + timedelta(days=rule.days)

    def _weekday(self, _rule: DateRule, match: Match[str], held_on: date) -> date:
        day = self.weekdays.index(match["day"])
        if match["next"] or match["after"]:
            monday = held_on - timedelta(days=held_on.weekday()) + timedelta(days=7)
            return monday + timedelta(days=day)
        a_week_on = 7 if match.groupdict().get("later") else 0
        return held_on + timedelta(days=(day - held_on.weekday() - 1) % 7 + 1 + a_week_on)

    def _calendar_day(self, _rule: DateRule, match: Match[str], held_on: date) -> date | None:
        month = self.months.index(match["month"]) + 1
        day = self._number(match["ordinal"].replace("-", " ")) or 0
        candidates = [_date(held_on.year + years, month, day) for years in (0, 1)]
        found = next((c for c in candidates if c is not None and c >= held_on), None)
        return found if found is None or self._agrees(match.string, found) else None

    def _day_of_month(self, _rule: DateRule, match: Match[str], held_on: date) -> date | None:
        day = self._number(match["ordinal"].replace("-", " ")) or 0
        months = ((held_on.year + (held_on.month - 1 + n) // 12, (held_on.month - 1 + n) % 12 + 1) for n in range(3))
        dates = (_date(year, month, day) for year, month in months)
        found = next((c for c in dates if c is not None and c > held_on), None)
        return found if found is None or self._agrees(match.string, found) else None

    def _agrees(self, words: str, day: date) -> bool:
        named = [name for name in self.weekdays if name in words.split()]
        return not named or self.weekdays[day.weekday()] in named

    def _end_of(self, _rule: DateRule, match: Match[str], held_on: date) -> date | None:
        said, following = match["unit"], bool(match["next"])
        unit = self.units.get(said)
        if unit == "week":
            friday = held_on + timedelta(days=4 - held_on.weekday())
            return friday + timedelta(days=7 if following or friday < held_on else 0)
        if unit == "day":
            return held_on
        if unit in _MONTHS_IN:
            return _month_end(held_on, _MONTHS_IN[unit], following)
        if said in self.months:
            month = self.months.index(said) + 1
            year = held_on.year + (month < held_on.month)
            return date(year, month, calendar.monthrange(year, month)[1])
        return None

    def _after(self, _rule: DateRule, match: Match[str], held_on: date) -> date | None:
        said = match["count"]
        number = self._number(said)
        count = number if number is not None else self.counts.get(said, 1)
        if self.vague.search(said) or (count == 1 and self.vague_one.search(said)):
            return None
        unit = self.units.get(match["unit"])
        if unit in ("minute", "hour"):
            return held_on
        if unit == "day":
            return held_on + timedelta(days=count)
        if unit == "week":
            return held_on + timedelta(weeks=count)
        month = held_on.month - 1 + count
        year, month = held_on.year + month // 12, month % 12 + 1
        return date(year, month, min(held_on.day, calendar.monthrange(year, month)[1]))


Rule = Callable[[Dates, DateRule, Match[str], date], date | None]
_MONTHS_IN: Final = {"month": 1, "quarter": 3, "year": 12}

CALENDAR_RULES: Final[Mapping[str, Rule]] = {
    "unknown": Dates._unknown,
    "in_days": Dates._in_days,
    "weekday": Dates._weekday,
    "calendar_day": Dates._calendar_day,
    "day_of_month": Dates._day_of_month,
    "end_of": Dates._end_of,
    "after": Dates._after,
}
"""What a pack's date rules may mean, and the groups their patterns have: `weekday` (day, next, after, and `later` where
a pack has "Saturday week"), `calendar_day`
(month, ordinal), `day_of_month` (ordinal), `end_of` (unit, next), `after` (count, unit)."""


def _date(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= day <= calendar.monthrange(year, month)[1] else None


def _month_end(held_on: date, size: int, following: bool) -> date:
    month = ((held_on.month - 1) // size + 1 + following) * size
    year, month = held_on.year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])
