"""The table: what happens in a made meeting × in which way a platform's page shows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from support.naming.talk import NAMES, Meeting, meeting, talked

MOST_WRONG: Final = 0.01
"""Of the words of a call those with a wrong name; a word without a name is not wrong."""
Case = Callable[[float], Meeting]
"""A meeting of so many seconds, in which nobody has spoken yet."""


def _of(count: int) -> Case:
    return lambda length_s: meeting(NAMES[:count], length_s)


def _renames(length_s: float) -> Meeting:
    made = meeting(NAMES[:4], length_s)
    made.people[0].names.append((length_s / 3, "Ada Lovelace"))
    made.people[2].names.append((length_s * 0.6, "Cleo (Sales)"))
    return made


def _takes_a_name(length_s: float) -> Meeting:
    """Somebody takes the name that another one had who left."""
    made = meeting(NAMES[:4], length_s)
    made.people[3].here = [(0.0, length_s * 0.4)]
    made.people[0].names.append((length_s * 0.6, "Ada L."))
    made.people[1].names.append((length_s * 0.7, "Ada"))
    return made


def _namesakes(length_s: float) -> Meeting:
    return meeting(("Ada", "Ben", "Ada", "Cleo"), length_s)


def _late(length_s: float) -> Meeting:
    made = meeting(NAMES[:6], length_s)
    for number, since in ((3, length_s / 4), (4, length_s / 2), (5, length_s * 0.6)):
        made.people[number].here = [(since, length_s)]
    return made


def _back(length_s: float) -> Meeting:
    """Somebody goes and comes back as somebody new to the platform; another leaves early."""
    made = meeting((*NAMES[:4], NAMES[1]), length_s)
    made.people[1].here, made.people[4].here = [(0.0, length_s * 0.4)], [(length_s * 0.55, length_s)]
    made.people[3].here = [(0.0, length_s * 0.6)]
    made.people[4].again = made.people[1]
    return made


def _share(length_s: float) -> Meeting:
    made = meeting(NAMES[:4], length_s)
    made.people[1].shares = True
    return made


CASES: Final[Mapping[str, Case]] = {
    **{f"{count} people": _of(count) for count in (2, 3, 5, 8, 30)},
    "renames": _renames,
    "a name that another one had": _takes_a_name,
    "namesakes": _namesakes,
    "late joiners": _late,
    "gone and back": _back,
    "share": _share,
    "all video off": _of(5),
}


@dataclass(frozen=True, slots=True)
class Way:
    """How a platform's page shows who speaks; `least_named` is the
    share of words that have the right name at least: pages that show one person tell little. Where not
    `everybody` is shown, a rename cannot be told from a change on the stage. `beyond` are cases in which a way still
    names more words wrongly: those of namesakes, whom its names do not tell apart."""

    platform: str
    name: str
    how: Mapping[str, Any] = field(default_factory=dict)
    least_named: float = 0.85
    everybody: bool = True
    beyond: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.platform}, {self.name}"


NAMESAKES: Final = frozenset({"namesakes"})
NARROW: Final = (
    Way("google_meet", "one tile", {"layout": "spotlight"}, beyond=NAMESAKES),
    Way("zoom", "one frame", {"layout": "single"}, 0.7, everybody=False, beyond=NAMESAKES),
)
"""Views of one person: measured, and not good enough in short or large meetings (up to 6 % of words)."""
WAYS: Final = (
    Way("google_meet", "contributing sources"),
    Way("google_meet", "meters alone", {"network": False}),
    Way("teams", "network"),
    Way("teams", "network, one speaker", {"sources": False, "dominant": True}),
    Way("teams", "network, outlines", {"sources": False}, beyond=NAMESAKES),
    Way("teams", "outlines", {"network": False}, beyond=NAMESAKES),
    Way("teams", "outlines and a list", {"network": False, "layout": "roster"}, beyond=NAMESAKES),
    Way("teams", "captions", {"network": False, "layout": "captions"}, beyond=NAMESAKES),
    Way("zoom", "gallery"),
    Way("zoom", "gallery and a list", {"layout": "gallery list"}),
    Way("zoom", "speaker", {"layout": "speaker"}, everybody=False, beyond=NAMESAKES),
    Way("zoom", "suspension", {"layout": "suspension"}, everybody=False, beyond=NAMESAKES),
    Way("zoom", "several speakers", {"layout": "multi"}, everybody=False),
    Way("zoom", "one frame and a list", {"layout": "single list"}, 0.0),
)


def made(case: str, length_s: float, seed: int) -> Meeting:
    """The meeting of a case, with what is said in it."""
    return talked(CASES[case](length_s), Random(seed))
