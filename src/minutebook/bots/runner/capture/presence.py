"""Who is in the call, as observations of coming, being renamed and leaving. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from minutebook.bots.protocol import Observation, ObservationKind
from minutebook.bots.runner.capture.page_messages import Owner
from minutebook.bots.runner.capture.participants import Participants, Person

GONE_AFTER_MS: Final = 2_500
"""Somebody who is missing for a shorter time did not leave: pages redraw their lists."""

STALE_AFTER_MS: Final = 12_000
"""A document tells its state every 5 s; one that is silent for so long is gone."""

T = TypeVar("T")


@dataclass(slots=True)
class Told(Generic[T]):
    """The last state that each document of the page told."""

    _by_document: dict[str, tuple[int, T | None]] = field(default_factory=dict)

    def hear(self, document: str, value: T | None, now_ms: int) -> None:
        """A document tells its state; None: it does not know."""
        self._by_document[document] = (now_ms, value)

    def latest(self, now_ms: int) -> T | None:
        """What is known at the moment, by the document that told last and knows."""
        fresh = [
            (at, value)
            for at, value in self._by_document.values()
            if value is not None and now_ms - at < STALE_AFTER_MS
        ]
        return max(fresh, key=lambda each: each[0])[1] if fresh else None


@dataclass(slots=True)
class Presence:
    """Those in the call now, without the bot."""

    people: Participants
    present: dict[str, Person] = field(default_factory=dict)
    _connections: dict[str, str] = field(default_factory=dict)
    _missing_since_ms: dict[str, int] = field(default_factory=dict)
    _observed: dict[str, tuple[str, bool]] = field(default_factory=dict)
    _with_track: set[str] = field(default_factory=set)

    @property
    def names(self) -> Mapping[str, str]:
        """Key → name of those in the call now."""
        return {key: person.name for key, person in self.present.items()}

    def person(self, owner: Owner) -> Person:
        """The participant behind an id that the page names now."""
        taken = {key for identity, key in self._connections.items() if identity != owner.id}
        person = self.people.person(owner.id, owner.name, taken)
        self._connections[owner.id] = person.key
        return person

    def has_track(self, key: str) -> bool:
        """Whether the participant's sound alone was recorded."""
        return key in self._with_track

    def track_recorded(self, key: str) -> None:
        """There is sound of this participant alone."""
        self._with_track.add(key)

    def see(self, owners: Iterable[Owner], now_ms: int) -> list[Observation]:
        """These are in the call now: what changed."""
        seen = list(owners)
        ids = {owner.id for owner in seen}
        self._connections = {identity: key for identity, key in self._connections.items() if identity in ids}
        here = {person.key: person for person in map(self.person, seen)}
        for key, person in here.items():
            self.present[key] = person
            self._missing_since_ms.pop(key, None)
        return [*self._changes(now_ms), *self._gone(here, now_ms)]

    def renamed(self, person: Person, now_ms: int) -> list[Observation]:
        """Somebody who is not in the call any more turns out to have a name."""
        return self._change(person, now_ms)

    def _changes(self, now_ms: int) -> list[Observation]:
        return [each for person in self.present.values() for each in self._change(person, now_ms)]

    def _change(self, person: Person, now_ms: int) -> list[Observation]:
        facts = (person.name, person.key in self._with_track)
        if self._observed.get(person.key) == facts:
            return []
        self._observed[person.key] = facts
        name, track = facts
        return [Observation(ObservationKind.PARTICIPANT, now_ms, person.key, name=name, track=track)]

    def _gone(self, here: Mapping[str, Person], now_ms: int) -> list[Observation]:
        gone = []
        for key in [key for key in self.present if key not in here]:
            since_ms = self._missing_since_ms.setdefault(key, now_ms)
            if now_ms - since_ms < GONE_AFTER_MS:
                continue
            del self.present[key], self._missing_since_ms[key]
            self._observed.pop(key, None)
            gone.append(Observation(ObservationKind.LEFT, since_ms, key))
        return gone
