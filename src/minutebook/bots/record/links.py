"""Links to what a bot recorded: anybody who has one may read that one file until it expires, or the API key for which
it was made is revoked. Nothing is stored; the signature is all there is to them."""

from datetime import timedelta
from typing import Final
from urllib.parse import quote, urlencode

from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint
from minutebook.sealing import Sealing

_PURPOSE: Final = "bot media"
_PURPOSE_WITH_KEY: Final = "bot media, with a key"
"""Another purpose, so that a key cannot be taken for a part of what a link without one signs."""


def screenshot_name(number: int) -> str:
    """The name of the file of a bot's screenshot (`Screenshot.number`)."""
    return f"screenshots/{number}.png"


class MediaLinks:
    """Makes links and checks them. `base_url` is this server's address without a slash at the end; `life_s` is how
    long a link works, in seconds; `key` is the fingerprint of the API key for which they are made, empty for a bot
    that nobody ordered with one."""

    def __init__(self, sealing: Sealing, base_url: str, life_s: int, clock: Clock, key: str = "") -> None:
        self._sealing = sealing
        self._base_url = base_url.rstrip("/")
        self._life = timedelta(seconds=life_s)
        self._clock = clock
        self._key = key

    def at(self, base_url: str) -> "MediaLinks":
        """The same links at the address by which a client has reached the server."""
        return MediaLinks(self._sealing, base_url, int(self._life.total_seconds()), self._clock, self._key)

    def made_for(self, secret: str | None) -> "MediaLinks":
        """The same links for whoever has this API key."""
        key = fingerprint(secret) if secret else ""
        return MediaLinks(self._sealing, self._base_url, int(self._life.total_seconds()), self._clock, key)

    def link(self, bot_id: str, name: str) -> str:
        """A link to one of a bot's files that works from now on for its time."""
        expires = int((self._clock.now() + self._life).timestamp())
        text = _signed_text(bot_id, name, str(expires), self._key)
        purpose = _PURPOSE_WITH_KEY if self._key else _PURPOSE
        named = {"key": self._key} if self._key else {}
        query = urlencode({"expires": expires, **named, "signature": self._sealing.sign(purpose, text)})
        return f"{self._base_url}/media/bots/{bot_id}/{quote(name)}?{query}"

    def check(self, bot_id: str, name: str, expires: str, key: str, signature: str) -> None:
        """Raise `link_invalid` unless the link was made here for this file and this key, `link_expired` once its time
        is over. Whether the key is still good is for the caller to find out."""
        purpose = _PURPOSE_WITH_KEY if key else _PURPOSE
        if not self._sealing.is_signed(purpose, _signed_text(bot_id, name, expires, key), signature):
            message = "This link was not made by this server, or it was changed. Ask for the bot's data again."
            raise MinutebookError(Kind.FORBIDDEN, "link_invalid", message)
        if int(expires) <= self._clock.now().timestamp():
            message = "This link has expired. Ask for the bot's data again: every answer brings fresh links."
            raise MinutebookError(Kind.FORBIDDEN, "link_expired", message)


def _signed_text(bot_id: str, name: str, expires: str, key: str) -> str:
    return "\n".join((bot_id, name, expires, *((key,) if key else ())))
