"""The truth of a calendar, apart from any provider: single events, and series with their exceptions in a time zone."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Instance:
    """One event as people see it."""

    key: str
    title: str
    start: datetime
    minutes: int
    url: str
    series: str | None = None
    original: datetime | None = None
    declined: bool = False
    all_day: bool = False
    mine: bool = True

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Change:
    """What is different about one occurrence of a series; None is as in the series."""

    start: datetime | None = None
    title: str | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class Series:
    """A meeting every so many days at a time of day in its zone, until the last day."""

    key: str
    title: str
    url: str
    first: date
    at: time
    zone: str
    every_days: int
    minutes: int = 30
    last: date | None = None
    changes: dict[datetime, Change] = field(default_factory=dict)
    _made: dict[tuple[datetime, datetime, str], Instance] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Occurrences are made once: a year of steps asks for each some hundred times."""

    def instances(self, since: datetime, until: datetime) -> Iterator[Instance]:
        """Occurrences that touch this time, moved ones where they are now."""
        length = timedelta(minutes=self.minutes)
        for original in self._originals(since - length, until):
            if original not in self.changes and original + length > since:
                yield self._instance(original, original, self.title)
        for original, change in self.changes.items():
            start = change.start or original
            if not change.cancelled and self._has(original) and start < until and start + length > since:
                yield self._instance(original, start, change.title or self.title)

    def _instance(self, original: datetime, start: datetime, title: str) -> Instance:
        made = self._made.get((original, start, title))
        if made is None:
            key = f"{self.key}_{original:%Y%m%dT%H%M%SZ}"
            made = Instance(key, title, start, self.minutes, self.url, self.key, original)
            self._made[original, start, title] = made
        return made

    def _originals(self, since: datetime, until: datetime) -> Iterator[datetime]:
        step = max(0, (since.date() - self.first).days // self.every_days - 1)
        while True:
            day = self.first + timedelta(days=step * self.every_days)
            original = moment_of(day, self.at, self.zone)
            if original >= until or (self.last is not None and day > self.last):
                return
            step += 1
            if original >= since:
                yield original

    def _has(self, original: datetime) -> bool:
        day = original.astimezone(ZoneInfo(self.zone)).date()
        return self.first <= day and (self.last is None or day <= self.last)


@cache
def moment_of(day: date, at: time, zone: str) -> datetime:
    """A local time, in UTC."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


class Truth:
    """One calendar as it really is. Edits only ever replace values, so that copies of `singles` and `series` stay."""

    def __init__(self) -> None:
        self.singles: dict[str, Instance] = {}
        self.series: dict[str, Series] = {}

    def instances(self, since: datetime, until: datetime) -> dict[str, Instance]:
        """Everything that touches this time, by key."""
        found = {each.key: each for each in self.singles.values() if each.start < until and each.end > since}
        for series in self.series.values():
            found |= {each.key: each for each in series.instances(since, until)}
        return found

    def put(self, instance: Instance) -> None:
        self.singles[instance.key] = instance

    def change(self, key: str, **members: object) -> None:
        self.singles[key] = replace(self.singles[key], **members)  # type: ignore[arg-type]

    def remove(self, key: str) -> None:
        self.singles.pop(key, None)
        self.series.pop(key, None)

    def put_series(self, series: Series) -> None:
        self.series[series.key] = series

    def change_series(self, key: str, **members: object) -> None:
        self.series[key] = replace(self.series[key], **members)  # type: ignore[arg-type]

    def change_occurrence(self, key: str, original: datetime, change: Change) -> None:
        series = self.series[key]
        self.series[key] = replace(series, changes={**series.changes, original: change})

    def end_series(self, key: str, last: date) -> None:
        """Let a series have its last occurrence on that day or before. What was changed after it goes too, as at all
        providers: an occurrence that stood there would be a meeting of its own."""
        series = self.series[key]
        zone = ZoneInfo(series.zone)
        kept = {each: change for each, change in series.changes.items() if each.astimezone(zone).date() <= last}
        self.series[key] = replace(series, last=last, changes=kept)

    def split(self, key: str, moment: datetime, new_key: str, **members: object) -> None:
        """ "This and following": the series ends before that day, another one goes on from it."""
        series = self.series[key]
        day = moment.astimezone(ZoneInfo(series.zone)).date()
        days = (day - series.first).days
        first = series.first + timedelta(days=-(-days // series.every_days) * series.every_days)
        self.end_series(key, day - timedelta(days=1))
        self.series[new_key] = replace(series, key=new_key, first=first, changes={}, **members)  # type: ignore[arg-type]
