"""One Chromium with one page, for one visit of a call; ended whatever happens.

The browser inherits the environment of the runner, and with it the variable by which a bot's host finds all processes
of an attempt.
"""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Playwright

log = logging.getLogger(__name__)

STARTED_WITHIN_S: Final = 60.0
CLOSED_WITHIN_S: Final = 5.0
WATCH_S: Final = 0.5
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VIDEO_SIZE: Final = (1280, 720)
AUDIO_SIZE: Final = (960, 540)
"""The page's size in pixels: the picture that is recorded; without one, the smallest that has room for all controls."""

PERMISSIONS: Final = ("microphone", "camera")

FEATURES_ON: Final = (
    # One process less.
    "NetworkServiceInProcess2",
    # What Playwright turns on: the last such flag on a command line is the only one that counts.
    "CDPScreenshotNewSurface",
    "SkipListAccountsWithoutGaiaCookies",
)
FEATURES_OFF: Final = (
    # Addresses in WebRTC as they are: names of mDNS mean nothing to a server in the same house.
    "WebRtcHideLocalIpsWithMdns",
    # An address is opened as it was given.
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    # What Playwright turns off and relies on.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    # What a meeting does not need; some of it keeps a page of its own.
    "AimEnabled",
    "AudioServiceOutOfProcess",
    "BackForwardCache",
    "LensOverlay",
    "MediaRouter",
    "OptimizationHints",
    "PreconnectToSearch",
    "SpareRendererForSitePerProcess",
    "Translate",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
)

FLAGS: Final = (
    # The platforms' texts are known in English.
    "--lang=en-US",
    "--autoplay-policy=no-user-gesture-required",
    # Questions for microphone and camera are answered; the devices themselves are capture's stand-ins.
    "--use-fake-ui-for-media-stream",
    "--disable-blink-features=AutomationControlled",
    "--allow-loopback-in-peer-connection",
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--renderer-process-limit=1",
    f"--enable-features={','.join(FEATURES_ON)}",
    f"--disable-features={','.join(FEATURES_OFF)}",
)
"""On top of what Playwright starts Chromium with, which keeps pages that nobody sees at full speed."""


NO_DRIVER: Final = (
    "Bots are not installed on this machine: install `minutebook[bots]` instead of `minutebook`, and a Chromium."
)


class BrowserMissingError(Exception):
    """There is no browser that could be started; the message says what to do."""


def find_chromium(configured: str | None) -> str | None:
    """The path of the Chromium to use: the configured one, else an installed one; None for Playwright's own. Raises
    `BrowserMissingError`, also where nothing is there to drive it with."""
    if not is_driver_installed():
        raise BrowserMissingError(NO_DRIVER)
    if configured is not None:
        if not Path(configured).is_file():
            raise BrowserMissingError(f"MINUTEBOOK_BOTS__CHROMIUM names {configured}, where there is no file.")
        return configured
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def is_driver_installed() -> bool:
    """Whether the extra `bots` was installed."""
    return find_spec("playwright") is not None


async def own_chromium() -> str | None:
    """The path of the Chromium that Playwright downloaded, if it did."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        path = playwright.chromium.executable_path
    return shutil.which(path)


SMALL_DRIVER: Final = "--max-semi-space-size=1"
"""For Playwright's driver (Node): 12 MB less, for a process that has little to do."""


@contextmanager
def surroundings(bot_id: str) -> Iterator[Path]:
    """What browsers are started in: a folder for what they keep while they run, found by `TMPDIR`, so that what a
    killed one left behind goes with the next attempt. Its path is short, since sockets live in it."""
    folder = Path(tempfile.gettempdir()) / f"minutebook-bot-{bot_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    os.environ["TMPDIR"] = str(folder)
    os.environ["NODE_OPTIONS"] = SMALL_DRIVER
    try:
        yield folder
    finally:
        os.environ["TMPDIR"] = str(folder.parent)
        shutil.rmtree(folder, ignore_errors=True)


class Tab:
    """A browser with one page. `lost` is set when the browser or its page broke down."""

    def __init__(self, chromium: str | None, *, video: bool) -> None:
        self._chromium = chromium
        self._size = VIDEO_SIZE if video else AUDIO_SIZE
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._context: BrowserContext | None = None
        self._processes: list[psutil.Process] = []
        self._watching: asyncio.Task[None] | None = None
        self._closing = False
        self.page: Page | None = None
        self.lost = asyncio.Event()

    async def start(self) -> "BrowserContext":
        """Start the browser; returns the context that its page will live in. Raises `BrowserMissingError`, and
        Playwright's `Error` when it broke down at once."""
        from playwright.async_api import async_playwright

        before = set(psutil.Process().children())
        async with asyncio.timeout(STARTED_WITHIN_S):
            try:
                self._playwright = await async_playwright().start()
                self._browser = await self._launch(self._playwright)
            finally:
                self._note_processes(before)
            self._browser.on("disconnected", self._lose)
            self._watching = asyncio.create_task(self._watch())
            width, height = self._size
            self._context = await self._browser.new_context(
                viewport={"width": width, "height": height},
                screen={"width": width, "height": height},
                locale="en-US",
                accept_downloads=False,
                permissions=list(PERMISSIONS),
            )
        return self._context

    async def open(self) -> "Page":
        """The one page, empty. Windows that it opens are closed at once."""
        if self._context is None:
            raise RuntimeError("The browser was not started.")
        page = self.page = await self._context.new_page()
        page.on("crash", self._lose)
        page.on("close", self._lose)
        page.on("popup", _close)
        return page

    async def close(self) -> None:
        """End the browser and everything that belongs to it, however it is doing."""
        self._closing = True
        if self._watching is not None:
            self._watching.cancel()
        if self._browser is not None:
            await _within(CLOSED_WITHIN_S, self._browser.close())
        if self._playwright is not None:
            await _within(CLOSED_WITHIN_S, self._playwright.stop())
        await self._kill()

    async def _launch(self, playwright: "Playwright") -> "Browser":
        from playwright.async_api import Error

        sandbox = os.geteuid() != 0
        try:
            return await self._launched(playwright, sandbox)
        except Error as error:
            if "Executable doesn't exist" in error.message:
                advice = "Install Chromium, or run `playwright install chromium`, or set MINUTEBOOK_BOTS__CHROMIUM."
                raise BrowserMissingError(f"There is no Chromium on this machine. {advice}") from error
            if not sandbox or "sandbox" not in error.message.lower():
                raise
            log.warning("Chromium's sandbox is not to be had here (user namespaces are off); it starts without")
            return await self._launched(playwright, sandbox=False)

    async def _launched(self, playwright: "Playwright", sandbox: bool) -> "Browser":
        return await playwright.chromium.launch(
            executable_path=self._chromium,
            headless=True,
            args=list(FLAGS),
            chromium_sandbox=sandbox,
            # Signals are the runner's to answer: it leaves the call in good order first.
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    def _note_processes(self, before: set[psutil.Process]) -> None:
        with suppress(psutil.Error):
            for child in set(psutil.Process().children()) - before:
                self._processes += [child, *child.children(recursive=True)]

    async def _watch(self) -> None:
        """Nobody says that Playwright's driver died."""
        while True:
            await asyncio.sleep(WATCH_S)
            if self._processes and not _lives(self._processes[0]):
                self._lose()
                return

    async def _kill(self) -> None:
        """End what is still there of the processes that were started."""
        for parent in list(self._processes):
            with suppress(psutil.Error):
                self._processes += parent.children(recursive=True)
        for process in self._processes:
            with suppress(psutil.Error):
                process.kill()
        await asyncio.to_thread(psutil.wait_procs, self._processes, CLOSED_WITHIN_S)

    def _lose(self, *_: Any) -> None:
        if not self._closing:
            self.lost.set()


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def _close(page: "Page") -> None:
    from playwright.async_api import Error

    with suppress(Error):
        await page.close()


async def _within(limit_s: float, closing: Awaitable[None]) -> None:
    """Wait for something that may fail or never end, since what it was about is gone already."""
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(limit_s):
            await closing
    except (Error, TimeoutError) as error:
        log.info("the browser did not close in good order: %s", error or "it took too long")
