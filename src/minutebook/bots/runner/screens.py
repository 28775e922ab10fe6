"""Screenshots: a whole one at each change of state and at a failure, small ones now and then.

They wait as files `screens/<attempt>.<index>.<taken_ms>.<name>.png` in the bot's spool folder until they are delivered.
"""

import asyncio
import base64
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minutebook.kit.clock import Clock

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

log = logging.getLogger(__name__)

EVERY_S: Final = 30.0
"""Small screenshots are taken no more often."""
SMALL: Final = 0.375
"""Scale of a small one: 480 of 1280 pixels."""
TAKEN_WITHIN_S: Final = 8.0
FOLDER: Final = "screens"
_NAME = re.compile(r"(\d+)\.(\d+)\.(\d+)\.([a-z0-9_]+)\.png")


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot that waits on the disk."""

    attempt: int
    index: int
    taken_ms: int
    name: str
    path: Path


def shots(folder: Path) -> Sequence[Shot]:
    """The screenshots that wait in a bot's spool folder, oldest first."""
    found = []
    for path in (folder / FOLDER).glob("*.png"):
        if match := _NAME.fullmatch(path.name):
            attempt, index, taken_ms, name = match.groups()
            found.append(Shot(int(attempt), int(index), int(taken_ms), name, path))
    return sorted(found, key=lambda shot: (shot.attempt, shot.index))


class Screens:
    """Takes one attempt's screenshots, into the spool folder. A page that does not let itself be shot is no failure:
    there is none then."""

    def __init__(self, folder: Path, attempt: int, clock: Clock) -> None:
        self._folder = folder
        self._attempt = attempt
        self._clock = clock
        self._index = 0
        self._last_ms = 0
        self._sessions: dict[Page, CDPSession] = {}

    @property
    def is_due(self) -> bool:
        """Whether it is time for a small one."""
        return self._now_ms() - self._last_ms >= EVERY_S * 1000

    async def take(self, page: "Page", name: str, *, small: bool = False) -> bool:
        """Take one; `name` (letters, digits, _) says when it was taken. False where there is none."""
        from playwright.async_api import Error

        taken_ms, index = self._now_ms(), self._index
        self._index, self._last_ms = index + 1, taken_ms
        try:
            async with asyncio.timeout(TAKEN_WITHIN_S):
                data = await self._shot(page, SMALL if small else 1.0)
        except (Error, TimeoutError) as error:
            log.info("no screenshot of the page: %s", error or "it took too long", extra={"screenshot": name})
            return False
        target = self._folder / FOLDER / f"{self._attempt}.{index}.{taken_ms}.{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.write_bytes(data)
        part.replace(target)
        return True

    async def _shot(self, page: "Page", scale: float) -> bytes:
        """The page's picture through the DevTools protocol, which scales it and does not wait for anything."""
        if page not in self._sessions:
            self._sessions[page] = await page.context.new_cdp_session(page)
        size = page.viewport_size or {"width": 1280, "height": 720}
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": scale}
        answer = await self._sessions[page].send("Page.captureScreenshot", {"format": "png", "clip": clip})
        return base64.b64decode(answer["data"])

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)
