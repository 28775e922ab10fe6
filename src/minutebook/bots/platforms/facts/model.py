"""Page facts: what a platform's pages look like, as data. One TOML file per kind of page in the platform's folder.

    [facts]             `version` and `date` of the file; `source` of all that names none
    [page]              `recognised`: a probe that tells this kind of page from the platform's others (may be missing);
                        `speaking_lag_ms`: how late its page script tells who speaks; `wordings`: a place that no
                        sign tells is read off the wordings of `files`, where the bot cannot ask to be let in
    [access]            what of the guest's access goes into the address: parameter = the access's name
    [local]             `script`: a file of the platform's that makes a page of the bot's own, opened in place of the
                        meeting's, where the guest's access has all of what is `given` to it: member = the access's name
    [name]              `remove`: pattern of characters that the page refuses in names; `longest` in characters
    [[address]]         which addresses are the platform's, and what to open (see `addresses.AddressRule`)
    [people]            `words`: selectors of where people's own words stand (names, chat, captions, titles). Nothing in
                        there tells a place, and nothing in there is pressed
    [[sign]]            `place` and what tells it: a probe, `url` (pattern found in the page's address), `away_from`
                        (pattern that it does not match). The first sign that holds tells the place. `cause` says more
                        of it (see `Hint`); `asked`: only for who asked to be let in; `empty`: of a field that nothing
                        was typed into; `people`: told by tiles of people. A sign that ends the visit waits until no
                        sign of the call is left, unless it lies `over` the call. `phrases`: names of texts in the
                        platform's own language files, which count as `texts` (see `files`)
    [[step]]            one thing to do on the way in: `name`, `do` (see `Action`), a probe of what it is done to,
                        `places` where it is done, `when` (a wish of the guest, `no_` before it for the opposite),
                        `text` to type (`{name}`), `again_after_s`, `at_most` times (0: without end); `asks`: it
                        asks to be let in
    [chat]              `open`, `field`, `send` (probes; without `send` the Enter key sends), `longest` in characters
    [[leave]]           probes of what is clicked, one after the other
    [script.NAME]       `selectors` for the page script, which gets them by these names

A **probe** names what to look for: `selectors` (CSS), `texts` (sentences that are seen or an `aria-label`, `*` for
anything), `labels` (whole text or `aria-label` of a control such as a button), `patterns` (regular expressions found in
a sentence of at most 200 characters, in lower case and with straight apostrophes: for wordings that nobody listed); it
holds when `at_least` (1) different elements that these mean are seen, each `inside` (one of) and `outside` (all) the
given ancestors. `hidden = true` counts what is in the page without being visible, too. Case, apostrophes, white space
and marks around a sentence do not count in texts. `source` says where a fact is from: see `Source`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from minutebook.bots.platforms.addresses import AddressRule
from minutebook.bots.platforms.ports import Hint, Place

TERMINAL: Final = frozenset(Place) - {Place.JOINING, Place.WAITING, Place.IN_CALL}
"""Places that end a visit."""

PROBE_KEYS: Final = ("selectors", "texts", "labels", "patterns", "inside", "outside")
WISHES: Final = ("", "microphone", "camera", "speaker_view", "gallery_view")
"""What of a guest `when` may ask for."""

RETRY_S: Final = 2.0
"""How long a page gets to follow a click before it is clicked again."""


class Action(StrEnum):
    """What a step does: click; make a field hold the step's text; load the page anew."""

    CLICK = "click"
    TYPE = "type"
    RELOAD = "reload"


class Source(StrEnum):
    """Where a fact is from: a capture of the platform's own page; what bots of several makers rely on; a guess."""

    CAPTURED = "captured"
    RELIED_ON = "relied on"
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class Probe:
    """What to look for; see the module."""

    selectors: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    at_least: int = 1
    hidden: bool = False

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def entries(self) -> tuple[str, ...]:
        """All that it looks for, in the order of a `Match`'s `entry`."""
        return (*self.selectors, *self.texts, *self.labels, *self.patterns)


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that tells the place. All of probe, `url` and `away_from` that are given must hold."""

    place: Place
    probe: Probe = Probe()
    url: re.Pattern[str] | None = None
    away_from: re.Pattern[str] | None = None
    hint: Hint | None = None
    asked: bool = False
    empty: bool = False
    over: bool = False
    source: Source = Source.GUESS
    unless: tuple[Probe, ...] = ()
    """What must not be there, ready for use."""

    @property
    def yields(self) -> bool:
        """Whether signs of the call outweigh it."""
        return self.place in TERMINAL and bool(self.probe) and not self.over


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
    asks: bool = False
    source: Source = Source.GUESS


@dataclass(frozen=True, slots=True)
class NameRule:
    """Which names the page takes."""

    remove: re.Pattern[str] | None = None
    longest: int = 100


@dataclass(frozen=True, slots=True)
class LocalPage:
    """A page of the bot's own in place of the meeting's; see the module."""

    script: str
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chat:
    """The way to a line in the chat."""

    field: Probe
    open: Probe = Probe()
    send: Probe = Probe()
    longest: int = 500
    source: Source = Source.GUESS


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One kind of page. `name` is its file's, without `.toml`; `leave_sources` is parallel to `leave`."""

    name: str
    version: int = 0
    date: str = ""
    recognised: Probe = Probe()
    speaking_lag_ms: int = 0
    name_rule: NameRule = field(default_factory=NameRule)
    access: Mapping[str, str] = field(default_factory=dict)
    local: LocalPage | None = None
    addresses: tuple[AddressRule, ...] = ()
    signs: tuple[Sign, ...] = ()
    steps: tuple[Step, ...] = ()
    chat: Chat | None = None
    leave: tuple[Probe, ...] = ()
    people: tuple[str, ...] = ()
    people_source: Source = Source.GUESS
    leave_sources: tuple[Source, ...] = ()
    script: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    script_sources: Mapping[str, Source] = field(default_factory=dict)
