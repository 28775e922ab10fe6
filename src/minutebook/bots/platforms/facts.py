"""Page facts: what a platform's pages look like, as data. One TOML file per kind of page in the platform's folder.

    [page]              `recognised`: a probe that tells this kind of page from the platform's others (may be missing);
                        `speaking_lag_ms`: how late its page script tells who speaks
    [name]              `remove`: pattern of characters that the page refuses in names; `longest` in characters
    [[address]]         which addresses are the platform's, and what to open (see `addresses.AddressRule`)
    [[sign]]            `place` and what tells it: a probe, `url` (pattern found in the page's address), `away_from`
                        (pattern that it does not match). The first sign that holds tells the place
    [[step]]            one thing to do on the way in: `name`, `do` (see `Action`), a probe of what it is done to,
                        `places` where it is done, `when` (a wish of the guest, `no_` before it for the opposite),
                        `text` to type (`{name}`), `again_after_s`, `at_most` times (0: without end)
    [chat]              `open`, `field`, `send` (probes; without `send` the Enter key sends), `longest` in characters
    [[leave]]           probes of what is clicked, one after the other

A **probe** names what to look for: `selectors` (CSS), `texts` (parts of visible text), `labels` (whole text or
`aria-label` of a control such as a button); it holds when `at_least` (1) of all these are seen, each `inside` (one of)
and `outside` (all) the given ancestors. `hidden = true` counts what is in the page without being visible, too. Case,
apostrophes and white space do not count in texts. `verified = false` marks a sign or step that nobody compared with the
platform's own page yet.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final, TypeVar

from minutebook.bots.platforms.addresses import AddressRule
from minutebook.bots.platforms.ports import Place

PROBE_KEYS: Final = ("selectors", "texts", "labels", "inside", "outside")
WISHES: Final = ("", "microphone", "camera")
"""What of a guest `when` may ask for."""

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)
RETRY_S: Final = 2.0
"""How long a page gets to follow a click before it is clicked again."""


class Action(StrEnum):
    """What a step does: click; make a field hold the step's text; load the page anew."""

    CLICK = "click"
    TYPE = "type"
    RELOAD = "reload"


@dataclass(frozen=True, slots=True)
class Probe:
    """What to look for; see the module."""

    selectors: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    at_least: int = 1
    hidden: bool = False

    def __bool__(self) -> bool:
        return bool(self.selectors or self.texts or self.labels)


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that tells the place. All of probe, `url` and `away_from` that are given must hold."""

    place: Place
    probe: Probe = Probe()
    url: re.Pattern[str] | None = None
    away_from: re.Pattern[str] | None = None
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do on the way in; see the module."""

    name: str
    action: Action
    probe: Probe
    places: frozenset[Place] = frozenset({Place.JOINING})
    when: str = ""
    text: str = ""
    again_after_s: float = RETRY_S
    at_most: int = 0
    verified: bool = True


@dataclass(frozen=True, slots=True)
class NameRule:
    """Which names the page takes."""

    remove: re.Pattern[str] | None = None
    longest: int = 100


@dataclass(frozen=True, slots=True)
class Chat:
    """The way to a line in the chat."""

    field: Probe
    open: Probe = Probe()
    send: Probe = Probe()
    longest: int = 500


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One kind of page. `name` is its file's, without `.toml`."""

    name: str
    recognised: Probe = Probe()
    speaking_lag_ms: int = 0
    name_rule: NameRule = field(default_factory=NameRule)
    addresses: tuple[AddressRule, ...] = ()
    signs: tuple[Sign, ...] = ()
    steps: tuple[Step, ...] = ()
    chat: Chat | None = None
    leave: tuple[Probe, ...] = ()


class FactsError(ValueError):
    """A facts file says something that the format does not know."""


@cache
def load_pages(platform: str) -> tuple[PageFacts, ...]:
    """The facts of a platform's kinds of pages, by the names of their files."""
    folder = files(__package__).joinpath(platform)
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    return tuple(
        facts_from(each.name.removesuffix(".toml"), tomllib.loads(each.read_text(encoding="utf-8"))) for each in found
    )


@cache
def load_page_script(platform: str) -> str:
    """The platform's page script; empty when its folder has none."""
    script = files(__package__).joinpath(platform, "page.js")
    return script.read_text(encoding="utf-8") if script.is_file() else ""


def address_rules(platform: str) -> tuple[AddressRule, ...]:
    """Which addresses are the platform's; none for one whose addresses the operator lists."""
    return tuple(rule for page in load_pages(platform) for rule in page.addresses)


def facts_from(name: str, data: Mapping[str, Any]) -> PageFacts:
    """The facts in a file that was read; raises `FactsError` for what the format does not know."""
    table = _Table(name, data)
    page, names = table.part("page"), table.part("name")
    chat = table.part("chat") if "chat" in data else None
    facts = PageFacts(
        name=name,
        recognised=page.probe_at("recognised"),
        speaking_lag_ms=page.take("speaking_lag_ms", 0),
        name_rule=NameRule(names.pattern("remove"), names.take("longest", NameRule().longest)),
        addresses=tuple(map(_address_rule, table.parts("address"))),
        signs=tuple(map(_sign, table.parts("sign"))),
        steps=tuple(map(_step, table.parts("step"))),
        chat=_chat(chat) if chat is not None else None,
        leave=tuple(_only(part, part.probe()) for part in table.parts("leave")),
    )
    for part in (page, names, table):
        part.finish()
    return facts


class _Table:
    """A TOML table of which everything must be taken."""

    def __init__(self, where: str, data: Mapping[str, Any]) -> None:
        self._where = where
        self._left = dict(data)

    def take(self, key: str, default: Any = None) -> Any:
        return self._left.pop(key, default)

    def pattern(self, key: str) -> re.Pattern[str] | None:
        text = self.take(key)
        return re.compile(text) if text is not None else None

    def words(self, key: str) -> tuple[str, ...]:
        found = self.take(key, [])
        if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
            raise FactsError(f"{self._where}: {key} must be a list of texts")
        return tuple(found)

    def probe(self) -> Probe:
        lists = {key: self.words(key) for key in PROBE_KEYS}
        probe = Probe(**lists, at_least=self.take("at_least", 1), hidden=self.take("hidden", False))
        if probe and not 1 <= probe.at_least <= len(probe.selectors + probe.texts + probe.labels):
            raise self.wrong(f"at_least is {probe.at_least}, which cannot be met or says nothing")
        return probe

    def one_of(self, kinds: type[Choice], key: str, default: str | None = None) -> Choice:
        text = self.take(key, default)
        if text not in list(kinds):
            raise self.wrong(f"{key} is {text!r}, not one of {', '.join(kinds)}")
        return kinds(text)

    def part(self, key: str) -> "_Table":
        return _Table(f"{self._where}.{key}", self.take(key, {}))

    def parts(self, key: str) -> list["_Table"]:
        return [_Table(f"{self._where}.{key}[{index}]", each) for index, each in enumerate(self.take(key, []))]

    def probe_at(self, key: str) -> Probe:
        part = self.part(key)
        return _only(part, part.probe())

    def finish(self) -> None:
        if self._left:
            raise FactsError(f"{self._where}: unknown {', '.join(sorted(self._left))}")

    def wrong(self, what: str) -> FactsError:
        return FactsError(f"{self._where}: {what}")


def _only(table: _Table, value: Value) -> Value:
    table.finish()
    return value


def _address_rule(table: _Table) -> AddressRule:
    rule = AddressRule(
        hosts=table.words("hosts"),
        path=table.pattern("path") or re.compile(".*"),
        needs=table.words("needs"),
        open=table.take("open"),
        query=table.take("query", {}),
        keep_query=table.take("keep_query", False),
        carry=table.take("carry", {}),
        passcode=table.take("passcode", ""),
        code=table.pattern("code"),
        lower=table.take("lower", False),
        standing=table.take("standing", False),
    )
    if rule.passcode and rule.passcode not in rule.carry:
        raise table.wrong("the passcode is none of what is carried over")
    known = {"host", *rule.path.groupindex, *rule.needs}
    unknown = {name for _, name, _, _ in Formatter().parse(rule.open or "") if name} - known
    if unknown:
        raise table.wrong(f"open uses {', '.join(sorted(unknown))}, which neither path nor needs give")
    return _only(table, rule)


def _sign(table: _Table) -> Sign:
    place = table.one_of(Place, "place")
    patterns = table.pattern("url"), table.pattern("away_from")
    sign = Sign(place, table.probe(), *patterns, verified=table.take("verified", True))
    if not (sign.probe or sign.url or sign.away_from):
        table.finish()
        raise table.wrong("there is nothing that tells this place")
    return _only(table, sign)


def _step(table: _Table) -> Step:
    step = Step(
        name=table.take("name", ""),
        action=table.one_of(Action, "do", Action.CLICK),
        probe=table.probe(),
        places=frozenset(map(Place, table.take("places", [Place.JOINING]))),
        when=table.take("when", ""),
        text=table.take("text", ""),
        again_after_s=table.take("again_after_s", RETRY_S),
        at_most=table.take("at_most", 0),
        verified=table.take("verified", True),
    )
    if not step.name or not step.probe:
        raise table.wrong("a step has a name and something that it is done to")
    if step.when.removeprefix("no_") not in WISHES:
        raise table.wrong(f"a guest has no wish {step.when!r}")
    return _only(table, step)


def _chat(table: _Table) -> Chat:
    chat = Chat(
        field=table.probe_at("field"),
        open=table.probe_at("open"),
        send=table.probe_at("send"),
        longest=table.take("longest", 500),
    )
    return _only(table, chat)
