"""The bot's camera picture, fetched from the address that its caller gave."""

import asyncio
from collections.abc import Callable
from typing import Final

from minutebook.bots.runner.ports import Picture
from minutebook.config import OutgoingSettings
from minutebook.errors import MinutebookError

MOST_BYTES: Final = 8 * 1024 * 1024
MEDIA_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/gif")


class PictureSource:
    """Fetches the picture once, however often it is asked for."""

    def __init__(self, url: str | None, settings: OutgoingSettings, notice: Callable[[str], None]) -> None:
        self._url = url
        self._settings = settings
        self._notice = notice
        self._fetching: asyncio.Task[Picture | None] | None = None

    async def get(self) -> Picture | None:
        """The picture; None, with a notice, where there is none to be had."""
        if self._url is None:
            return None
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(self._url))
        # Who asks may be cancelled; the next one still gets it.
        return await asyncio.shield(self._fetching)

    async def _fetch(self, url: str) -> Picture | None:
        from minutebook.outgoing.client import OutgoingClient

        try:
            answer = await OutgoingClient(self._settings).request("GET", url, max_bytes=MOST_BYTES)
        except MinutebookError as error:
            self._notice(f"The bot's image is not shown. {error.message}")
            return None
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not answer.is_success or media_type not in MEDIA_TYPES:
            said = media_type or "something of no type"
            self._notice(f"The bot's image is not shown: its address answers {answer.status_code} with {said}.")
            return None
        return Picture(answer.content, media_type)
