"""Random edits of a truth, as people make them: everything that changes is told by the seed."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import Random

from support.calendars.world import Change, Instance, Series, Truth

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
LINKS = (
    "https://meet.google.com/abc-defg-hij",
    "https://meet.google.com/xyz-abcd-efg",
    "https://zoom.us/j/12345678901?pwd=abc",
    "https://us02web.zoom.us/j/99887766554",
    "",
)


class Editor:
    """Edits one truth. Everything that an edit touches starts at `safe` or later, before and after, unless the edit
    says that it moves something into the past."""

    def __init__(self, truth: Truth, chance: Random, name: str, most_series: int = 1000) -> None:
        self.truth = truth
        self.most_series = most_series
        self.chance = chance
        self.name = name
        self.made = 0

    def edit(self, now: datetime, safe: datetime) -> str:
        """One random edit; what it was."""
        edits: list[Callable[[datetime, datetime], None]] = [
            *(self.add, self.add_series, self.move, self.move, self.move_occurrence, self.move_occurrence),
            *(self.retitle, self.relink, self.remove, self.cancel_occurrence, self.split, self.decline),
        ]
        chosen = self.chance.choice(edits)
        chosen(now, safe)
        return chosen.__name__

    def add(self, _now: datetime, safe: datetime) -> None:
        key = self._key("s")
        start = self._moment(safe, 28)
        self.truth.put(Instance(key, key, start, self.chance.choice((15, 30, 60)), self._link()))

    def add_series(self, _now: datetime, safe: datetime) -> None:
        going_on = [key for key, each in sorted(self.truth.series.items()) if each.last is None]
        if len(going_on) >= self.most_series:
            self.truth.end_series(self.chance.choice(going_on), (safe + timedelta(days=2)).date())
            return
        key = self._key("r")
        zone, at = self.chance.choice(ZONES), time(self.chance.randrange(24), self.chance.choice((0, 15, 30)))
        first = (safe + timedelta(days=2)).date()
        every = self.chance.choice((1, 7, 14))
        self.truth.put_series(Series(key, key, self._link(), first, at, zone, every))

    def move(self, now: datetime, safe: datetime) -> None:
        if key := self._single(safe):
            start = self._moment(safe, 40)
            if self.chance.random() < 0.1:
                start = (now - timedelta(days=2)).replace(second=0, microsecond=0)
            self.truth.change(key, start=start)

    def retitle(self, _now: datetime, safe: datetime) -> None:
        if key := self._single(safe):
            self.truth.change(key, title=f"{key} {self.chance.randrange(100)}")
        elif self.truth.series:
            self.truth.change_series(self._series(), title=f"series {self.chance.randrange(100)}")

    def relink(self, _now: datetime, safe: datetime) -> None:
        if key := self._single(safe):
            self.truth.change(key, url=self._link())

    def remove(self, _now: datetime, safe: datetime) -> None:
        if key := self._single(safe):
            self.truth.remove(key)

    def decline(self, _now: datetime, safe: datetime) -> None:
        if key := self._single(safe):
            self.truth.change(key, declined=not self.truth.singles[key].declined)

    def move_occurrence(self, _now: datetime, safe: datetime) -> None:
        if found := self._occurrence(safe):
            series, original = found
            self.truth.change_occurrence(series, original, Change(start=self._moment(safe, 20)))

    def cancel_occurrence(self, _now: datetime, safe: datetime) -> None:
        if found := self._occurrence(safe):
            self.truth.change_occurrence(*found, Change(cancelled=True))

    def split(self, _now: datetime, safe: datetime) -> None:
        if self.truth.series:
            at = time(self.chance.randrange(24), 45)
            key = self._series()
            if self.truth.series[key].last is None:
                self.truth.split(key, safe + timedelta(days=self.chance.randrange(2, 20)), self._key("r"), at=at)

    def tidy(self, now: datetime) -> None:
        """Forget what was over long before any window: a year of edits is not to be looked through at each step."""
        old = now - timedelta(days=60)
        for key in [key for key, each in self.truth.singles.items() if each.end < old]:
            self.truth.remove(key)
        for key in [key for key, each in self.truth.series.items() if each.last and each.last < old.date()]:
            self.truth.remove(key)
        for key, each in list(self.truth.series.items()):
            kept = {at: change for at, change in each.changes.items() if max(at, change.start or at) > old}
            if len(kept) < len(each.changes):
                self.truth.change_series(key, changes=kept)

    def _key(self, kind: str) -> str:
        self.made += 1
        return f"{self.name}{kind}{self.made}"

    def _link(self) -> str:
        return self.chance.choice(LINKS)

    def _moment(self, safe: datetime, days: int) -> datetime:
        minutes = self.chance.randrange(0, days * 24 * 60, 5)
        whole = safe.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return whole + timedelta(minutes=minutes)

    def _single(self, safe: datetime) -> str | None:
        found = [key for key, each in self.truth.singles.items() if each.start >= safe]
        return self.chance.choice(sorted(found)) if found else None

    def _series(self) -> str:
        return self.chance.choice(sorted(self.truth.series))

    def _occurrence(self, safe: datetime) -> tuple[str, datetime] | None:
        if not self.truth.series:
            return None
        key = self._series()
        found = [
            each for each in self.truth.series[key].instances(safe, safe + timedelta(days=25)) if each.start >= safe
        ]
        chosen = self.chance.choice(found) if found else None
        return (key, chosen.original) if chosen is not None and chosen.original is not None else None
