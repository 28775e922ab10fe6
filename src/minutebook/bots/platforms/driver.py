"""The driver of every platform: reads facts, looks at the page, does the next thing. Playwright stays in here."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minutebook.bots.platforms.addresses import with_parameters
from minutebook.bots.platforms.facts.model import Action, PageFacts, Probe
from minutebook.bots.platforms.facts.reading import load_pages
from minutebook.bots.platforms.links.recognise import meeting_at
from minutebook.bots.platforms.links.wrappings import read_address
from minutebook.bots.platforms.looking import (
    Look,
    Todo,
    Tried,
    fitting_name,
    look_from,
    next_step,
    probes_of,
    probes_to_json,
    sight_of,
    values_in,
)
from minutebook.bots.platforms.page_scripts import load_local_page, load_page_script
from minutebook.bots.platforms.ports import NOTHING, CannotJoinError, Guest, Place, Sight
from minutebook.bots.platforms.registry import WEBRTC

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Frame, Page

log = logging.getLogger(__name__)

MOST_STEPS_AT_ONCE: Final = 4
"""A name is typed and the button pressed in one go; a page that goes on asking gets its answer at the next call."""
ACT_WITHIN_MS: Final = 2_000
LOOK_AGAIN_MS: Final = 100
RELOAD_WITHIN_MS: Final = 10_000
FAILED_PAGE: Final = "chrome-error://"
"""What a browser shows in place of a page that did not come."""
NAVIGATING: Final = ("Execution context was destroyed", "Cannot find context", "navigat", "Frame was detached")
"""What Playwright says about a page that is being replaced by the next one."""


class FactsDriver:
    """A `Platform` that knows nothing but its facts. A platform with several kinds of pages (`webrtc`) is driven by the
    facts of the kind that is recognised first."""

    def __init__(
        self,
        name: str,
        pages: Sequence[PageFacts] = (),
        now_s: Callable[[], float] = time.monotonic,
        *,
        folder: Path | None = None,
    ) -> None:
        self._name = name
        self._folder = folder
        self._pages = tuple(pages) or load_pages(name)
        self._facts = self._pages[0] if len(self._pages) == 1 else None
        self._now_s = now_s
        self._tried: dict[str, Tried] = {}
        self._document = 0.0
        self._asked = False
        self._was_in_call = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def page_script(self) -> str:
        return load_page_script(self._name, self._pages)

    @property
    def speaking_lag_ms(self) -> int:
        return max(page.speaking_lag_ms for page in ([self._facts] if self._facts else self._pages))

    @property
    def facts_version(self) -> str:
        facts = self._facts or self._pages[0]
        return f"{facts.name} {facts.version} of {facts.date}"

    async def scrubbed(self, page: "Page") -> tuple[str, list[str]]:
        facts = self._facts or self._pages[0]
        answer = await page.evaluate(_script("scrub.js"), {"words": list(facts.people), "kept": values_in(facts)})
        return answer["html"], answer["names"]

    def address(self, meeting_url: str, access: Mapping[str, str] = NOTHING) -> str:
        if self._name == WEBRTC:
            address = read_address(meeting_url)
            opened = str(address) if address is not None else None
        else:
            meeting = meeting_at(meeting_url, facts=self._folder)
            opened = meeting.opens if meeting is not None and meeting.platform == self._name else None
        if opened is None:
            raise CannotJoinError(Place.INVALID, f"{meeting_url!r} is no address of a meeting that {self._name} knows.")
        wanted = self._pages[0].access if self._name != WEBRTC else {}
        given = {parameter: access[name] for parameter, name in wanted.items() if access.get(name)}
        return with_parameters(opened, given) if given else opened

    def local_page(self, access: Mapping[str, str]) -> str | None:
        pages = (load_local_page(self._name, each.local, access) for each in self._pages if each.local is not None)
        return next(filter(None, pages), None)

    async def look(self, page: "Page") -> Sight:
        facts, look = await self._looked(page)
        sight = self._sight(facts, look)
        if sight.place is Place.JOINING and self._was_in_call:
            # A call whose controls are hidden looks like nothing that is known.
            await _wake(page)
            facts, look = await self._looked(page)
            sight = self._sight(facts, look)
        self._was_in_call = self._was_in_call or sight.place is Place.IN_CALL
        return sight

    async def step(self, page: "Page", guest: Guest) -> None:
        for _ in range(MOST_STEPS_AT_ONCE):
            facts, look = await self._looked(page)
            name = fitting_name(facts.name_rule, guest.name)
            place = self._sight(facts, look).place
            todo = next_step(facts.steps, look, place, guest, name, self._tried, self._now_s())
            if todo is None:
                return
            before = self._tried.get(todo.step.name, Tried())
            self._tried[todo.step.name] = Tried(before.times + 1, self._now_s())
            self._asked = self._asked or todo.step.asks
            await self._do(page, todo)

    async def post(self, page: "Page", text: str) -> bool:
        chat = self._facts.chat if self._facts is not None else None
        if chat is None:
            return False
        await _wake(page)
        if not await _act(page, chat.field, _writing(text[: chat.longest])):
            if not await self.open_chat(page):
                return False
            if not await _act(page, chat.field, _writing(text[: chat.longest])):
                return False
        return await _act(page, chat.send, _clicking) if chat.send else await _act(page, chat.field, _entering)

    async def open_chat(self, page: "Page") -> bool:
        chat = self._facts.chat if self._facts is not None else None
        if chat is None:
            return False
        if (await _look(page, [chat.field])).holds(chat.field):
            return True
        await _wake(page)
        return await _act(page, chat.open, _clicking) and await _appears(page, chat.field)

    async def leave(self, page: "Page") -> None:
        from playwright.async_api import Error

        if self._facts is None or page.is_closed():
            return
        try:
            await _wake(page)
            for probe in self._facts.leave:
                if not await _appears(page, probe) or not await _act(page, probe, _clicking):
                    break
            await self._gone(page)
        except Error as error:
            log.debug("the page went while leaving: %s", error.message)

    async def _gone(self, page: "Page") -> None:
        """Wait a moment for the page to say goodbye: one that is closed at once leaves a silent seat behind."""
        for _ in range(ACT_WITHIN_MS // LOOK_AGAIN_MS):
            if (await self.look(page)).place is not Place.IN_CALL:
                return
            await page.wait_for_timeout(LOOK_AGAIN_MS)

    def _sight(self, facts: PageFacts, look: Look) -> Sight:
        if look.url.startswith(FAILED_PAGE):
            return Sight(Place.UNREACHABLE, look.title)
        return sight_of(facts.signs, look, asked=self._asked)

    async def _looked(self, page: "Page") -> tuple[PageFacts, Look]:
        """The facts of the page that is there, and one look at it; facts of nothing while no kind is recognised."""
        candidates = [self._facts] if self._facts is not None else self._pages
        probes = tuple(dict.fromkeys(probe for facts in candidates for probe in probes_of(facts)))
        look = await _look(page, probes)
        if self._facts is None:
            self._facts = next((facts for facts in self._pages if look.holds(facts.recognised)), None)
        facts = self._facts or PageFacts(self._name)
        if look.document not in {0.0, self._document}:
            self._document = look.document
            self._begin_anew(facts)
        return facts, look

    def _begin_anew(self, facts: PageFacts) -> None:
        """Another page is there: what was done to the one before counts no more, but how often it was loaded. It was
        loaded just now."""
        now_s, loads = self._now_s(), [step.name for step in facts.steps if step.action is Action.RELOAD]
        self._tried = {name: Tried(self._tried.get(name, Tried()).times, now_s) for name in loads}

    async def _do(self, page: "Page", todo: Todo) -> None:
        match todo.step.action:
            case Action.CLICK:
                await _act(page, todo.step.probe, _clicking)
            case Action.TYPE:
                await _act(page, todo.step.probe, _typing(todo.text))
            case Action.RELOAD:
                await _reload(page)


Act = Callable[["ElementHandle"], Awaitable[None]]


async def _clicking(element: "ElementHandle") -> None:
    await element.click(timeout=ACT_WITHIN_MS)


async def _entering(element: "ElementHandle") -> None:
    await element.press("Enter", timeout=ACT_WITHIN_MS)


def _typing(text: str) -> Act:
    """Key by key: some pages only notice real keys."""

    async def act(element: "ElementHandle") -> None:
        await element.fill("", timeout=ACT_WITHIN_MS)
        await element.type(text, timeout=2 * ACT_WITHIN_MS)

    return act


def _writing(text: str) -> Act:
    """All at once: keys would send a text of several lines at its first."""

    async def act(element: "ElementHandle") -> None:
        await element.fill(text, timeout=ACT_WITHIN_MS)

    return act


async def _look(page: "Page", probes: Sequence[Probe]) -> Look:
    from playwright.async_api import Error

    try:
        answer = await page.evaluate(looking_script(), {"asked": probes_to_json(tuple(probes)), "take": None})
    except Error as error:
        if page.is_closed() or not any(sign in error.message for sign in NAVIGATING):
            raise
        return Look(page.url, "", {})
    return look_from(probes, answer)


async def _act(page: "Page", probe: Probe, act: Act) -> bool:
    """Do something to the element that a probe means; False when there is none, or when it would not be done to (it
    went, or something lies over it): the next look tells what to make of that."""
    from playwright.async_api import Error

    if not probe:
        return False
    try:
        element = await _find(page.main_frame, probe)
        if element is not None:
            await act(element)
    except Error as error:
        log.debug("not done to %s: %s", probe, error.message)
        return False
    return element is not None


async def _find(frame: "Frame", probe: Probe) -> "ElementHandle | None":
    found = await frame.evaluate_handle(looking_script(), {"asked": probes_to_json((probe,)), "take": 0})
    element = found.as_element()
    owner = await element.owner_frame() if element is not None else None
    # Playwright clicks beside what was found from outside its frame.
    return element if owner in {None, frame} else await _find(owner, probe)


async def _appears(page: "Page", probe: Probe) -> bool:
    """Whether what a probe means is there within a moment."""
    for _ in range(ACT_WITHIN_MS // LOOK_AGAIN_MS):
        if (await _look(page, [probe])).holds(probe):
            return True
        await page.wait_for_timeout(LOOK_AGAIN_MS)
    return False


async def _reload(page: "Page") -> None:
    from playwright.async_api import Error

    try:
        await page.reload(wait_until="commit", timeout=RELOAD_WITHIN_MS)
    except Error as error:
        log.debug("not loaded anew: %s", error.message)


async def _wake(page: "Page") -> None:
    """Toolbars hide from a mouse that rests."""
    for at in (200, 240):
        await page.mouse.move(at, at)


def looking_script() -> str:
    """The script of a look at the page."""
    return _script("looking.js")


@cache
def _script(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
