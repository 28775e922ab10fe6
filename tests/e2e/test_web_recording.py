"""Recording in a real Chromium with a device that beeps: what is kept when the page goes, by a reload and by a kill."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from support.calls.chromium import CHROMIUM
from support.killing import end, end_browser, processes
from support.site import Site

PATIENCE_MS = 60_000
BEEP = """() => {
  document.title = "Call";
  const sound = new AudioContext();
  const beep = sound.createOscillator();
  beep.connect(sound.destination);
  beep.start();
}"""
LOST_MOST_S = 5.0
pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    made.start()
    yield made
    made.stop()


def opened(playwright: Playwright, site: Site, profile: Path, *more: str) -> tuple[BrowserContext, Page]:
    """A browser with a profile, as people have one: what is kept in it survives the browser."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        viewport={"width": 1280, "height": 800},
        locale="en-GB",
        args=["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", *more],
        ignore_default_args=["--mute-audio"],
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "minutebook_session", "value": site.session(), "url": site.url}])
    page = context.pages[0] if context.pages else context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(site.url)
    return context, page


def begin(page: Page, title: str) -> None:
    page.get_by_role("button", name="Record", exact=True).click()
    dialog = page.get_by_role("dialog", name="Record")
    expect(dialog).to_contain_text("has to know and agree")
    dialog.get_by_label("What it is about").fill(title)
    dialog.get_by_role("button", name="Start").click()


def until(page: Page, elapsed: str, length_s: float = 10) -> None:
    """Until so much was recorded, as the page shows it ("0:10")."""
    reached = f"() => document.querySelector('[data-elapsed]').textContent.padStart(5) >= '{elapsed:>5}'"
    page.wait_for_function(reached, timeout=PATIENCE_MS + 1000 * length_s)


def seconds_of(page: Page, length_s: float = 10) -> float:
    """How long the recording of the meeting that is shown is, as decoded here."""
    player = page.get_by_role("region", name="Player")
    expect(player).to_be_visible(timeout=PATIENCE_MS + 1000 * length_s)
    return float(player.get_attribute("data-duration") or "nan")


def test_a_recording_with_a_pause(people_can_come: Playwright, site: Site, tmp_path: Path) -> None:
    context, page = opened(people_can_come, site, tmp_path)
    begin(page, "Stand-up")
    until(page, "0:03")
    page.wait_for_function("() => document.querySelector('#level').value > 0.05")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Pause").click()
    paused = page.locator("[data-elapsed]").inner_text()
    page.get_by_role("button", name="Go on").click()
    until(page, "0:06")
    page.get_by_role("button", name="Stop and save").click()
    expect(page.get_by_role("heading", name="Stand-up")).to_be_visible()
    assert paused < "0:06"
    assert 5.0 <= seconds_of(page) <= 9.0
    context.close()


def test_the_sound_of_a_tab(people_can_come: Playwright, site: Site, tmp_path: Path) -> None:
    chosen = "--auto-select-tab-capture-source-by-title=Call"
    context, page = opened(people_can_come, site, tmp_path, chosen, "--autoplay-policy=no-user-gesture-required")
    call = context.new_page()
    call.goto(f"{site.url}/healthz")
    call.evaluate(BEEP)
    page.bring_to_front()
    page.get_by_role("button", name="Record", exact=True).click()
    dialog = page.get_by_role("dialog", name="Record")
    dialog.get_by_label("What it is about").fill("A call")
    dialog.get_by_label("Microphone").uncheck()
    dialog.get_by_label("Sound of a tab").check()
    dialog.get_by_role("button", name="Start").click()
    # The beep is as loud as the tab makes it: no filter takes it for noise.
    page.wait_for_function("() => document.querySelector('#level').value > 0.4")
    until(page, "0:04")
    page.get_by_role("button", name="Stop and save").click()
    expect(page.get_by_role("heading", name="A call")).to_be_visible()
    assert seconds_of(page) >= 3.0
    context.close()


@pytest.mark.parametrize("length_s", [10, pytest.param(600, marks=pytest.mark.soak)], ids=["10s", "600s"])
@pytest.mark.parametrize("how", ["reload", "killed tab", "killed browser"])
def test_what_was_not_finished_is_offered(
    people_can_come: Playwright, site: Site, tmp_path: Path, how: str, length_s: int
) -> None:
    context, page = opened(people_can_come, site, tmp_path)
    begin(page, "Crash")
    until(page, f"{length_s // 60}:{length_s % 60:02}", length_s)
    if how == "reload":
        page.reload()
    elif how == "killed tab":
        end(each for each in processes(tmp_path) if "--type=renderer" in each.cmdline())
        page = context.new_page()
        page.goto(site.url)
    else:
        end_browser(tmp_path)
        context, page = opened(people_can_come, site, tmp_path)
    notice = page.locator("#unsaved section")
    expect(notice).to_contain_text("was not finished")
    notice.get_by_role("button", name="Save it").click()
    expect(page.get_by_role("heading", name="Crash")).to_be_visible(timeout=PATIENCE_MS)
    kept_s = seconds_of(page, length_s)
    print(f"{how}: of {length_s} s {length_s - kept_s:.2f} s were lost")
    assert kept_s >= length_s - LOST_MOST_S
    page.goto(site.url)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#unsaved section")).to_have_count(0)
    context.close()
