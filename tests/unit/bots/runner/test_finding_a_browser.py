"""Which Chromium a bot uses."""

import sys
from pathlib import Path

import pytest
from playwright.async_api import async_playwright
from typer.testing import CliRunner

from minutebook.bots.runner.browser import BrowserMissingError, find_chromium, own_chromium
from minutebook.cli.app import app


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


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright", None)  # as if it were not installed
    page = tmp_path / "page.html"
    page.write_text("<p>Ask to join</p>")
    asked = ["bots", "look", "--platform", "teams", "--url", "https://teams.microsoft.com/", str(page)]
    done = CliRunner().invoke(app, asked)
    assert "install `minutebook[bots]`" in done.stderr


async def test_what_playwright_downloaded_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert await own_chromium() is None
    async with async_playwright() as playwright:
        browser = Path(playwright.chromium.executable_path)
    browser.parent.mkdir(parents=True)
    browser.touch(mode=0o755)
    assert await own_chromium() == str(browser)
