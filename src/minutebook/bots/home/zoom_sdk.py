"""How a bot joins with Zoom's Meeting SDK: where it is loaded from, and what it is given."""

import json
from pathlib import Path
from typing import Final

from minutebook.bots.platforms.links.recognise import meeting_at
from minutebook.bots.platforms.links.wrappings import read_address
from minutebook.bots.protocol import Orders
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.zoom.model import App
from minutebook.zoom.sdk import Invitation, join_arguments, signature
from minutebook.zoom.service import ZoomConnections

UNUSED: Final = (
    "The on-behalf-of token is not used: only Zoom's Meeting SDK takes it, and {why}. The bot joins in Zoom's web "
    "client."
)
NO_ADDRESS: Final = "`MINUTEBOOK_ZOOM__SDK_URL` does not say where to load it from"
NO_APP: Final = "nothing says which app joins (`zoom_sdk_id` with `zoom_sdk_pwd`, or `zoom_obf_token_user_id`)"
NO_NUMBER: Final = "the meeting's address has no meeting number"


class ZoomSdk:
    """Orders to join with the SDK at `url`, where there is one. `facts` is an operator's folder of platform facts."""

    def __init__(self, connections: ZoomConnections, clock: Clock, url: str | None, facts: Path | None) -> None:
        self._connections = connections
        self._clock = clock
        self._url = url
        self._facts = facts

    async def joining(self, owner_id: str, orders: Orders, tokens: dict[str, str]) -> dict[str, str]:
        """`sdk_url` and `sdk_join` (JSON), for a bot with an app of its own or an on-behalf-of token; nothing for
        others, which Zoom's web client serves. Raises `zoom_sdk_missing` for a token that cannot be used."""
        on_behalf = "obf_token" in tokens
        if not on_behalf and "sdk_id" not in orders.zoom:
            return {}
        app, invitation = await self._app(owner_id, orders), self._invitation(orders)
        if self._url is None or app is None or invitation is None:
            if not on_behalf:
                return {}
            why = NO_ADDRESS if self._url is None else NO_APP if app is None else NO_NUMBER
            raise MinutebookError(Kind.INVALID, "zoom_sdk_missing", UNUSED.format(why=why))
        signed = signature(app, invitation.number, self._clock.now())
        return {
            "sdk_url": self._url,
            "sdk_join": json.dumps(join_arguments(orders.bot_name, invitation, signed, tokens)),
        }

    async def _app(self, owner_id: str, orders: Orders) -> App | None:
        """The app that was given with the bot, else the one that the user of its token is connected through."""
        given = orders.zoom
        if given.get("sdk_id") and given.get("sdk_pwd"):
            return App(given["sdk_id"], given["sdk_pwd"])
        user_id = given.get("obf_token_user_id")
        return await self._connections.app(owner_id, user_id) if user_id else None

    def _invitation(self, orders: Orders) -> Invitation | None:
        meeting = meeting_at(orders.meeting_url, facts=self._facts)
        address = read_address(orders.meeting_url)
        number = meeting.room.removeprefix(f"{meeting.platform} ") if meeting is not None else ""
        if meeting is None or address is None or not number.isdecimal():
            return None
        told = address.parameters
        passcode = meeting.passcode or told.get("pwd", "")
        return Invitation(number, passcode, told.get("tk", ""))
