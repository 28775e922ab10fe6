"""The web app in a real Chromium: each page's main path on a laptop and a phone, without a violation that axe finds."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, expect

from support.calls.chromium import CHROMIUM
from support.server import EMAIL, PASSWORD
from support.site import SAMPLE, Site

SIZES = {"laptop": (1280, 800), "phone": (390, 844)}
WITHIN_S = 0.3
"""How near the sound must stand to the start of the words that were clicked on."""
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def meeting(site: Site) -> str:
    return site.add_meeting()


@pytest.fixture(scope="module")
def browser(people_can_come: Playwright) -> Iterator[Browser]:
    arguments = ["--autoplay-policy=no-user-gesture-required"]
    opened = people_can_come.chromium.launch(executable_path=CHROMIUM, args=arguments)
    yield opened
    opened.close()


def opened(browser: Browser, site: Site, size: str, *, scripts: bool = True) -> BrowserContext:
    width, height = SIZES[size]
    viewport: ViewportSize = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, locale="en-GB", java_script_enabled=scripts)
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "minutebook_session", "value": site.session(), "url": site.url}])
    return context


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Page]:
    context = opened(browser, site, request.param)
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield made
    assert wrong == []
    context.close()


def check_access(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_sign_in_then_drop_a_recording_then_hear_a_quote(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    page.goto(site.url)
    check_access(page)
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="New meeting").first.click()
    dialog = page.get_by_role("dialog", name="New meeting")
    dialog.get_by_label("Recording").first.set_input_files(SAMPLE)
    dialog.get_by_label("Title").fill("Launch of the new billing")
    dialog.get_by_label("Attendees").first.fill("Maria Silva <maria@example.com>\nTom Berg <tom@example.com>")
    check_access(page)
    dialog.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Launch of the new billing")).to_be_visible(timeout=PATIENCE_MS)
    note = page.get_by_role("region", name="Note")
    expect(note.get_by_role("button").first).to_be_visible(timeout=PATIENCE_MS)
    hear(page)
    context.close()


def hear(page: Page) -> None:
    quote = page.get_by_role("region", name="Note").locator("button.quote").first
    start = float(quote.get_attribute("data-at") or "nan")
    quote.click()
    page.wait_for_function(
        "() => ((m) => !m.paused && !m.seeking && m.played.length)(document.querySelector('#media'))"
    )
    at = page.evaluate("document.querySelector('#media').currentTime")
    # What has played since the click is not what was asked for wrongly.
    assert -0.05 <= at - start <= WITHIN_S + 1.0
    begun = page.evaluate(
        "document.querySelector('#media').played.start(document.querySelector('#media').played.length - 1)"
    )
    assert abs(begun - start) <= WITHIN_S
    assert page.locator(".marked").count() >= 1
    assert page.get_by_role("button", name="Pause").is_visible()


def test_a_meeting(page: Page, site: Site, meeting: str) -> None:
    page.goto(f"{site.url}/meetings/{meeting}")
    for name in ("Player", "Transcript", "Note", "Key points", "Sentiment"):
        assert page.get_by_role("region", name=name, exact=True).count() == 1
    check_access(page)
    hear(page)
    page.get_by_role("button", name="Pause").click()
    transcript = page.get_by_role("region", name="Transcript")
    transcript.get_by_role("button", name="0:07", exact=True).click()
    page.wait_for_function("() => Math.abs(document.querySelector('#media').currentTime - 7.6) < 2")
    first = transcript.locator("button.name").first.inner_text().strip()
    transcript.get_by_role("button", name=first, exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Name this speaker")
    dialog.get_by_role("combobox", name="Name").fill("Mary Silver")
    check_access(page)
    dialog.get_by_role("button", name="Save").click()
    expect(transcript.get_by_role("button", name="Mary Silver").first).to_be_visible()
    expect(dialog).to_be_hidden()
    line = page.locator("#s0")
    line.hover()
    line.get_by_role("button", name="Edit").click()
    line.get_by_role("textbox", name="Text").fill("Good evening everyone. Today we settle the launch date.")
    check_access(page)
    line.get_by_role("button", name="Save").click()
    expect(line.locator(".said-text")).to_have_text("Good evening everyone. Today we settle the launch date.")
    line.get_by_role("button", name="Undo").click()
    expect(line.locator(".said-text")).to_contain_text("Good morning everyone.")
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_role("menu", name="Download")).to_be_visible()
    page.keyboard.press("Escape")
    # As it was, for the next size.
    transcript.get_by_role("button", name="Mary Silver").first.click()
    dialog.get_by_role("combobox", name="Name").fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(transcript.get_by_role("button", name="Speaker 1", exact=True).first).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/meetings/new", "/meetings/trash", "/my/bots", "/my/calendars", "/settings"])
def test_pages_are_for_everybody(page: Page, site: Site, meeting: str, path: str) -> None:
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        page.goto(site.url + path)
        check_access(page)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{path} is {wider} px wider than the screen"


def test_without_scripts(browser: Browser, site: Site, meeting: str) -> None:
    context = opened(browser, site, "laptop", scripts=False)
    page = context.new_page()
    page.goto(site.url)
    page.get_by_role("button", name="New meeting").click()
    page.get_by_label("Recording").first.set_input_files(SAMPLE)
    page.get_by_label("Title").fill("Without scripts")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="Without scripts")).to_be_visible()
    page.goto(f"{site.url}/meetings/{meeting}")
    page.locator("#s0").hover()
    page.locator("#s0").get_by_role("button", name="Edit").click()
    expect(page.get_by_role("textbox", name="Text")).to_be_visible()
    context.close()


def test_with_the_keyboard_alone(browser: Browser, site: Site, meeting: str) -> None:
    context = opened(browser, site, "laptop")
    page = context.new_page()
    page.goto(f"{site.url}/meetings/{meeting}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    page.wait_for_function("() => !document.querySelector('#media').paused")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('#media').paused")
    quote = page.locator(".quote").first
    quote.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('#media').paused")
    page.get_by_role("slider", name="Position").focus()
    before = page.evaluate("document.querySelector('#media').currentTime")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => document.querySelector('#media').currentTime >= {before + 4.5}")
    context.close()


def test_a_phone_keeps_its_place(browser: Browser, site: Site, meeting: str, tmp_path: Path) -> None:
    context = opened(browser, site, "phone")
    page = context.new_page()
    page.goto(f"{site.url}/meetings/{meeting}?t=57.2")
    page.wait_for_function("() => Math.abs(document.querySelector('#media').currentTime - 57.2) < 0.3")
    context.close()


def is_in_view(page: Page, selector: str) -> bool:
    """Whether the middle of an element is seen, under no bar of the page."""
    seen: bool = page.evaluate(
        """(selector) => {
            const box = document.querySelector(selector).getBoundingClientRect();
            const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
            return Boolean(document.elementFromPoint(x, y)?.closest(selector));
        }""",
        selector,
    )
    return seen


@pytest.mark.parametrize("size", SIZES)
def test_a_hit_brings_its_words_into_view(browser: Browser, site: Site, meeting: str, size: str) -> None:
    context = opened(browser, site, size)
    page = context.new_page()
    page.goto(f"{site.url}/search?q=maintenance")
    hit = page.get_by_role("list", name="Results").get_by_role("link").filter(has_text="Transcript").first
    start = float(parse_qs(urlsplit(hit.get_attribute("href") or "").query)["t"][0])
    hit.click()
    page.wait_for_selector(".line.current")
    assert start > 20
    assert page.locator(".line.current .marked").all_inner_texts() == ["maintenance"]
    page.wait_for_function("() => document.querySelector('#media').readyState > 0")
    assert is_in_view(page, ".line.current")
    # Who goes back to the note while it plays is not dragged away from it.
    page.evaluate("document.querySelector('#note').scrollIntoView()")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(f"() => document.querySelector('#media').currentTime > {start} + 1")
    assert is_in_view(page, "#note-title")
    context.close()


def test_what_was_made_is_copied(browser: Browser, site: Site, meeting: str) -> None:
    context = opened(browser, site, "phone")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site.url}/meetings/{meeting}")
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share")
    dialog.get_by_role("button", name="Create link").click()
    link = dialog.get_by_role("textbox", name="Link").input_value()
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    # An address without https has no clipboard for pages: what is to be copied is selected at least.
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    for refused in (False, True):
        if refused:
            page.add_init_script("document.execCommand = () => false")
        page.goto(f"{site.url}/settings")
        keys = page.get_by_role("region", name="API keys")
        keys.get_by_label("What it is for").fill("Scheduler")
        keys.get_by_role("button", name="Create key").click()
        check_access(page)
        keys.get_by_role("button", name="Copy").click()
        told = "It is selected: copy it with Ctrl+C or by a long press." if refused else "Copied"
        expect(keys.get_by_role("button", name=told)).to_be_visible()
        assert page.evaluate("getSelection().toString().trim()") == keys.locator("#new-key").inner_text()
        check_access(page)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0
    context.close()
