"""Captures of the page: what somebody needs who is to find out why a bot took itself to be where it was not.

A capture is a folder `captures/<attempt>.<number>` in the bot's folder, beside its log: `page.html` (without other
people's names and words), `screen.png`, `console.txt` and `evidence.json`. One is made when a bot fails, and when the
file `capture.wanted` is there.
"""

import asyncio
import base64
import json
import logging
import shutil
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from minutebook.bots.platforms.ports import Platform, Sight
from minutebook.bots.runner.saved_pages import told_of
from minutebook.kit.clock import Clock

if TYPE_CHECKING:
    from playwright.async_api import ConsoleMessage, Page

log = logging.getLogger(__name__)

FOLDER: Final = "captures"
WANTED: Final = "capture.wanted"
MADE_WITHIN_S: Final = 8.0
CONSOLE_LINES: Final = 200
LINE_CHARS: Final = 500


class PageCaptures:
    """Makes one attempt's captures, in the bot's folder. A page that does not let itself be captured is no failure."""

    def __init__(self, folder: Path, attempt: int, clock: Clock) -> None:
        self._folder = folder
        self._attempt = attempt
        self._clock = clock
        self._console: deque[str] = deque(maxlen=CONSOLE_LINES)

    def watch(self, page: "Page") -> None:
        """Keep what the page says on its console from now on."""
        page.on("console", self._heard)

    def asked(self) -> bool:
        """Whether somebody wants a capture now; asked for once."""
        try:
            (self._folder / WANTED).unlink()
        except FileNotFoundError:
            return False
        return True

    async def keep(self, page: "Page", platform: Platform, sight: Sight, why: str) -> None:
        """Make a capture; `why` says on what occasion."""
        from playwright.async_api import Error

        try:
            async with asyncio.timeout(MADE_WITHIN_S):
                html, names = await platform.scrubbed(page)
                screen = await self._screen(page)
        except (Error, TimeoutError) as error:
            log.info("the page cannot be captured: %s", error or "it took too long")
            return
        evidence = {
            "platform": platform.name,
            "url": page.url.partition("?")[0].partition("#")[0],
            "at": self._clock.now().isoformat(timespec="seconds"),
            "why": why,
            "facts": platform.facts_version,
            **told_of(sight),
        }
        log.info("the page is captured", extra={"path": str(self._write(html, screen, names, evidence))})

    def _write(self, html: str, screen: bytes, names: list[str], evidence: dict[str, Any]) -> Path:
        folder = self._folder / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        number = sum(1 for _ in folder.glob(f"{self._attempt}.*"))
        part, target = folder / f".{self._attempt}.{number}", folder / f"{self._attempt}.{number}"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        (part / "page.html").write_text(html, encoding="utf-8")
        (part / "screen.png").write_bytes(screen)
        (part / "console.txt").write_text("\n".join(_without(names, line) for line in self._console), encoding="utf-8")
        (part / "evidence.json").write_text(json.dumps(evidence, indent=2, ensure_ascii=False), encoding="utf-8")
        part.replace(target)
        return target

    async def _screen(self, page: "Page") -> bytes:
        session = await page.context.new_cdp_session(page)
        try:
            answer = await session.send("Page.captureScreenshot", {"format": "png"})
        finally:
            await session.detach()
        return base64.b64decode(answer["data"])

    def _heard(self, message: "ConsoleMessage") -> None:
        self._console.append(f"{message.type}: {message.text}"[:LINE_CHARS])


def _without(names: list[str], line: str) -> str:
    for name in names:
        line = line.replace(name, "Somebody")
    return line
