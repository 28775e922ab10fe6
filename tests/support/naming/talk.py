"""A made meeting: who is there when and under which name, and who says which word when. Times are seconds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

WORD_S: Final = 0.3
NAMES: Final = (
    *("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gita", "Hugo", "Ines", "Jan", "Kira", "Leo", "Mia", "Nils", "Olga"),
    *(
        "Paul",
        "Quinn",
        "Rosa",
        "Sven",
        "Tara",
        "Uwe",
        "Vera",
        "Wim",
        "Xenia",
        "Yusuf",
        "Zoe",
        "Anna Lee",
        "Bo",
        "Cy",
        "Di",
    ),
)


@dataclass(eq=False)
class Person:
    """Somebody in the meeting: in the call in the stretches of `here`, called by `names` from the given moments on."""

    id: str
    source: int
    names: list[tuple[float, str]]
    here: list[tuple[float, float]]
    shares: bool = False
    again: "Person | None" = None
    """Whom this one is, come back with another id."""

    def name_at(self, at: float) -> str:
        return [name for since, name in self.names if since <= at or since == 0.0][-1]

    def is_here(self, at: float) -> bool:
        return any(start <= at < end for start, end in self.here)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody says in one go; `words` are when each begins. Each word's text is unlike any other's."""

    person: Person
    start: float
    words: tuple[tuple[float, str], ...]

    @property
    def end(self) -> float:
        return self.words[-1][0] + WORD_S


@dataclass
class Meeting:
    people: list[Person]
    length_s: float
    said: list[Utterance] = field(default_factory=list)

    def speaking(self, at: float) -> list[Person]:
        """Those in the middle of an utterance."""
        return list(dict.fromkeys(each.person for each in self.said if each.start <= at < each.end))


def meeting(names: Sequence[str], length_s: float) -> Meeting:
    people = [
        Person(f"spaces/a1b2/devices/{number + 2}", 1001 + number, [(0.0, name)], [(0.0, length_s)])
        for number, name in enumerate(names)
    ]
    return Meeting(people, length_s)


def talked(made: Meeting, chance: Random) -> Meeting:
    """Everybody speaks, some more than others: in turn, with pauses, with a quarter of all changes overlapping, and a
    word or two of somebody else in long turns."""
    likely = {person.id: chance.uniform(0.3, 2.0) for person in made.people}
    at, last, number = 2.0, None, 0
    while at < made.length_s - 12:
        present = [each for each in made.people if each is not last and each.is_here(at) and each.is_here(at + 12)]
        if not present:
            at += 1.0
            continue
        last = chance.choices(present, [likely[each.id] for each in present])[0]
        turn = Utterance(last, at, tuple(_words(at, chance, min(40, 3 + int(chance.expovariate(1 / 11))), number)))
        made.said.append(turn)
        others = [each for each in present if each is not last]
        if others and turn.end - turn.start > 5 and chance.random() < 0.3:
            beside = chance.uniform(turn.start + 1.5, turn.end - 1.5)
            words = tuple(_words(beside, chance, chance.randint(1, 2), number, "b"))
            made.said.append(Utterance(chance.choice(others), beside, words))
        number += 1
        at = turn.end + (-chance.uniform(0.2, 1.0) if chance.random() < 0.25 else chance.uniform(0.1, 1.2))
    made.said.sort(key=lambda each: each.start)
    return made


def _words(at: float, chance: Random, count: int, number: int, kind: str = "") -> Iterator[tuple[float, str]]:
    for place in range(count):
        yield round(at, 3), f"w{number}{kind}x{place}"
        at += WORD_S + (chance.uniform(0.2, 0.6) if chance.random() < 0.08 else chance.uniform(0.0, 0.06))
