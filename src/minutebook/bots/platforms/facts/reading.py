"""Reads page facts: what stands in a platform's files as `PageFacts`."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, TypeVar

from minutebook.bots.platforms.addresses import AddressRule
from minutebook.bots.platforms.facts.files import (
    NO_PHRASES,
    FactsError,
    Phrases,
    facts_files,
    phrases_of,
    spoken,
    wordings_of,
)
from minutebook.bots.platforms.facts.model import (
    PROBE_KEYS,
    RETRY_S,
    WISHES,
    Action,
    Chat,
    LocalPage,
    NameRule,
    PageFacts,
    Probe,
    Sign,
    Source,
    Step,
)
from minutebook.bots.platforms.ports import Hint, Place

log = logging.getLogger(__name__)

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)


@cache
def load_pages(platform: str, folder: Path | None = None) -> tuple[PageFacts, ...]:
    """The facts of a platform's kinds of pages, by the names of their files. A file in the platform's folder below
    `folder`, an operator's, stands in place of the one of that name here. Raises `FactsError`."""
    phrases, wordings = phrases_of(platform, folder), wordings_of(folder)
    return tuple(facts_from(name, data, phrases, wordings) for name, data in facts_files(platform, folder).items())


@cache
def pages_of(platform: str, folder: Path | None) -> tuple[PageFacts, ...]:
    """As `load_pages`; those of this release where an operator's are no use, which is said once."""
    try:
        return load_pages(platform, folder)
    except (FactsError, OSError) as error:
        log.error("the facts in %s are not used: %s", folder, error)
        return load_pages(platform)


def address_rules(platform: str, folder: Path | None = None) -> tuple[AddressRule, ...]:
    """Which addresses are the platform's; none for one whose addresses the operator lists. An operator's files in
    `folder` that say nothing of addresses leave them as they are."""
    own = tuple(rule for page in pages_of(platform, folder) for rule in page.addresses)
    return own or tuple(rule for page in load_pages(platform) for rule in page.addresses)


def facts_from(
    name: str,
    data: Mapping[str, Any],
    phrases: Phrases = NO_PHRASES,
    wordings: Sequence[Mapping[str, Any]] = (),
) -> PageFacts:
    """The facts in a file that was read; raises `FactsError` for what the format does not know."""
    data = spoken(data, phrases)
    table = _Table(f"{name}.toml", data)
    head, page, names, people = (table.part(key) for key in ("facts", "page", "name", "people"))
    source = head.source(None)
    words = people.words("words")
    leave, script = table.parts("leave"), table.named_parts("script")
    worded = wordings if page.take("wordings", False) else ()
    steps = tuple(_step(part, words, source) for part in table.parts("step"))
    # Who can still ask to be let in was told nothing yet: what is worded there is the title of the meeting.
    asking = tuple(step.probe for step in steps if step.asks and Place.JOINING in step.places)
    signs = [
        *(_sign(part, words, source) for part in table.parts("sign")),
        *(replace(_sign(_Table(f"{name}.toml.wordings", each), words, source), unless=asking) for each in worded),
    ]
    facts = PageFacts(
        name=name,
        version=head.take("version", 0),
        date=str(head.take("date", "")),
        recognised=page.probe_at("recognised"),
        speaking_lag_ms=page.take("speaking_lag_ms", 0),
        access={str(name): str(value) for name, value in table.take("access", {}).items()},
        local=_local(table.part("local")) if "local" in data else None,
        name_rule=NameRule(names.pattern("remove"), names.take("longest", NameRule().longest)),
        addresses=tuple(map(_address_rule, table.parts("address"))),
        signs=tuple(signs),
        steps=steps,
        chat=_chat(table.part("chat"), source) if "chat" in data else None,
        leave_sources=tuple(part.source(source) or Source.GUESS for part in leave),
        leave=tuple(_only(part, part.probe()) for part in leave),
        people=words,
        people_source=people.source(source) or Source.GUESS,
        script_sources={key: part.source(source) or Source.GUESS for key, part in script.items()},
        script={key: _only(part, part.words("selectors")) for key, part in script.items()},
    )
    for part in (head, page, names, people, table):
        part.finish()
    return facts


def _local(part: "_Table") -> LocalPage:
    page = LocalPage(str(part.take("script", "")), {str(k): str(v) for k, v in part.take("given", {}).items()})
    part.finish()
    if not page.script or not page.given:
        raise part.wrong("it has a script, and what is given to it")
    return page


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
        if probe and not 1 <= probe.at_least <= len(probe.entries):
            raise self.wrong(f"at_least is {probe.at_least}, which cannot be met or says nothing")
        for pattern in probe.patterns:
            _compiled(self, pattern)
        return probe

    def source(self, default: Source | None) -> Source | None:
        return self.one_of(Source, "source") if "source" in self._left else default

    def one_of(self, kinds: type[Choice], key: str, default: str | None = None) -> Choice:
        text = self.take(key, default)
        if text not in list(kinds):
            raise self.wrong(f"{key} is {text!r}, not one of {', '.join(kinds)}")
        return kinds(text)

    def part(self, key: str) -> "_Table":
        return _Table(f"{self._where}.{key}", self.take(key, {}))

    def parts(self, key: str) -> list["_Table"]:
        return [_Table(f"{self._where}.{key}[{index}]", each) for index, each in enumerate(self.take(key, []))]

    def named_parts(self, key: str) -> dict[str, "_Table"]:
        return {name: _Table(f"{self._where}.{key}.{name}", each) for name, each in self.take(key, {}).items()}

    def probe_at(self, key: str) -> Probe:
        part = self.part(key)
        return _only(part, part.probe())

    def finish(self) -> None:
        if self._left:
            raise FactsError(f"{self._where}: unknown {', '.join(sorted(self._left))}")

    def wrong(self, what: str) -> FactsError:
        return FactsError(f"{self._where}: {what}")


def _compiled(table: _Table, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise table.wrong(f"{pattern!r} is no pattern: {error}") from error


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


def _sign(table: _Table, words: tuple[str, ...], source: Source | None) -> Sign:
    place = table.one_of(Place, "place")
    probe, patterns = table.probe(), (table.pattern("url"), table.pattern("away_from"))
    hint = table.take("cause")
    sign = Sign(
        place,
        probe if table.take("people", False) else _away_from_people(probe, words),
        *patterns,
        hint=_hint(table, hint) if hint is not None else None,
        asked=table.take("asked", False),
        empty=table.take("empty", False),
        over=table.take("over", False),
        source=table.source(source) or Source.GUESS,
    )
    if not (sign.probe or sign.url or sign.away_from):
        table.finish()
        raise table.wrong("there is nothing that tells this place")
    return _only(table, sign)


def _hint(table: _Table, text: object) -> Hint:
    if text not in list(Hint):
        raise table.wrong(f"cause is {text!r}, not one of {', '.join(Hint)}")
    return Hint(str(text))


def _away_from_people(probe: Probe, words: tuple[str, ...]) -> Probe:
    return replace(probe, outside=(*probe.outside, *words)) if probe else probe


def _step(table: _Table, words: tuple[str, ...], source: Source | None) -> Step:
    step = Step(
        name=table.take("name", ""),
        action=table.one_of(Action, "do", Action.CLICK),
        probe=_away_from_people(table.probe(), words),
        places=frozenset(map(Place, table.take("places", [Place.JOINING]))),
        when=table.take("when", ""),
        text=table.take("text", ""),
        again_after_s=table.take("again_after_s", RETRY_S),
        at_most=table.take("at_most", 0),
        asks=table.take("asks", False),
        source=table.source(source) or Source.GUESS,
    )
    if not step.name or not step.probe:
        raise table.wrong("a step has a name and something that it is done to")
    if step.when.removeprefix("no_") not in WISHES:
        raise table.wrong(f"a guest has no wish {step.when!r}")
    return _only(table, step)


def _chat(table: _Table, source: Source | None) -> Chat:
    chat = Chat(
        field=table.probe_at("field"),
        open=table.probe_at("open"),
        send=table.probe_at("send"),
        longest=table.take("longest", 500),
        source=table.source(source) or Source.GUESS,
    )
    return _only(table, chat)
