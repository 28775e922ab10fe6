"""The one place at which it is noted that a recording, or what was made of it, was opened or changed.

A table says by route what is; who it was, the dependency that let them in has put into `request.state.actor`. It is
noted when the answer begins, before anything is let out. A route whose answer tells which parts it shows names them in
`request.state.opened`; none named, and nothing was opened.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minutebook.access_log.model import Action
from minutebook.api.baas import PREFIX
from minutebook.errors import MinutebookError
from minutebook.recordings.model import Recording

if TYPE_CHECKING:
    from minutebook.records import Records
    from minutebook.wiring import Services

_RECORDING, _MEETING = "/api/recordings/{recording_id}", "/meetings/{meeting_id}"

OPENINGS: Final[Mapping[tuple[str, str], tuple[Action, str]]] = {
    ("GET", f"{_RECORDING}/media"): (Action.PLAYED, "media"),
    ("GET", f"{_RECORDING}/preview"): (Action.PLAYED, "preview"),
    ("GET", f"{_RECORDING}/speakers"): (Action.READ, "speakers"),
    ("GET", f"{_RECORDING}/analysis"): (Action.READ, "analyses"),
    ("GET", f"{_RECORDING}/edits"): (Action.READ, "edits"),
    ("GET", f"{_RECORDING}/transcript.json"): (Action.EXPORTED, "transcript.json"),
    ("GET", f"{_RECORDING}/transcript.{{export_format}}"): (Action.EXPORTED, "transcript.{export_format}"),
    ("PATCH", f"{_RECORDING}/speakers"): (Action.CHANGED, "speakers"),
    ("PATCH", f"{_RECORDING}/transcript"): (Action.CHANGED, "transcript"),
    ("PATCH", f"{_RECORDING}/note"): (Action.CHANGED, "note"),
    ("POST", f"{_RECORDING}/edits/{{edit_id}}/undo"): (Action.CHANGED, "undo"),
    ("GET", _MEETING): (Action.READ, "page"),
    ("GET", f"{_MEETING}/record"): (Action.READ, "page"),
    ("GET", f"{_MEETING}/segment"): (Action.READ, "page"),
    ("GET", f"{_MEETING}/item"): (Action.READ, "page"),
    ("GET", f"{_MEETING}/history"): (Action.READ, "page"),
    ("GET", f"{_MEETING}/versions"): (Action.READ, "page"),
    ("GET", f"{_MEETING}/speaker"): (Action.READ, "page"),
    ("GET", f"{_MEETING}/audio"): (Action.PLAYED, "preview"),
    ("GET", f"{_MEETING}/recording"): (Action.PLAYED, "media"),
    ("GET", f"{_MEETING}/download/html"): (Action.EXPORTED, "record.html"),
    ("GET", f"{_MEETING}/download/docx"): (Action.EXPORTED, "record.docx"),
    ("GET", f"{_MEETING}/download/{{export_format}}"): (Action.EXPORTED, "transcript.{export_format}"),
    ("POST", f"{_MEETING}/segment"): (Action.CHANGED, "transcript"),
    ("POST", f"{_MEETING}/undo"): (Action.CHANGED, "undo"),
    ("POST", f"{_MEETING}/item"): (Action.CHANGED, "note"),
    ("POST", f"{_MEETING}/speaker"): (Action.CHANGED, "speakers"),
    ("POST", f"{_MEETING}/speaker/split"): (Action.CHANGED, "speakers"),
    ("POST", f"{_MEETING}/speaker/remember"): (Action.CHANGED, "remembered voice"),
    ("GET", "/s/{secret}"): (Action.READ, "page"),
    ("GET", "/s/{secret}/audio"): (Action.PLAYED, "preview"),
    ("GET", "/bots/meeting_data"): (Action.READ, "meeting_data"),
    ("GET", "/bots/{bot_id}/screenshots"): (Action.READ, "screenshots"),
    ("GET", "/api/bots/{bot_id}/participants"): (Action.READ, "participants"),
    ("GET", "/api/bots/{bot_id}/chat"): (Action.READ, "chat"),
    ("GET", "/api/bots/{bot_id}/screenshot"): (Action.READ, "screenshots"),
    ("GET", "/api/bots/{bot_id}/speakers/{number}/audio"): (Action.PLAYED, "speakers/{number}"),
    ("GET", "/media/bots/{bot_id}/{name:path}"): (Action.PLAYED, "{name}"),
}
"""By method and route: what was done, and to which part; in braces what the address says."""

log = logging.getLogger(__name__)


Ways = Mapping[str, Callable[[AsyncConnection, str], Awaitable[Recording | None]]]
"""By what an address names (`recording_id`): the recording that is meant; None for a meeting or a bot that has none."""


def ways_of(records: "Records") -> Ways:
    """To the recordings that the routes of records name."""

    async def of_meeting(read: AsyncConnection, meeting_id: str) -> Recording | None:
        return (await records.recordings.of_meetings(read, [meeting_id])).get(meeting_id)

    return {"recording_id": records.recordings.load, "meeting_id": of_meeting}


def all_ways_of(services: "Services") -> Ways:
    """To those that any route names."""
    ways = ways_of(services)

    async def of_link(read: AsyncConnection, secret: str) -> Recording | None:
        _, meeting = await services.sharing.open(read, secret)
        return await ways["meeting_id"](read, meeting.id)

    async def of_bot(read: AsyncConnection, bot_id: str) -> Recording | None:
        bot = await services.bots.load(read, bot_id.strip().lower())
        return await services.recordings.load(read, bot.recording_id) if bot and bot.recording_id else None

    return {**ways, "secret": of_link, "bot_id": of_bot}


class Openings:
    """Writes the access log."""

    def __init__(self, app: ASGIApp, records: "Records", ways: Ways) -> None:
        self.app = app
        self._records = records
        self._ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                await self._note(scope)
            await send(message)

        await self.app(scope, receive, noting)

    async def _note(self, scope: Scope) -> None:
        # The v1 API has every address with a slash at its end too.
        path = getattr(scope.get("route"), "path", "").removeprefix(PREFIX).rstrip("/")
        opening, state = OPENINGS.get((scope["method"], path)), scope.get("state", {})
        if opening is None or "actor" not in state:
            return
        action, part = opening
        parts = state.get("opened", [part.format(**scope["path_params"])])
        try:
            async with self._records.db.reading() as read:
                recording = await self._recording(read, scope)
        except (SQLAlchemyError, MinutebookError):
            log.exception("what was opened could not be looked up", extra={"route": path, "action": action.value})
            return
        if recording is None:
            return
        for each in parts:
            await self._records.access_log.note(
                self._records.db, recording.owner_id, recording.id, state["actor"], action, each
            )

    async def _recording(self, read: AsyncConnection, scope: Scope) -> Recording | None:
        named: Mapping[str, Any] = _query(scope) | scope["path_params"]
        name, way = next((name, way) for name, way in self._ways.items() if name in named)
        return await way(read, named[name])


def _query(scope: Scope) -> dict[str, str]:
    """The bot that a query names; everything else is in the path."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("bot_id")
    return {"bot_id": asked[0]} if asked else {}
