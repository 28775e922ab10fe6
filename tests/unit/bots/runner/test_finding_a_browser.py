"""Which Chromium a bot uses."""

from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from minutebook.bots.runner.browser import BrowserMissingError, find_chromium, own_chromium


def test_a_configured_one_comes_first(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.touch()
    assert find_chromium(str(browser)) == str(browser)


def test_a_configured_one_that_is_not_there_is_told() -> None:
    with pytest.raises(BrowserMissingError, match="/nowhere/chromium"):
        find_chromium("/nowhere/chromium")


def test_an_installed_one_is_found_by_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium(None) is None
    browser = tmp_path / "google-chrome"
    browser.touch(mode=0o755)
    assert find_chromium(None) == str(browser)


async def test_what_playwright_downloaded_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert await own_chromium() is None
    async with async_playwright() as playwright:
        browser = Path(playwright.chromium.executable_path)
    browser.parent.mkdir(parents=True)
    browser.touch(mode=0o755)
    assert await own_chromium() == str(browser)
