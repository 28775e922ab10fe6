"""The messages that bots send, in the bodies of the v1 API: a status change, the record, a failure, a transcription
that was asked for afterwards."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.results import Results
from minutebook.bots import events
from minutebook.bots.listing import page as listing
from minutebook.bots.model import Bot, BotMedia, Failure
from minutebook.bots.protocol import epoch_ms
from minutebook.bots.record import files
from minutebook.bots.record.links import MediaLinks
from minutebook.bots.repository import bots as repository
from minutebook.bots.states import StatusChange
from minutebook.bots.v1.codes import ERRORS, StatusCode, code_of, moment
from minutebook.db.events import Event
from minutebook.db.messages import Lane, Rendered, Renderer, Route
from minutebook.errors import Kind, MinutebookError
from minutebook.sealing import Sealing
from minutebook.transcript.model import Segment, Transcript

LANES: Final[Mapping[str, Lane]] = {
    events.STATUS_CHANGED: Lane.STATUS,
    events.COMPLETED: Lane.FINAL,
    events.FAILED: Lane.FINAL,
    events.TRANSCRIBED: Lane.FINAL,
}
"""The events that are told, and how."""

URL_MEMBER: Final = "webhook_url"
"""The member of a payload that sends one event somewhere else."""

REPEATED_MEMBER: Final = "repeated"
"""The member of a payload that says that somebody asked for the event to be told again."""


class BotFiles(Protocol):
    """Knows the files of a bot's recording; `Bots` does."""

    async def media(self, tx: AsyncConnection, bot: Bot) -> BotMedia:
        """Where they are, None for one that does not exist."""
        ...


Body = Callable[[AsyncConnection, Bot, Event], Awaitable[Mapping[str, Any]]]

EventOf = Callable[[AsyncConnection, str], Awaitable[str | None]]
"""Which calendar event a bot was sent to, by their ids; None for one that was sent by hand."""


async def no_event(_tx: AsyncConnection, _bot_id: str) -> str | None:
    """The default: there are no calendars."""
    return None


class Renderers:
    """Makes messages of bots' events. Everything is read anew each time, so that links are fresh and a record that was
    deleted meanwhile is not told of."""

    def __init__(
        self,
        files: BotFiles,
        results: Results,
        links: MediaLinks,
        sealing: Sealing,
        event_of: EventOf = no_event,
    ) -> None:
        self._files = files
        self._results = results
        self._links = links
        self._sealing = sealing
        self._event_of = event_of

    def renderers(self) -> Mapping[str, Renderer]:
        """By kind of event."""
        bodies: Mapping[str, Body] = {
            events.STATUS_CHANGED: self._status_change,
            events.COMPLETED: self._complete,
            events.FAILED: self._failed,
            events.TRANSCRIBED: self._transcription_complete,
        }
        return {kind: Renderer(self._route, self._rendered_with(body)) for kind, body in bodies.items()}

    async def _route(self, tx: AsyncConnection, event: Event) -> Route | None:
        """To the event's own address, else the bot's, else the account's. What goes elsewhere is a queue of its own: a
        receiver that is down does not keep it back."""
        bot = await repository.load(tx, event.subject_id)
        if bot is None:
            return None
        elsewhere = event.payload.get(URL_MEMBER)
        if isinstance(elsewhere, str):
            return Route(LANES[event.kind], event.id, elsewhere, None)
        asked_at = None if event.payload.get(REPEATED_MEMBER) else bot.created_at
        return Route(LANES[event.kind], bot.id, bot.wish.webhook_url or None, asked_at)

    def _rendered_with(self, body: Body) -> Callable[[AsyncConnection, Event], Awaitable[Rendered | None]]:
        async def render(tx: AsyncConnection, event: Event) -> Rendered | None:
            bot = await repository.load(tx, event.subject_id)
            if bot is None:
                return None
            return Rendered(await body(tx, bot, event), self._key_of(bot))

        return render

    def _key_of(self, bot: Bot) -> str | None:
        return self._sealing.open(bot.sealed_api_key) if bot.sealed_api_key else None

    async def _status_change(self, _tx: AsyncConnection, bot: Bot, event: Event) -> Mapping[str, Any]:
        return {"event": "bot.status_change", "data": {"bot_id": bot.id, "status": status_of(event.payload)}}

    async def _complete(self, tx: AsyncConnection, bot: Bot, _event: Event) -> Mapping[str, Any]:
        media = await self._files.media(tx, bot)
        transcript = await self._transcript(tx, bot)
        links = self._links.made_for(self._key_of(bot))
        data = {
            "bot_id": bot.id,
            "event_uuid": await self._event_of(tx, bot.id),
            **({"transcript": segments_of(transcript)} if bot.wish.speech_to_text else {}),
            "speakers": await self._speakers(tx, bot, transcript),
            "mp4": links.link(bot.id, files.VIDEO) if media.mp4 is not None else "",
            "audio": links.link(bot.id, files.AUDIO) if media.audio is not None else "",
            "event": "complete",
            "extra": bot.wish.extra,
        }
        return {"event": "complete", "data": data}

    async def _failed(self, tx: AsyncConnection, bot: Bot, _event: Event) -> Mapping[str, Any]:
        data = {
            "bot_id": bot.id,
            "event_uuid": await self._event_of(tx, bot.id),
            "error": ERRORS[bot.failure or Failure.INTERNAL],
            "message": bot.failure_message or "There is no recording.",
            "extra": bot.wish.extra,
        }
        return {"event": "failed", "data": data}

    async def _transcription_complete(self, _tx: AsyncConnection, bot: Bot, _event: Event) -> Mapping[str, Any]:
        return {"event": "transcription_complete", "data": {"bot_id": bot.id}}

    async def _transcript(self, tx: AsyncConnection, bot: Bot) -> Transcript | None:
        """The newest transcript under its shown names; None where there is none, or none any more."""
        if bot.recording_id is None:
            return None
        try:
            return await self._results.transcript(tx, bot.owner_id, bot.recording_id)
        except MinutebookError as error:
            if error.kind in {Kind.NOT_FOUND, Kind.CONFLICT}:
                return None
            raise

    async def _speakers(self, tx: AsyncConnection, bot: Bot, transcript: Transcript | None) -> Sequence[str]:
        """Who is heard in the transcript, in order of appearance; without one, who was seen to speak in the call."""
        if transcript is None:
            return (await listing.speakers_of(tx, [bot.number])).get(bot.number, ())
        return list(dict.fromkeys(transcript.name_of(segment.speaker) for segment in transcript.segments))


def status_of(payload: Mapping[str, object]) -> Mapping[str, object]:
    """A status change: `code`, `created_at`; `start_time` in milliseconds since the epoch where recording began; what
    went wrong with `meeting_error`."""
    at = datetime.fromisoformat(str(payload["at"]))
    failure = Failure(str(payload["failure"])) if "failure" in payload else None
    code = code_of(StatusChange(str(payload["change"])), failure)
    status: dict[str, object] = {"code": code.value, "created_at": moment(at)}
    if code is StatusCode.IN_CALL_RECORDING:
        status["start_time"] = epoch_ms(at)
    if code is StatusCode.MEETING_ERROR and failure is not None:
        status |= {"error_message": payload.get("message"), "error_type": ERRORS[failure]}
    return status


def segments_of(transcript: Transcript | None) -> Sequence[Mapping[str, Any]]:
    """A transcript as the `complete` event has it, times in seconds: of each word `word`, `start` and `end`."""
    if transcript is None:
        return []
    return [_segment(segment, transcript.name_of(segment.speaker)) for segment in transcript.segments]


def _segment(segment: Segment, speaker: str) -> Mapping[str, Any]:
    return {
        "speaker": speaker,
        "offset": segment.start,
        "start_time": segment.start,
        "end_time": segment.end,
        "words": [{"start": word.start, "end": word.end, "word": word.word} for word in segment.words],
    }
