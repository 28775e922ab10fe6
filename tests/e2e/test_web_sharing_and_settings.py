"""Sharing, settings and the owner's page in a real Chromium, on a laptop and a phone: nothing that axe finds, nothing
that the policy refuses, nothing said on the console."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, expect

from minutebook.accounts.model import User
from support.calls.chromium import CHROMIUM
from support.site import SAMPLE, Site

PATIENCE_MS = 30_000
SIZES = {"laptop": (1280, 800), "phone": (390, 844)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def grace(site: Site) -> User:
    async def create() -> User:
        async with site.services.db.transaction() as tx:
            accounts = site.services.accounts
            return await accounts.create_user(tx, "grace@example.com", "a password that lasts", "Grace Hopper")

    return site.run(create())


@pytest.fixture(scope="module")
def meeting(site: Site) -> str:
    return site.add_meeting()


@pytest.fixture(scope="module")
def browser(people_can_come: Playwright) -> Iterator[Browser]:
    opened = people_can_come.chromium.launch(executable_path=CHROMIUM)
    yield opened
    opened.close()


def opened(browser: Browser, site: Site, size: str, who: User, wrong: list[str]) -> tuple[BrowserContext, Page]:
    width, height = SIZES[size]
    viewport: ViewportSize = {"width": width, "height": height}
    scheme = "dark" if size == "phone" else "light"
    context = browser.new_context(viewport=viewport, locale="en-GB", color_scheme=scheme)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "minutebook_session", "value": site.session(who), "url": site.url}])
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    return context, page


def check(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


@pytest.mark.parametrize("size", SIZES)
def test_a_colleague_reads_what_is_shared(browser: Browser, site: Site, meeting: str, grace: User, size: str) -> None:
    wrong: list[str] = []
    mine, page = opened(browser, site, size, site.owner, wrong)
    hers, other = opened(browser, site, size, grace, wrong)
    page.goto(f"{site.url}/meetings/{meeting}")
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share")
    check(page)
    dialog.get_by_label("Person").select_option("grace@example.com")
    dialog.get_by_role("button", name="Share with this person").click()
    expect(dialog.get_by_text("Grace Hopper (grace@example.com)").first).to_be_visible()
    expect(dialog.get_by_text("may read", exact=False).first).to_be_visible()
    check(page)

    other.goto(site.url)
    expect(other.get_by_text("Shared by")).to_be_visible()
    check(other)
    other.get_by_role("link", name="Launch of the new billing").click()
    expect(other.get_by_role("region", name="Note")).to_be_visible()
    expect(other.get_by_role("button", name="Share", exact=True)).to_have_count(0)
    expect(other.get_by_role("button", name="Edit", exact=True)).to_have_count(0)
    expect(other.get_by_role("button", name="Play", exact=True)).to_be_visible()
    check(other)

    end = dialog.get_by_role("button", name="End sharing with")
    end.click()
    expect(end).to_have_count(0)
    check(page)
    dialog.get_by_role("button", name="Undo").click()
    expect(end).to_have_count(1)
    end.click()
    expect(end).to_have_count(0)
    dialog.get_by_role("button", name="Create link").click()
    link = dialog.get_by_role("textbox", name="Link", exact=True).input_value()
    stranger = browser.new_context(viewport=page.viewport_size).new_page()
    stranger.goto(f"{link}?t=58.2")
    expect(stranger.locator(".marked")).to_contain_text("We launch on Monday")
    expect(stranger.locator(".marked")).to_be_in_viewport()
    stranger.wait_for_function("() => Math.abs(document.querySelector('#sound').currentTime - 58.2) < 0.3")
    check(stranger)
    stranger.context.close()
    dialog.get_by_role("button", name="Revoke").click()
    dialog.get_by_role("button", name="Undo").click()
    expect(dialog.get_by_text("The link opens again.")).to_be_visible()
    dialog.get_by_role("button", name="Revoke").click()
    other.reload()
    expect(other.get_by_role("heading", level=1)).not_to_have_text("Launch of the new billing")
    refused = [each for each in wrong if "404" not in each]
    assert refused == []
    mine.close()
    hers.close()


@pytest.mark.parametrize("size", SIZES)
def test_settings_and_the_owners_page(browser: Browser, site: Site, grace: User, size: str) -> None:
    wrong: list[str] = []
    context, page = opened(browser, site, size, site.owner, wrong)
    page.goto(f"{site.url}/settings")
    check(page)
    words = page.get_by_role("region", name="Words to recognise")
    words.get_by_label("Names and words").fill("Priya Nair\nKubernetes")
    words.get_by_role("button", name="Save").click()
    expect(words.get_by_label("Names and words")).to_have_value("Priya Nair\nKubernetes")
    groups = page.get_by_role("region", name="Groups")
    groups.get_by_label("Name of a new group").fill(f"Board {size}")
    groups.get_by_role("button", name="Make the group").click()
    expect(groups.get_by_text(f"Board {size}")).to_be_visible()
    check(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download everything").click()
    assert re.fullmatch(r"minutebook \d{4}-\d\d-\d\d\.zip", waiting.value.suggested_filename)

    page.get_by_role("link", name="This server").click()
    check(page)
    page.get_by_label("E-mail").last.fill(f"kim-{size}@example.com")
    page.get_by_label("Name").last.fill("Kim")
    page.get_by_role("button", name="Make an invitation link").click()
    expect(page.locator("code", has_text="/password?token=")).to_be_visible()
    check(page)
    assert wrong == []
    context.close()


@pytest.mark.parametrize("size", SIZES)
def test_versions_calendars_and_search(browser: Browser, site: Site, meeting: str, size: str) -> None:
    wrong: list[str] = []
    context, page = opened(browser, site, size, site.owner, wrong)
    for path in (f"/meetings/{meeting}/versions", f"/meetings/{meeting}/share", "/my/calendars", "/search?q=launch"):
        page.goto(f"{site.url}{path}")
        check(page)
    waiting = site.add_meeting("Waits for its recording", None)
    page.goto(f"{site.url}/meetings/{waiting}")
    check(page)
    page.get_by_label("Recording").set_input_files(SAMPLE)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("region", name="Transcript")).to_be_visible(timeout=PATIENCE_MS)
    assert page.url.endswith(waiting)
    page.goto(site.url)
    bar = page.locator("#bulk .acts")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name="Choose Launch of the new billing").check()
    expect(bar).to_be_visible()
    assert wrong == []
    context.close()
