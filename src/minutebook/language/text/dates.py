"""Due dates: finding them in a clause as they were said, and working out the calendar date.

Calendar rules: a bare weekday is the first such day after the meeting; "next Tuesday" is the Tuesday of the following
ISO week; the end of a week is its Friday; a date without a year is the first one after the meeting. Where a weekday
and a day of the month contradict each other, no date is given.
"""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from re import Match

from minutebook.language.text.words import normal_words, numbers_in

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAY = "(?:" + "|".join(WEEKDAYS) + ")"
_MONTH = "(?:" + "|".join(MONTHS) + ")"
_SMALL = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|forty-five|sixty|ninety"
)
_ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th)?|(?:twenty|thirty)[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)"
    "|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    "|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
_PART = "(?:morning|afternoon|evening|night|noon|midday|lunchtime|lunch)"
_CLOCK = (
    rf"(?:\d{{1,2}}(?::\d\d)?(?: ?[ap]m)?|(?:half past |quarter past |quarter to )?(?:{_SMALL}))(?: o'clock| [ap]m)?"
)
_TIME = rf"(?:(?: in the)? {_PART}| at {_CLOCK}| {_CLOCK} (?:o'clock|[ap]m)| by {_CLOCK}| first thing| at the latest)"
_BY = r"(?:(?:by|until|till|on|before|for|no later than|not later than|from|over)(?: the latest)? )?"
_COUNT = (
    rf"(?:a|an|one|a couple of|a few|the next|the next few|the next couple of|\d+|{_SMALL})(?: (?:{_SMALL}))?(?: more)?"
)
_PERIOD = "(?:minutes?|hours?|days?|weeks?|months?|working days?|business days?)"
_SPAN = "(?:day|week|weekend|month|quarter|year|sprint|iteration|semester|term)"
_EVENT = r"(?:meeting|call|stand-?up|session|lunch|break|demo|workshop|lecture|class|interview|review)"

_DATED = (
    rf"{_BY}(?:the )?(?:very )?(?:end|beginning|start|middle) of (?:the |this |next |that )?"
    rf"(?:{_SPAN}|business day|business|{_MONTH}|{_DAY})",
    rf"{_BY}(?:the )?(?:(?:next|this|coming|following) )?{_DAY}(?: next week)?,? (?:the )?{_ORDINAL}"
    rf"(?: (?:of )?{_MONTH})?{_TIME}?",
    rf"{_BY}(?:the )?{_ORDINAL} (?:of |(?!may|march)){_MONTH}{_TIME}?",
    rf"{_BY}{_MONTH} (?:the {_ORDINAL}|\d{{1,2}}(?:st|nd|rd|th)?\b|(?<!may )(?<!march ){_ORDINAL}){_TIME}?",
    rf"{_BY}(?:early |late )?(?:(?:next|this|coming|following) )?{_DAY}(?: next week)?{_TIME}*",
    rf"{_BY}(?:the day after tomorrow|(?:first thing |early |late |later )?(?:tomorrow|today|tonight)"
    rf"|this (?:morning|afternoon|evening|week|month|quarter|weekend)){_TIME}*",
    rf"(?:by |before |until |during |over |some ?time |early |later |in )?(?:the )?(?:next|this coming) {_SPAN}",
    rf"(?:in|within)(?: about)? {_COUNT} {_PERIOD}(?:'s? time)?",
    rf"{_BY}(?:the )?(?:weekend|eod|end of day|cob|close of business|noon|midnight|lunchtime|midday)\b",
    rf"(?:by|until|before) {_CLOCK}(?: o'clock| [ap]m)?(?= [,.?!;]|$)",
    r"(?:later|still) this (?:week|month|afternoon|morning)",
    r"(?:right |straight |directly |immediately |shortly |just )?"
    rf"after (?:(?:this|the|our) {_EVENT}|lunch|dinner|work|breakfast|school)",
    r"as soon as (?:possible|i can|we can)|asap|right away|straight away|immediately|right now|at once",
)
_EVENTFUL = (
    r"(?<!days )(?<!weeks )(?<!hours )(?<!minutes )(?<!months )before (?:i|we|you|they|he|she|it) [a-z]+"
    r"(?: (?!and\b|but\b|so\b|please\b)[a-z]+){0,2}",
    r"(?<!days )(?<!weeks )(?<!hours )(?<!minutes )(?<!months )before (?:the|our|my|their|lunch|christmas|easter)"
    r"(?: [a-z-]+){0,2}",
    r"(?:together|along) with (?:the|our|my|that|this) [a-z-]+",
    r"(?:once|as soon as|when) (?:we|i|you|they|he|she|it|that|the [a-z]+) (?:[a-z]+ ?){1,4}",
)
_DUE = re.compile(r"\b(?:" + "|".join(_DATED) + r")\b")
_EVENT_DUE = re.compile(r"\b(?:" + "|".join(_EVENTFUL) + r")")
_LEADING = re.compile(
    r"^(?:by|until|till|on|for|no later than|not later than|over)(?: the latest)? (?:the (?=end|next|start|beg))?"
)
_LEADING_WORDS = 6


def find_due(norm: str) -> Match[str] | None:
    """The due expression in a normalised clause: one with a date or time if there is one, else one tied to an event.
    Of several, the last: "what I showed on Monday, I send by Friday"."""
    dated = list(_DUE.finditer(norm))
    if dated:
        return dated[-1]
    return next(iter(_EVENT_DUE.finditer(norm)), None)


def is_dated(words: str) -> bool:
    """Whether a due expression has a date or time, rather than an event ("before I call")."""
    return _DUE.search(words) is not None


def said_of(words: str) -> str:
    """What is kept of a due expression: without the preposition in front ("by Thursday" → "Thursday")."""
    lowered = words.lower()
    match = _LEADING.match(lowered)
    return (words[match.end() :] if match else words).strip(" ,.;:?!")


def resolve(said: str, held_on: date | None) -> date | None:
    """The calendar date of a due expression, relative to the meeting's date; None where it cannot be told."""
    if held_on is None:
        return None
    words = " ".join(normal_words(said))
    return next((rule(match, held_on) for pattern, rule in _RULES if (match := pattern.search(words))), None)


def _weekday(match: Match[str], held_on: date) -> date:
    day = WEEKDAYS.index(match["day"])
    if match["next"] or match["after"]:
        monday = held_on - timedelta(days=held_on.weekday()) + timedelta(days=7)
        return monday + timedelta(days=day)
    return held_on + timedelta(days=(day - held_on.weekday() - 1) % 7 + 1)


def _calendar_day(match: Match[str], held_on: date) -> date | None:
    month = MONTHS.index(match["month"]) + 1
    numbers = numbers_in(match["ordinal"].replace("-", " ").split())
    day = int(numbers[0].value) if numbers else 0
    candidates = [_date(held_on.year + years, month, day) for years in (0, 1)]
    found = next((c for c in candidates if c is not None and c >= held_on), None)
    return found if found is None or _agrees(match.string, found) else None


def _day_of_month(match: Match[str], held_on: date) -> date | None:
    numbers = numbers_in(match["ordinal"].replace("-", " ").split())
    day = int(numbers[0].value) if numbers else 0
    months = ((held_on.year + (held_on.month - 1 + n) // 12, (held_on.month - 1 + n) % 12 + 1) for n in range(3))
    dates = (_date(year, month, day) for year, month in months)
    found = next((c for c in dates if c is not None and c > held_on), None)
    return found if found is None or _agrees(match.string, found) else None


def _agrees(words: str, day: date) -> bool:
    named = [name for name in WEEKDAYS if name in words.split()]
    return not named or WEEKDAYS[day.weekday()] in named


def _date(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= day <= calendar.monthrange(year, month)[1] else None


def _end_of(match: Match[str], held_on: date) -> date | None:
    unit, following = match["unit"], bool(match["next"])
    if unit == "week":
        friday = held_on + timedelta(days=4 - held_on.weekday())
        return friday + timedelta(days=7 if following or friday < held_on else 0)
    if unit in ("day", "business", "business day"):
        return held_on
    if unit in ("month", "quarter", "year"):
        return _month_end(held_on, {"month": 1, "quarter": 3, "year": 12}[unit], following)
    if unit in MONTHS:
        month = MONTHS.index(unit) + 1
        year = held_on.year + (month < held_on.month)
        return date(year, month, calendar.monthrange(year, month)[1])
    return None


def _month_end(held_on: date, size: int, following: bool) -> date:
    month = ((held_on.month - 1) // size + 1 + following) * size
    year, month = held_on.year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def _after(match: Match[str], held_on: date) -> date | None:
    numbers = numbers_in(match["count"].split())
    count = int(numbers[0].value) if numbers else {"a couple of": 2}.get(match["count"], 1)
    if "few" in match["count"] or (count == 1 and "next" in match["count"]):
        return None
    unit = match["unit"].removesuffix("s")
    if unit in ("minute", "hour"):
        return held_on
    if unit == "day":
        return held_on + timedelta(days=count)
    if unit == "week":
        return held_on + timedelta(weeks=count)
    month = held_on.month - 1 + count
    year, month = held_on.year + month // 12, month % 12 + 1
    return date(year, month, min(held_on.day, calendar.monthrange(year, month)[1]))


def _in_days(days: int) -> Callable[[Match[str], date], date | None]:
    return lambda match, held_on: held_on + timedelta(days=days)


def _unknown(match: Match[str], held_on: date) -> None:
    return None


_RULES: tuple[tuple[re.Pattern[str], Callable[[Match[str], date], date | None]], ...] = (
    (re.compile(r"\b(?:before|once|when|with|beginning of|start of|middle of|last)\b"), _unknown),
    (
        re.compile(rf"\bend of (?:the |this |that )?(?P<next>next )?(?P<unit>business day|business|{_SPAN}|{_MONTH})"),
        _end_of,
    ),
    (re.compile(r"\b(?P<next>)(?P<unit>eod|cob|end of day|close of business)"), _in_days(0)),
    (re.compile(rf"(?P<ordinal>{_ORDINAL}) (?:of )?(?P<month>{_MONTH})"), _calendar_day),
    (re.compile(rf"(?P<month>{_MONTH}) (?:the )?(?P<ordinal>{_ORDINAL})"), _calendar_day),
    (re.compile(rf"{_DAY} the (?P<ordinal>{_ORDINAL})"), _day_of_month),
    (re.compile(rf"(?P<next>next )?(?P<day>{_DAY})(?P<after> next week)?"), _weekday),
    (re.compile(r"day after tomorrow"), _in_days(2)),
    (re.compile(r"tomorrow"), _in_days(1)),
    (
        re.compile(r"today|tonight|this (?:morning|afternoon|evening)|right away|straight away|at once|immediately"),
        _in_days(0),
    ),
    (re.compile(rf"after (?:(?:this|the|our) {_EVENT}|lunch|dinner|work)|right now"), _in_days(0)),
    (re.compile(rf"(?:in|within)(?: about)? (?P<count>{_COUNT}) (?:working |business )?(?P<unit>{_PERIOD})"), _after),
)
