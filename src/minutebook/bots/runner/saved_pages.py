"""What the detector makes of pages that were saved: a real browser shows them, and reaches no network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minutebook.bots.platforms.driver import FactsDriver
from minutebook.bots.platforms.facts.reading import pages_of
from minutebook.bots.platforms.ports import Place, Sight
from minutebook.bots.runner.browser import Tab, find_chromium
from minutebook.bots.runner.rules.leaving import PLACES, cause_of

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

LOADED_WITHIN_MS: Final = 20_000
NO_SCRIPTS: Final = {"Content-Security-Policy": "script-src 'none'; object-src 'none'"}
"""A saved page is looked at as it was: its scripts would change it, or go elsewhere."""


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A page's HTML, and the address at which the bot saw it."""

    platform: str
    url: str
    html: str


def told_of(sight: Sight) -> dict[str, str | None]:
    """A sight as `{place, cause, sign}`: `cause` is why a bot would leave from there, or what it waits for."""
    if sight.place in PLACES:
        cause: str | None = cause_of(sight.place, sight.hint)
    else:
        cause = sight.hint or (sight.place if sight.place is Place.UNREACHABLE else None)
    return {"place": sight.place, "cause": cause, "sign": sight.sign or None}


async def sights_of(
    pages: Iterable[SavedPage], chromium: str | None = None, facts: Path | None = None
) -> Sequence[Sight]:
    """What a bot would see in each page, by an operator's `facts` if there are any; raises `BrowserMissingError` where
    there is no browser."""
    tab = Tab(find_chromium(chromium), video=True)
    try:
        await tab.start()
        page = await tab.open()
        return [await sight_of_saved(page, saved, facts) for saved in pages]
    finally:
        await tab.close()


async def sight_of_saved(page: "Page", saved: SavedPage, facts: Path | None = None) -> Sight:
    """Shows the saved page in a browser's page and looks at it once."""

    async def answer(route: "Route") -> None:
        request = route.request
        if request.is_navigation_request() and request.frame.parent_frame is None:
            await route.fulfill(body=saved.html, content_type="text/html; charset=utf-8", headers=NO_SCRIPTS)
        else:
            await route.abort()

    await page.route("**/*", answer)
    try:
        await page.goto(saved.url, wait_until="domcontentloaded", timeout=LOADED_WITHIN_MS)
        return await FactsDriver(saved.platform, pages_of(saved.platform, facts)).look(page)
    finally:
        await page.unroute("**/*", answer)
