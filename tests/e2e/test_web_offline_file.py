"""A meeting's file, opened from a folder as by a double click: a quote plays, and nothing is asked of any network."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Playwright

from support.calls.chromium import CHROMIUM
from support.site import Site


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, people_can_come: Playwright) -> Path:
    """The download of a sample meeting; its server is gone when the file is opened."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.start()
    meeting = site.add_meeting()
    asking = people_can_come.request.new_context(extra_http_headers={"Cookie": f"minutebook_session={site.session()}"})
    answer = asking.get(f"{site.url}/meetings/{meeting}/download/html")
    assert answer.ok
    saved = tmp_path_factory.mktemp("downloads") / "2026-11-29 launch.html"
    saved.write_bytes(answer.body())
    asking.dispose()
    site.stop()
    return saved


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["laptop", "phone"])
def test_a_quote_plays_from_a_file(people_can_come: Playwright, file: Path, width: int, height: int) -> None:
    browser = people_can_come.chromium.launch(
        executable_path=CHROMIUM, args=["--autoplay-policy=no-user-gesture-required"]
    )
    page = browser.new_page(viewport={"width": width, "height": height})
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_function("() => document.querySelector('#media').readyState >= 1")
    quote = page.get_by_role("region", name="Note").locator("button.quote").last
    start = float(quote.get_attribute("data-at") or "nan")
    quote.click()
    page.wait_for_function("() => ((m) => !m.paused && m.played.length)(document.querySelector('#media'))")
    begun = page.evaluate("((m) => m.played.start(m.played.length - 1))(document.querySelector('#media'))")
    assert abs(begun - start) <= 0.3
    assert page.locator(".marked").count() >= 1
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert {url.partition(":")[0] for url in asked} == {"file", "blob"}
    assert wrong == []
    browser.close()
