"""The runner's browser and screenshots with a real Chromium, on a trivial page."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest
from playwright.async_api import Error

from minutebook.bots.runner.browser import (
    AUDIO_SIZE,
    VIDEO_SIZE,
    BrowserMissingError,
    Tab,
    find_chromium,
    surroundings,
)
from minutebook.bots.runner.screens import SMALL, Screens, shots
from minutebook.kit.clock import SystemClock
from support.calls.chromium import CHROMIUM

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`"),
]

WITHIN_S = 20.0
PAGE = b"""<!doctype html><title>Trivial</title><body style="background: rgb(10, 200, 30)">
<script>navigator.mediaDevices; document.title = navigator.language + " " + innerWidth + "x" + innerHeight;</script>"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            if self.path == "/download":
                self.send_header("content-disposition", "attachment; filename=x.bin")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
async def tab() -> AsyncIterator[Tab]:
    made = Tab(CHROMIUM, video=False)
    try:
        yield made
    finally:
        await made.close()


def descendants() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]


def chromium_itself() -> psutil.Process:
    """The browser's main process."""
    for process in descendants():
        with suppress(psutil.Error):
            command = process.cmdline()
            if "--headless" in command and not any(part.startswith("--type=") for part in command):
                return process
    raise AssertionError("there is no browser")


@pytest.mark.parametrize(("video", "size"), [(True, VIDEO_SIZE), (False, AUDIO_SIZE)])
async def test_a_page_in_english_at_its_size(address: str, video: bool, size: tuple[int, int]) -> None:
    tab = Tab(CHROMIUM, video=video)
    try:
        context = await tab.start()
        page = await tab.open()
        await page.goto(address)
        assert await page.title() == f"en-US {size[0]}x{size[1]}"
        granted = "async () => (await navigator.permissions.query({name: 'microphone'})).state"
        assert await page.evaluate(granted) == "granted"
        assert len(context.pages) == 1
    finally:
        await tab.close()
    assert descendants() == []


async def test_other_windows_and_downloads_come_to_nothing(tab: Tab, address: str) -> None:
    context = await tab.start()
    page = await tab.open()
    await page.goto(address)
    await page.evaluate("address => { window.open(address); window.open(address + '?2'); }", address)
    await page.evaluate("address => { location.href = address + 'download'; }", address)
    async with asyncio.timeout(WITHIN_S):
        while len(context.pages) > 1:
            await asyncio.sleep(0.05)
    assert not tab.lost.is_set()
    # `page.title()` tells of a page that is about to be loaded, and in the end is not.
    assert await page.evaluate("document.title") == f"en-US {AUDIO_SIZE[0]}x{AUDIO_SIZE[1]}"


@pytest.mark.parametrize("whose", ["browser", "renderer", "driver"])
async def test_a_killed_process_is_noticed_and_nothing_is_left(address: str, whose: str) -> None:
    tab = Tab(CHROMIUM, video=False)
    try:
        await tab.start()
        page = await tab.open()
        await page.goto(address)
        browser = chromium_itself()
        victims = {
            "browser": [browser],
            "renderer": [each for each in browser.children(recursive=True) if "--type=renderer" in each.cmdline()],
            "driver": [each for each in psutil.Process().children() if each.pid == browser.ppid()],
        }
        assert victims[whose]
        for victim in victims[whose]:
            os.kill(victim.pid, signal.SIGKILL)
        async with asyncio.timeout(WITHIN_S):
            await tab.lost.wait()
    finally:
        async with asyncio.timeout(WITHIN_S):
            await tab.close()
    assert descendants() == []


async def test_what_hangs_is_ended_too(address: str) -> None:
    tab = Tab(CHROMIUM, video=False)
    await tab.start()
    await (await tab.open()).goto(address)
    for process in descendants():
        os.kill(process.pid, signal.SIGSTOP)
    async with asyncio.timeout(3 * WITHIN_S):
        await tab.close()
    assert descendants() == []


async def test_screenshots_of_a_page(tab: Tab, address: str, tmp_path: Path) -> None:
    import io

    import av

    await tab.start()
    page = await tab.open()
    await page.goto(address)
    screens = Screens(tmp_path / "spool", 3, SystemClock())
    assert screens.is_due
    await screens.take(page, "in_call")
    await screens.take(page, "watch", small=True)
    assert not screens.is_due
    whole, small = shots(tmp_path / "spool")
    assert [(shot.attempt, shot.index, shot.name) for shot in (whole, small)] == [(3, 0, "in_call"), (3, 1, "watch")]
    for shot, scale in ((whole, 1.0), (small, SMALL)):
        with av.open(io.BytesIO(shot.path.read_bytes())) as container:
            frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
        assert frame.shape[:2] == pytest.approx((AUDIO_SIZE[1] * scale, AUDIO_SIZE[0] * scale), abs=1)
        assert frame[50, 50].tolist() == [10, 200, 30]


async def test_a_page_that_is_gone_has_no_screenshot(tab: Tab, tmp_path: Path) -> None:
    await tab.start()
    page = await tab.open()
    await page.close()
    screens = Screens(tmp_path, 1, SystemClock())
    await screens.take(page, "ended")
    assert shots(tmp_path) == []


async def test_a_browser_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrowserMissingError, match="MINUTEBOOK_BOTS__CHROMIUM"):
        find_chromium(str(tmp_path / "none"))
    tab = Tab("/bin/false", video=False)
    with pytest.raises(Error):
        await tab.start()
    await tab.close()
    assert descendants() == []


def test_what_browsers_leave_behind_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", os.environ.get("TMPDIR", "/tmp"))
    monkeypatch.setenv("NODE_OPTIONS", "")
    with surroundings("bot") as folder:
        (folder / "left by a killed one").write_text("x")
        assert os.environ["TMPDIR"] == str(folder)
        assert folder.stat().st_mode & 0o777 == 0o700
    with surroundings("bot") as again:
        assert list(again.iterdir()) == []
    assert not again.exists()
