"""People in a call: each a headless Chromium of its own, whose microphone says what the test wants."""

import base64
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

from support.calls.chromium import CHROMIUM

SCRIPT = Path(__file__).with_name("participant.js")
FLAGS = (
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-dev-shm-usage",
    "--disable-gpu",
)


class ChromiumMissingError(Exception):
    """Why nobody can come; the reason of a skip."""


@dataclass(frozen=True, slots=True)
class Camera:
    """What a participant's camera sends: a plain colour with a small moving square."""

    width: int = 320
    height: int = 180
    rate: int = 5
    colour: str = "#26a"


class Participant:
    """Somebody in a call. Times are seconds since the epoch."""

    def __init__(self, browser: Browser, name: str, camera: Camera) -> None:
        self.name = name
        self._context = browser.new_context(viewport={"width": 800, "height": 600})
        settings = {each: getattr(camera, each) for each in ("width", "height", "rate", "colour")}
        self._context.add_init_script(f"window.participantCamera = {json.dumps(settings)};")
        self._context.add_init_script(path=SCRIPT)
        self.page: Page = self._context.new_page()

    def join_p2p(self, address: str, *, wait: bool = True) -> "Participant":
        """Come to our own page; without `wait` perhaps only into its lobby."""
        self.page.goto(address)
        self.page.fill("#name", self.name)
        self.page.click("#join")
        if wait:
            self.page.locator("#call").wait_for(state="visible")
        return self

    def join_janus(self, address: str) -> "Participant":
        """Come to a room on Janus' own page, as a person does: press, type, press, wait for one's own picture."""
        self.page.goto(address)
        self.page.click("#start")
        self.page.locator("#username").wait_for(state="visible")
        self.page.fill("#username", self.name)
        self.page.click("#register")
        self.page.locator("#bitrateset").wait_for(state="visible", timeout=60_000)
        return self

    def learn(self, wav: bytes) -> None:
        """Get a WAV file ready to be spoken."""
        self.page.evaluate("(wav) => participant.learn(wav)", base64.b64encode(wav).decode())

    def say(self, at: float) -> None:
        """Speak what was learnt at a moment; returns at once, also when that is to come."""
        self.page.evaluate("(at) => participant.say(at)", at * 1000)

    def count(self, at: float, seconds: float) -> None:
        """Tones that tell the time, second by second; see `timecode`."""
        self.page.evaluate("([at, seconds]) => participant.count(at, seconds)", [at * 1000, seconds])

    def clap(self, at: float) -> None:
        """A white picture and a beep at the same moment."""
        self.page.evaluate("(at) => participant.clap(at)", at * 1000)

    def listen(self) -> None:
        """Begin to record what the others say."""
        self.page.evaluate("participant.listen()")

    def heard(self, to: Path) -> Path:
        """End that recording and write it (WebM)."""
        to.write_bytes(base64.b64decode(self.page.evaluate("participant.heard()")))
        return to

    def leave(self) -> None:
        self._context.close()


@contextmanager
def participants(
    playwright: Playwright, names: Sequence[str], camera: Camera | None = None
) -> Iterator[list[Participant]]:
    """People who have not joined anything yet, each with a Chromium of their own."""
    if CHROMIUM is None:
        raise ChromiumMissingError("no Chromium on this machine: run `make stage`")
    browsers: list[Browser] = []
    try:
        for _ in names:
            browsers.append(playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS)))
        yield [Participant(browser, name, camera or Camera()) for browser, name in zip(browsers, names, strict=True)]
    finally:
        for browser in browsers:
            browser.close()
