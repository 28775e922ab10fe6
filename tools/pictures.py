"""Takes the pictures of docs/ anew: the sample meeting on a real server, seen by a real Chromium.

`make pictures` (some minutes: the sample is transcribed first). Every picture stands in `PICTURES` with what is done
before it is taken; the docs use all of them, and together they stay below `MOST_BYTES`.
"""

import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from minutebook.bots.runner.browser import find_chromium

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs" / "pictures"
MOST_BYTES: Final = 1_000_000
TITLE: Final = "Launch of the new billing"
PEOPLE: Final = ("Maria Silva", "Tom Berg", "Priya Nair", "Dana Weiss")
MINUTEBOOK: Final = (sys.executable, "-m", "minutebook")
LAPTOP: Final = ViewportSize(width=1280, height=800)
PHONE: Final = ViewportSize(width=390, height=844)


@dataclass(frozen=True, slots=True)
class Picture:
    """A file's name, the size of the screen, and what brings the page there."""

    name: str
    size: ViewportSize
    go: Callable[[Page], None]


def _list(page: Page) -> None:
    page.goto("/")


def _search(page: Page) -> None:
    page.goto("/search?q=load+test")


def _meeting(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name=TITLE).click()
    expect(page.get_by_role("region", name="Note")).to_be_visible()


def _quote(page: Page) -> None:
    _meeting(page)
    page.get_by_role("region", name="Note").locator(".quote").first.click()
    page.wait_for_function("() => document.querySelector('#media').currentTime > 0")
    page.get_by_role("button", name="Pause").click()


def _speaker(page: Page) -> None:
    _meeting(page)
    page.get_by_role("region", name="Transcript").locator("button.name").first.click()
    expect(page.get_by_role("dialog", name="Name this speaker")).to_be_visible()


def _share(page: Page) -> None:
    _meeting(page)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("button", name="Create link")).to_be_visible()


PICTURES: Final = (
    Picture("library-laptop", LAPTOP, _list),
    Picture("library-phone", PHONE, _list),
    Picture("meeting-laptop", LAPTOP, _quote),
    Picture("meeting-phone", PHONE, _meeting),
    Picture("speaker-laptop", LAPTOP, _speaker),
    Picture("share-phone", PHONE, _share),
    Picture("search-laptop", LAPTOP, _search),
)


@contextmanager
def _server(data_dir: Path) -> Iterator[str]:
    """A server over a record of the sample; yields the link that makes the owner's account."""
    people = [part for name in PEOPLE for part in ("--attendee", f"{name} <{name.split()[0].lower()}@example.com>")]
    sample = str(ROOT / "samples" / "launch.flac")
    told = [*MINUTEBOOK, "process", sample, "--title", TITLE, "--data-dir", str(data_dir), *people]
    subprocess.run(told, check=True, stdout=subprocess.DEVNULL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serving = [*MINUTEBOOK, "serve", "--port", str(port), "--data-dir", str(data_dir)]
    with subprocess.Popen(serving, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            lines = (re.search(r"http://\S+/setup\?token=\S+", line) for line in server.stderr)
            yield next(found[0] for found in lines if found)
        finally:
            server.terminate()


def _account(browser: Browser, link: str) -> list[dict[str, object]]:
    """The cookies of who has made the account."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(link)
        page.get_by_label("Your name").fill("Maria Silva")
        page.get_by_label("E-mail address").fill("maria@example.com")
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button").first.click()
        expect(page.get_by_role("heading", name="Meetings")).to_be_visible()
        return [dict(each) for each in context.cookies()]


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(None))
        cookies = _account(browser, link)
        for picture in PICTURES:
            base = link.partition("/setup")[0]
            with browser.new_context(viewport=picture.size, locale="en-GB", base_url=base) as context:
                context.add_cookies(cookies)  # type: ignore[arg-type]
                page = context.new_page()
                picture.go(page)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=FOLDER / f"{picture.name}.png")
        browser.close()
    whole = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{len(PICTURES)} pictures, {whole} bytes")
    if whole > MOST_BYTES:
        sys.exit(f"That is more than {MOST_BYTES} bytes.")


if __name__ == "__main__":
    main()
