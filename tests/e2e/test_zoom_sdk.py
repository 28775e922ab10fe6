"""Zoom's Meeting SDK on the bot's own page, in a real browser: against a stand-in that knows the published types, and
reads its calls as strictly as they are written."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Route, async_playwright

from minutebook.bots.platforms import open_platform
from minutebook.bots.platforms.driver import FactsDriver
from minutebook.bots.platforms.ports import Guest, Hint, Place, Platform
from minutebook.bots.runner.local_page import LocalPage
from minutebook.zoom.model import App
from minutebook.zoom.sdk import Invitation, join_arguments, signature
from support.calls.chromium import CHROMIUM
from support.calls.participants import FLAGS

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`"),
]

STAND_IN = Path(__file__).parents[1] / "data" / "platforms" / "zoom_sdk" / "zoom-meeting-6.2.0.min.js"
SDK = "https://source.example.com/6.2.0"
MEETING = "https://us02web.zoom.us/j/81234567890?pwd=x.1"
VENDORS = [f"/6.2.0/lib/vendor/{name}.min.js" for name in ("react", "react-dom", "react-redux", "redux", "redux-thunk")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def context() -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield await browser.new_context()
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def local() -> AsyncIterator[LocalPage]:
    page = LocalPage()
    yield page
    page.close()


def access(tokens: dict[str, str], url: str = SDK) -> dict[str, str]:
    signed = signature(App("the-app", "secret-of-the-app"), "81234567890", datetime.now(UTC))
    told = join_arguments("Scribe </script>", Invitation("81234567890", "x.1", "reg"), signed, tokens)
    return {"sdk_url": url, "sdk_join": json.dumps(told), **tokens}


async def joined(
    context: BrowserContext,
    local: LocalPage,
    given: dict[str, str],
    answer: Any = None,
    platform: Platform | None = None,
) -> tuple[Platform, Page, list[str]]:
    """The bot's page after it did what it does; and what it asked the SDK's address for."""
    asked: list[str] = []

    async def served(route: Route) -> None:
        path = route.request.url.removeprefix("https://source.example.com")
        asked.append(path)
        body = STAND_IN.read_text() if "zoom-meeting" in path else ""
        await (answer(route) if answer else route.fulfill(body=body, content_type="text/javascript"))

    platform = platform or open_platform("zoom", MEETING)
    html = platform.local_page(given)
    assert html is not None
    page = await context.new_page()
    await page.route("https://source.example.com/**", served)
    await page.add_init_script(platform.page_script)
    await page.goto(await local.serve(html))
    await page.wait_for_function("() => window.sdk?.joined || document.querySelector('[data-zoom-error]')")
    return platform, page, asked


@pytest.mark.parametrize("tokens", [{"obf_token": "o"}, {"zak": "z"}, {"obf_token": "o", "zak": "z"}, {}], ids=str)
async def test_every_call_is_one_that_the_types_allow(
    tokens: dict[str, str], context: BrowserContext, local: LocalPage
) -> None:
    platform, page, asked = await joined(context, local, access(tokens))
    assert await page.evaluate("() => window.sdk.wrong") == []
    assert asked == [*VENDORS, "/6.2.0/zoom-meeting-6.2.0.min.js"]
    assert f"library {SDK}/lib/av" in await page.evaluate("() => window.sdk.called")
    told = await page.evaluate("() => window.sdk.joined")
    assert (told["userName"], told["passWord"], told["tk"]) == ("Scribe </script>", "x.1", "reg")
    assert {name: told[name] for name in ("obfToken", "zak") if name in told} == (
        {"obfToken": "o"} if "obf_token" in tokens else tokens
    )
    assert (await platform.look(page)).place is Place.IN_CALL
    await page.close()


async def test_the_call_on_it_is_that_of_the_web_client(context: BrowserContext, local: LocalPage) -> None:
    platform, page, _ = await joined(context, local, access({"obf_token": "o"}))
    people = "".join(
        '<div class="gallery-video-container__video-frame"><div class="video-avatar__avatar-footer">'
        f"<span>{name}</span></div></div>"
        for name in ("Scribe </script>".replace("<", "&lt;"), "Ada")
    )
    await page.evaluate("html => window.sdk.show(html)", f'<button aria-label="Leave">Leave</button>{people}')
    assert [each["name"] for each in await page.evaluate("() => window.minutebookPage.roster()")] == ["Ada"]
    shown = [
        ("<p>Please wait, the meeting host will let you in soon.</p>", Place.WAITING),
        ('<div class="zm-modal-body-title">You have been removed from this meeting by the host.</div>', Place.REMOVED),
    ]
    for html, place in shown:
        await page.evaluate("html => window.sdk.show(html)", html)
        assert (await platform.look(page)).place is place
    await page.goto(f"{page.url}/left")
    assert (await platform.look(page)).place is Place.ENDED
    await page.close()


@pytest.mark.parametrize(
    ("code", "place", "hint"),
    [
        (3004, Place.INVALID, Hint.PASSCODE_REQUIRED),
        (3008, Place.WAITING, Hint.HOST_NOT_STARTED),
        (3712, Place.BLOCKED, None),
        (4242, Place.UNREACHABLE, None),
    ],
)
async def test_what_zoom_refuses_tells_the_place(
    code: int, place: Place, hint: Hint | None, context: BrowserContext, local: LocalPage
) -> None:
    platform, page, _ = await joined(context, local, access({"obf_token": f"token {code}"}))
    sight = await platform.look(page)
    assert (sight.place, sight.hint) == (place, hint)
    await page.close()


async def test_a_bot_waits_for_whom_it_comes_for_by_joining_anew_in_its_time(
    context: BrowserContext, local: LocalPage
) -> None:
    now = [0.0]
    driver = FactsDriver("zoom", now_s=lambda: now[0])
    platform, page, asked = await joined(context, local, access({"obf_token": "token 3008"}), platform=driver)
    loads = len(asked)
    await platform.step(page, Guest("Scribe", {}))
    now[0] += 14
    await platform.step(page, Guest("Scribe", {}))
    assert len(asked) == loads
    now[0] += 2
    await platform.step(page, Guest("Scribe", {}))
    await page.wait_for_function("() => window.sdk?.joined")
    assert len(asked) == 2 * loads
    await page.close()


@pytest.mark.parametrize(
    "answer", [lambda route: route.abort(), lambda route: route.fulfill(status=404)], ids=["aborted", "missing"]
)
async def test_an_sdk_that_is_not_to_be_had_is_said(answer: Any, context: BrowserContext, local: LocalPage) -> None:
    platform, page, _ = await joined(context, local, access({"obf_token": "o"}), answer)
    assert (await platform.look(page)).place is Place.UNREACHABLE
    assert f"is not to be had: {SDK}" in await page.inner_text("[data-zoom-error]")
    await page.close()


async def test_what_is_no_sdk_is_said(context: BrowserContext, local: LocalPage) -> None:
    def empty(route: Route) -> Any:
        return route.fulfill(body="", content_type="text/javascript")

    _, page, _ = await joined(context, local, access({"obf_token": "o"}), empty)
    assert "there is none in" in await page.inner_text("[data-zoom-error]")
    await page.close()


async def test_without_what_it_takes_there_is_no_such_page() -> None:
    platform = open_platform("zoom", MEETING)
    whole = access({"obf_token": "o"})
    assert platform.local_page(whole) is not None
    for name in ("sdk_url", "sdk_join"):
        assert platform.local_page({key: value for key, value in whole.items() if key != name}) is None
    assert open_platform("google_meet", "https://meet.google.com/abc-defg-hij").local_page(whole) is None
