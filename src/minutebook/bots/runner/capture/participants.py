"""Who is who: a key for every participant that stays the same when they reconnect, and when the bot does. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

LONGEST_SLUG: Final = 24


@dataclass(slots=True)
class Person:
    """One participant: the key, the name shown last, the platform's ids of all their connections, and a small number
    for those who want one."""

    key: str
    number: int
    name: str = ""
    ids: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Participants:
    """Everybody who ever was in the call."""

    everybody: dict[str, Person] = field(default_factory=dict)

    def person(self, identity: str, name: str, taken: Collection[str] = ()) -> Person:
        """The participant with this platform id and name. An unknown id with the name of exactly one participant who is
        not in the call under another id (their keys are `taken`) is that participant, reconnected."""
        found = self.known(identity) or self._by_name(name, taken) or self._new(identity, name)
        found.ids.add(identity)
        found.name = name or found.name
        return found

    def known(self, identity: str) -> Person | None:
        """The participant who ever had this id."""
        return next((each for each in self.everybody.values() if identity in each.ids), None)

    def to_json(self) -> list[dict[str, Any]]:
        """For the next attempt on the same machine."""
        return [
            {"key": each.key, "name": each.name, "ids": sorted(each.ids)}
            for each in self.everybody.values()
            if each.ids
        ]

    @classmethod
    def from_json(cls, rows: Iterable[dict[str, Any]]) -> Participants:
        """The inverse of `to_json`."""
        people = cls()
        for row in rows:
            person = Person(row["key"], len(people.everybody), row["name"], set(row["ids"]))
            people.everybody[person.key] = person
        return people

    def _by_name(self, name: str, taken: Collection[str]) -> Person | None:
        if not _plain(name):
            return None
        same = [each for each in self.everybody.values() if _plain(each.name) == _plain(name)]
        return same[0] if len(same) == 1 and same[0].key not in taken else None

    def _new(self, identity: str, name: str) -> Person:
        key = key_of(name)
        if not _plain(name) or key in self.everybody:
            key = key_of(name, identity)
        return self.everybody.setdefault(key, Person(key, len(self.everybody), name))


def key_of(name: str, identity: str = "") -> str:
    """A key that another runner on another machine finds too: from the name, or from name and id where the name alone
    does not tell (there is none, or two participants share it)."""
    slug = re.sub(r"[^a-z0-9]+", "-", _plain(name))[:LONGEST_SLUG].strip("-") or "participant"
    digest = hashlib.sha256(f"{_plain(name)}\n{identity}".encode()).hexdigest()[:8]
    return f"{slug}-{digest}"


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
