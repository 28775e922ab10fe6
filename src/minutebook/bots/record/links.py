"""Links to what a bot recorded: anybody who has one may read that one file until it expires. Nothing is stored; the
signature is all there is to them."""

from datetime import timedelta
from typing import Final
from urllib.parse import quote, urlencode

from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.sealing import Sealing

_PURPOSE: Final = "bot media"


def screenshot_name(number: int) -> str:
    """The name of the file of a bot's screenshot (`Screenshot.number`)."""
    return f"screenshots/{number}.png"


class MediaLinks:
    """Makes links and checks them. `base_url` is this server's address without a slash at the end; `life_s` is how
    long a link works, in seconds."""

    def __init__(self, sealing: Sealing, base_url: str, life_s: int, clock: Clock) -> None:
        self._sealing = sealing
        self._base_url = base_url.rstrip("/")
        self._life = timedelta(seconds=life_s)
        self._clock = clock

    def at(self, base_url: str) -> "MediaLinks":
        """The same links at the address by which a client has reached the server."""
        return MediaLinks(self._sealing, base_url, int(self._life.total_seconds()), self._clock)

    def link(self, bot_id: str, name: str) -> str:
        """A link to one of a bot's files that works from now on for its time."""
        expires = int((self._clock.now() + self._life).timestamp())
        query = urlencode({"expires": expires, "signature": self._sign(bot_id, name, str(expires))})
        return f"{self._base_url}/media/bots/{bot_id}/{quote(name)}?{query}"

    def check(self, bot_id: str, name: str, expires: str, signature: str) -> None:
        """Raise `link_invalid` unless the link was made here for this file, `link_expired` once its time is over."""
        if not self._sealing.is_signed(_PURPOSE, _signed_text(bot_id, name, expires), signature):
            message = "This link was not made by this server, or it was changed. Ask for the bot's data again."
            raise MinutebookError(Kind.FORBIDDEN, "link_invalid", message)
        if int(expires) <= self._clock.now().timestamp():
            message = "This link has expired. Ask for the bot's data again: every answer brings fresh links."
            raise MinutebookError(Kind.FORBIDDEN, "link_expired", message)

    def _sign(self, bot_id: str, name: str, expires: str) -> str:
        return self._sealing.sign(_PURPOSE, _signed_text(bot_id, name, expires))


def _signed_text(bot_id: str, name: str, expires: str) -> str:
    return f"{bot_id}\n{name}\n{expires}"
