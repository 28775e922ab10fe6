"""What a look at the page means: the place, and the next thing to do. Pure; the look itself is `looking.js`."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Final

from minutebook.bots.platforms.facts.model import Action, NameRule, PageFacts, Probe, Sign, Step
from minutebook.bots.platforms.ports import Guest, Place, Sight

QUOTED_CHARS: Final = 160
"""Longer texts are whole parts of the page, not what it says about the call."""
NAMELESS: Final = "Notetaker"
"""The name of a bot of whose own name the page takes no character."""


@dataclass(frozen=True, slots=True)
class Match:
    """An element that a probe found: which of its entries it is for, its text, what a field holds, whether it can be
    used now."""

    entry: int
    text: str = ""
    value: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """What the page showed at one moment: its address, its title and, per probe asked for, what was found. `document`
    is another number for each page that was loaded; 0 where there was none."""

    url: str
    title: str
    found: Mapping[Probe, Sequence[Match]]
    document: float = 0.0

    def holds(self, probe: Probe) -> bool:
        """Whether enough of the probe's entries were found."""
        return len(self.found.get(probe, ())) >= probe.at_least


@dataclass(frozen=True, slots=True)
class Tried:
    """How often a step was done, and when last (seconds of any one clock)."""

    times: int = 0
    last_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Todo:
    """A step to be done now; `text` is what is typed."""

    step: Step
    text: str = field(default="")


def probes_of(facts: PageFacts) -> tuple[Probe, ...]:
    """Everything that a look for these facts has to look for, each probe once."""
    probes = [facts.recognised, *(sign.probe for sign in facts.signs), *(step.probe for step in facts.steps)]
    return tuple(dict.fromkeys(probe for probe in probes if probe))


def values_in(facts: PageFacts) -> list[str]:
    """Values of attributes that these facts look for: the page's own words, not people's."""
    probes = [*probes_of(facts), *facts.leave, *([facts.chat.open, facts.chat.field] if facts.chat else [])]
    selectors = [each for probe in probes for each in probe.selectors]
    selectors += [*facts.people, *(each for found in facts.script.values() for each in found)]
    return sorted({value for each in selectors for value in re.findall('"([^"]+)"', each)})


def look_from(probes: Sequence[Probe], answer: Mapping[str, Any]) -> Look:
    """What `looking.js` answered for these probes."""
    found = {
        probe: tuple(Match(**match) for match in matches)
        for probe, matches in zip(probes, answer["found"], strict=True)
    }
    return Look(answer["url"], answer["title"], found, answer.get("document", 0.0))


@lru_cache(maxsize=64)
def probes_to_json(probes: tuple[Probe, ...]) -> str:
    """The form in which `looking.js` takes probes: one text, since thousands of values on their way are slow."""
    return json.dumps([asdict(probe) for probe in probes])


def sight_of(signs: Sequence[Sign], look: Look, *, asked: bool = False) -> Sight:
    """The place that the first sign which holds tells; without any the bot is still on its way. `asked`: the bot asked
    to be let in. While the call's own signs are there, only what lies over them ends the visit."""
    holding = [sign for sign in signs if _holds(sign, look, asked)]
    in_call = any(sign.place is Place.IN_CALL for sign in holding)
    for sign in holding:
        if not (in_call and sign.yields):
            return Sight(sign.place, _told_by(sign, look), sign.hint)
    return Sight(Place.JOINING)


def _holds(sign: Sign, look: Look, asked: bool) -> bool:
    if sign.asked and not asked:
        return False
    if sign.empty and any(match.value for match in look.found.get(sign.probe, ())):
        return False
    if any(match.enabled for probe in sign.unless for match in look.found.get(probe, ())):
        return False
    if sign.url is not None and not sign.url.search(look.url):
        return False
    if sign.away_from is not None and sign.away_from.search(look.url):
        return False
    return not sign.probe or look.holds(sign.probe)


def _told_by(sign: Sign, look: Look) -> str:
    """What a person would quote: the text of what was found, else which sign it was, else the address without what
    may be a secret."""
    probe = sign.probe
    for match in look.found.get(probe, ()):
        return match.text if 0 < len(match.text) <= QUOTED_CHARS else probe.entries[match.entry]
    return look.url.partition("?")[0].partition("#")[0]


def next_step(
    steps: Sequence[Step], look: Look, place: Place, guest: Guest, name: str, tried: Mapping[str, Tried], now_s: float
) -> Todo | None:
    """The first step that the page asks for now, or None.

    A field that does not hold its text yet holds up the steps after it, until it was typed into `at_most` times: who
    asks to be let in has a name.
    """
    for step in steps:
        if place not in step.places or not _wished(step, guest) or not look.holds(step.probe):
            continue
        before = tried.get(step.name, Tried())
        text = step.text.format(name=name)
        if (step.at_most and before.times >= step.at_most) or not _needed(step, look, text):
            continue
        if (before.times or step.action is Action.RELOAD) and now_s - before.last_s < step.again_after_s:
            if step.action is Action.TYPE:
                return None
            continue
        return Todo(step, text)
    return None


def _wished(step: Step, guest: Guest) -> bool:
    wish = step.when.removeprefix("no_")
    return not wish or getattr(guest, wish) is (wish == step.when)


def _needed(step: Step, look: Look, text: str) -> bool:
    usable = [match for match in look.found[step.probe] if match.enabled]
    return bool(usable) and (step.action is not Action.TYPE or usable[0].value != text)


def fitting_name(rule: NameRule, name: str) -> str:
    """The bot's name as this page takes it: accents fall where only plain letters may stay, and what is refused is
    left out."""
    if rule.remove is not None and rule.remove.search(name):
        plain = unicodedata.normalize("NFKD", name)
        name = rule.remove.sub("", name if name.isascii() else plain)
    return name.strip()[: rule.longest].rstrip() or NAMELESS
