"""From a made meeting to what its page gets: the levels of contributing sources in three shared slots, who is lit, and
who is in the list. Lags and flicker of the signs are those of the played pages."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from playwright._impl._driver import compute_driver_executable

from minutebook.bots.platforms.facts.reading import load_pages
from minutebook.bots.platforms.page_scripts import load_page_script
from support.naming.talk import WORD_S, Meeting, Person
from support.replicas.people import BOT_ID, roster_frame
from support.replicas.people import Person as Shown

HERE: Final = Path(__file__).parent
PAGES: Final = HERE.parent / "replicas" / "pages"
OWN: Final = "Minutebook"
TICK_S: Final = 0.05
SLOTS: Final = 3
KEPT_S: Final = 0.4
DOMINANT_AFTER_S: Final = 0.4
MOST_TOLD: Final = 4
NOISE_S: Final = 0.2
NOISE_EVERY_S: Final = 15.0
"""Somebody's keys or cough are as loud as a voice so long, and about so often."""


class Pages:
    """The pages of one platform, one call after the other."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        node, _ = compute_driver_executable()
        self._process = subprocess.Popen([node, str(HERE / "pages.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        page = [(PAGES / f"{name}.js").read_text("utf-8") for name in ("base", platform)]
        self._send({"bot": load_page_script(platform, load_pages(platform)), "page": page})

    def told(self, made: Meeting, chance: Random, **how: Any) -> list[tuple[float, str, Any]]:
        """What the page script tells of a meeting: `[ms, kind, content]`."""
        self._send(asked_of(self.platform, made, chance, **how))
        assert self._process.stdout is not None
        found: list[tuple[float, str, Any]] = json.loads(self._process.stdout.readline() or "[]")
        return found

    def close(self) -> None:
        self._process.communicate()

    def _send(self, value: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(value).encode() + b"\n")
        self._process.stdin.flush()


@contextmanager
def pages(platform: str) -> Iterator[Pages]:
    opened = Pages(platform)
    try:
        yield opened
    finally:
        opened.close()


def asked_of(
    platform: str,
    made: Meeting,
    chance: Random,
    *,
    layout: str = "",
    network: bool = True,
    sources: bool = True,
    dominant: bool = False,
    video: bool = True,
) -> dict[str, Any]:
    """`network`: it tells who is there, by `sources` who is heard, and as `dominant` who speaks most."""
    changes = sorted({0.0, *(at for each in made.people for at in (*_times(each),) if at < made.length_s)})
    rows = [(round(at * 1000), [_row(each, at, video) for each in made.people if each.is_here(at)]) for at in changes]
    frames = [(round(at * 1000), _frame(made.people, at)) for at in changes] if platform == "teams" and network else []
    ticks = list(_ticks(platform, made, chance, network and sources))
    asked = {"own": OWN, "own_id": BOT_ID, "layout": layout, "seed": chance.getrandbits(30)}
    speaking = list(_dominant(ticks, made.people)) if dominant else []
    return asked | {"people": rows, "frames": frames, "ticks": ticks, "dominant": speaking}


def _dominant(ticks: Sequence[tuple[list[Any], list[str]]], people: Sequence[Person]) -> Iterator[tuple[int, str]]:
    """The messages of Teams' main channel: those who spoke most lately, told when there is another one at the head."""
    source, history, heard = {each.id: each.source for each in people}, list[int](), dict[str, int]()
    for number, (_, lit) in enumerate(ticks):
        heard = {each: heard.get(each, 0) + 1 for each in lit}
        first = max(heard, key=lambda each: heard[each], default="")
        if first and heard[first] * TICK_S >= DOMINANT_AFTER_S and history[:1] != [source[first]]:
            history = [source[first], *(each for each in history if each != source[first])][:MOST_TOLD]
            yield round(1000 * number * TICK_S), json.dumps([{"type": "dsh", "history": history}])


def _times(person: Person) -> Iterator[float]:
    yield from (at for at, _ in person.names)
    for start, end in person.here:
        yield from (start, end)


def _row(person: Person, at: float, video: bool) -> dict[str, Any]:
    row = {"id": person.id, "name": person.name_at(at), "source": person.source}
    return row | {"video": video, "share": person.shares}


def _frame(people: Sequence[Person], at: float) -> str:
    """Somebody who was never there yet is in no frame."""
    known = [each for each in people if each.here[0][0] <= at]
    return roster_frame([Shown(p.id, p.name_at(at), p.source, here=p.is_here(at)) for p in known], OWN)


def _ticks(platform: str, made: Meeting, chance: Random, network: bool) -> Iterator[tuple[list[Any], list[str]]]:
    """For every 50 ms the sources with their levels, and the ids of those who are lit."""
    noisy: dict[str, float] = {}
    seats: list[tuple[Person, float] | None] = [None] * SLOTS
    loud = _loud(made)
    for number in range(round(made.length_s / TICK_S)):
        at = number * TICK_S
        for person in made.people:
            if person.is_here(at) and chance.random() < TICK_S / NOISE_EVERY_S / len(made.people):
                noisy[person.id] = at + NOISE_S
        heard = [p for p in made.people if p.id in loud[number] or noisy.get(p.id, 0.0) > at]
        seated = _seated(seats, heard, at) if platform == "google_meet" else heard
        levels = [(each.source, round(chance.uniform(0.05, 0.3), 3)) for each in seated] if network else []
        yield levels, [each.id for each in heard]


def _loud(made: Meeting) -> dict[int, set[str]]:
    """By tick the ids of those who are in a word, or between two."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for each in made.said:
        for begin, _ in each.words:
            for tick in range(round(begin / TICK_S), round(min(begin + WORD_S + 0.1, each.end) / TICK_S)):
                found[tick].add(each.person.id)
    return found


def _seated(seats: list[tuple[Person, float] | None], heard: Sequence[Person], at: float) -> list[Person]:
    """Who gets one of the shared slots: whoever has one, or a free one."""
    for person in heard:
        mine = next((n for n, seat in enumerate(seats) if seat is not None and seat[0] is person), None)
        free = next((n for n, seat in enumerate(seats) if seat is None or at - seat[1] > KEPT_S), None)
        place = mine if mine is not None else free
        if place is not None:
            seats[place] = (person, at)
    return [person for person in heard if any(seat is not None and seat[0] is person for seat in seats)]
