"""What can be done with bots. Every method takes the caller's transaction and the owner it acts for."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis import events as report_events
from minutebook.analysis.model import AnalysisType, Options
from minutebook.analysis.service import Analysis
from minutebook.bots import events as bot_events
from minutebook.bots.events import bot_event
from minutebook.bots.lifecycle import Lifecycle
from minutebook.bots.model import (
    Bot,
    BotMedia,
    BotWish,
    Deletion,
    Failure,
    Screenshot,
    SpeechProvider,
    SpeechToText,
)
from minutebook.bots.platforms.links.recognise import platform_of
from minutebook.bots.record.deletion import delete_data
from minutebook.bots.record.files import media_of
from minutebook.bots.repository import attempts as attempts_repository
from minutebook.bots.repository import bots as repository
from minutebook.bots.repository import pieces as pieces_repository
from minutebook.bots.repository import planned as planned_repository
from minutebook.bots.repository.bots import NewBot
from minutebook.bots.sound_trouble import SoundNotice
from minutebook.bots.states import BotState
from minutebook.bots.wish_json import check_json, wish_to_json
from minutebook.config import BotSettings
from minutebook.db.events import Event, Events
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, is_id, new_id
from minutebook.kit.languages import language_code
from minutebook.meetings.service import Meetings
from minutebook.recordings import events as recording_events
from minutebook.recordings.service import Recordings
from minutebook.sealing import Sealing

SAME_WITHIN: Final = timedelta(minutes=5)
"""Bots that are asked for alike and start closer to each other than this are one too many."""
RECORD: Final = (
    AnalysisType.TRANSCRIPTION,
    AnalysisType.MEETING_NOTE,
    AnalysisType.KEY_POINTS,
    AnalysisType.SENTIMENT,
)
"""What is made of every bot's recording."""

NOT_PUT_TOGETHER: Final = "The recording could not be put together. The server's log has the details."
NO_MEETING: Final = (
    "No bot can join a meeting at `meeting_url`: it is no link to a meeting on Google Meet, Microsoft Teams or Zoom, "
    "and not below a page of this server's own. The operator lists such pages in MINUTEBOOK_BOTS__WEBRTC_PAGES."
)
KEPT: Final = "Everything that was recorded is kept: POST /bots/retranscribe tries once more."


class Bots:
    """Bots of their owners: nobody else's are ever found. `life` moves them from state to state."""

    def __init__(
        self,
        life: Lifecycle,
        events: Events,
        clock: Clock,
        meetings: Meetings,
        recordings: Recordings,
        analysis: Analysis,
        sealing: Sealing,
        settings: BotSettings,
    ) -> None:
        self._life = life
        self._events = events
        self._clock = clock
        self._meetings = meetings
        self._recordings = recordings
        self._analysis = analysis
        self._sealing = sealing
        self._settings = settings

    def subscribe(self, events: Events) -> None:
        """Follow bots' recordings and their transcriptions: called once, by wiring."""
        events.subscribe(report_events.COMPLETED, self._on_report)
        events.subscribe(report_events.FAILED, self._on_report)
        events.subscribe(recording_events.REMOVED, self._on_recording_gone)
        events.subscribe(recording_events.REPLACED, self._on_recording_gone)

    async def create(self, tx: AsyncConnection, owner_id: str, wish: BotWish, *, api_key: str | None) -> Bot:
        """A new bot, due at `wish.start_at` or now. `api_key` is the key that the caller used: its webhooks carry it.

        Raises `bot_duplicate` (a conflict) when there is a bot for the same owner, key, meeting and deduplication key
        that starts within five minutes of this one, `meeting_url_invalid` for an address that no bot can join, and
        `json_invalid`.
        """
        bot, platform, sameness = self._new(owner_id, wish, api_key)
        if platform is None:
            raise invalid("meeting_url_invalid", NO_MEETING, "meeting_url")
        await attempts_repository.hold(tx, sameness)
        await self._check_single(tx, sameness, bot.start_at)
        (made,) = await self._add(tx, [(bot, platform, sameness)])
        return made

    async def create_all(
        self, tx: AsyncConnection, owner_id: str, wishes: Sequence[tuple[BotWish, str | None]]
    ) -> Sequence[Bot]:
        """New bots, each for a wish and the key that it was asked with; as `create` makes them, but the caller sees to
        it that one is enough and that a bot can join: one that cannot fails when it is due. Raises `json_invalid`."""
        return await self._add(tx, [self._new(owner_id, wish, api_key) for wish, api_key in wishes])

    def _new(self, owner_id: str, wish: BotWish, api_key: str | None) -> NewBot:
        check_json(wish.extra, "extra")
        if wish.speech_to_text is not None:
            check_json(wish.speech_to_text.parameters, "transcription_custom_parameters")
        now = self._clock.now()
        leave = replace(wish.leave, alone_s=self._settings.alone_s, longest_s=self._settings.longest_s)
        bot = Bot(
            id=new_id(),
            number=0,
            owner_id=owner_id,
            wish=replace(wish, leave=leave),
            state=BotState.QUEUED,
            created_at=now,
            updated_at=now,
            start_at=max(now, wish.start_at or now),
            sealed_api_key=self._sealing.seal(api_key) if api_key else None,
        )
        return (
            bot,
            platform_of(wish.meeting_url, self._settings.webrtc_pages, self._settings.facts),
            _sameness(bot, api_key),
        )

    async def _add(self, tx: AsyncConnection, new: Sequence[NewBot]) -> list[Bot]:
        numbers = await repository.add(tx, new)
        made = [replace(bot, number=numbers[bot.id]) for bot, _, _ in new]
        await self._events.publish_all(tx, [bot_event(bot_events.CREATED, bot) for bot in made])
        return made

    async def get(self, tx: AsyncConnection, owner_id: str, bot_id: str, *, lock: bool = False) -> Bot:
        """One bot; `bot_not_found` when there is none of this owner. `lock` keeps other writers off it."""
        bot = await repository.find(tx, owner_id, bot_id, lock=lock) if is_id(bot_id) else None
        if bot is None:
            raise not_found("bot")
        return bot

    async def load(self, tx: AsyncConnection, bot_id: str) -> Bot | None:
        """A bot for somebody who has proved otherwise that they may see it; None when there is none."""
        return await repository.load(tx, bot_id) if is_id(bot_id) else None

    async def of_ids(self, tx: AsyncConnection, ids: Sequence[str], *, lock: bool = False) -> Sequence[Bot]:
        """Bots for work in their owners' names; `lock` keeps other writers off them."""
        return await planned_repository.of_ids(tx, ids, lock=lock)

    async def active(
        self, tx: AsyncConnection, owner_id: str, spans: Sequence[tuple[datetime, datetime]]
    ) -> Sequence[Bot]:
        """An owner's bots that are at work, or wait to start in these times."""
        return await planned_repository.active(tx, owner_id, spans)

    async def reschedule(self, tx: AsyncConnection, bot: Bot, wish: BotWish, *, api_key: str | None) -> bool:
        """Send a bot that still waits elsewhere, at another time, or with another wish; the bot stays the same. False
        when it has been sent already."""
        check_json(wish.extra, "extra")
        leave = replace(wish.leave, alone_s=self._settings.alone_s, longest_s=self._settings.longest_s)
        sealed = self._sealing.seal(api_key) if api_key else None
        changed = replace(bot, wish=replace(wish, leave=leave), sealed_api_key=sealed)
        now = self._clock.now()
        platform = platform_of(wish.meeting_url, self._settings.webrtc_pages, self._settings.facts)
        start_at = max(now, wish.start_at or now)
        sameness = _sameness(changed, api_key)
        return await planned_repository.reschedule(tx, changed, changed.wish, start_at, platform, sameness, now)

    async def leave(self, tx: AsyncConnection, owner_id: str, bot_id: str) -> Bot:
        """Have a bot leave its call, or not go there at all. One whose call is over is left as it is."""
        bot = await self.get(tx, owner_id, bot_id, lock=True)
        if bot.state is BotState.QUEUED:
            await self._life.cancel(tx, bot)
        elif bot.state.is_live and not bot.stop_requested:
            now = self._clock.now()
            # An interrupted bot needs nothing but what its dead runner left: that is fetched at once.
            due = {"due_at": now} if bot.state is BotState.INTERRUPTED else {}
            await repository.change(tx, bot.id, now, stop_requested_at=now, **due)
        return await self.get(tx, owner_id, bot_id)

    async def delete_data(self, tx: AsyncConnection, owner_id: str, bot_id: str) -> Deletion:
        """Delete what a bot recorded and everything derived from it: the meeting with recording, reports, tracks and
        files, screenshots, names of speakers, logs. What was asked of the bot and how it ended stays. `bot_running`
        (a conflict) for a bot that is in its call or whose recording is being put together."""
        bot = await self.get(tx, owner_id, bot_id)
        return await delete_data(tx, bot, self._meetings, self._recordings, self._clock.now())

    async def retranscribe(
        self, tx: AsyncConnection, owner_id: str, bot_id: str, speech: SpeechToText | None, webhook_url: str | None
    ) -> None:
        """Transcribe a bot's recording anew and renew its note, key points and sentiment; without `speech` as it was
        asked for at first. The event `bot.transcribed` follows. Where the recording could not be put together, that
        is tried once more, and the bot's final event follows. `bot_has_no_recording` (a conflict);
        `transcription_running` (a conflict) while one with other options is under way."""
        bot = await self.get(tx, owner_id, bot_id)
        recording = await self._recordings.load(tx, bot.recording_id) if bot.recording_id else None
        if recording is None and await self._life.finish_again(tx, await self.get(tx, owner_id, bot_id, lock=True)):
            return
        if recording is None:
            message = "This bot has no recording: there is none yet, it was deleted, or nothing was recorded."
            raise MinutebookError(Kind.CONFLICT, "bot_has_no_recording", message)
        asked = speech or bot.wish.speech_to_text
        if bot.wish.speech_to_text is None:
            # Whoever asks for a transcript afterwards is to find it where all bots' are.
            wish = replace(bot.wish, speech_to_text=asked or SpeechToText())
            await repository.change(tx, bot.id, self._clock.now(), wish=wish_to_json(wish))
        options = options_for(asked)
        reports = await self._analysis.schedule_for(tx, recording, RECORD, options)
        report = next(report for report in reports if report.type is AnalysisType.TRANSCRIPTION)
        wanted = replace(options, language=options.language or recording.language)
        if not report.options.transcribes_like(wanted):
            message = "This recording is being transcribed with other options. Ask again when that has ended."
            raise MinutebookError(Kind.CONFLICT, "transcription_running", message, retryable=True)
        await pieces_repository.await_transcription(tx, bot.id, report.id, webhook_url)

    async def screenshots(self, tx: AsyncConnection, bot: Bot) -> Sequence[Screenshot]:
        """The bot's screenshots, by time."""
        return await pieces_repository.screenshots_of(tx, bot.id)

    async def notices(self, tx: AsyncConnection, bot: Bot) -> Sequence[SoundNotice]:
        """What was wrong with the sound while the bot recorded, by time."""
        return await pieces_repository.notices_of(tx, bot.id)

    async def media(self, tx: AsyncConnection, bot: Bot) -> BotMedia:
        """Where the files of the bot's recording are."""
        recording = await self._recordings.load(tx, bot.recording_id) if bot.recording_id else None
        return media_of(recording, await repository.files_of(tx, bot.id))

    async def resend_final(self, tx: AsyncConnection, owner_id: str, bot_id: str, webhook_url: str | None) -> None:
        """Publish the bot's final event again; `bot_not_final` (a conflict) when there was none yet."""
        bot = await self.get(tx, owner_id, bot_id)
        if not bot.state.is_final or bot.state is BotState.CANCELLED:
            message = "This bot's final webhook has not been sent yet; it follows when the bot has ended."
            raise MinutebookError(Kind.CONFLICT, "bot_not_final", message)
        kind = bot_events.COMPLETED if bot.state is BotState.COMPLETED else bot_events.FAILED
        payload: dict[str, object] = {"repeated": True}
        await self._events.publish(
            tx, bot_event(kind, bot, payload | ({"webhook_url": webhook_url} if webhook_url else {}))
        )

    async def give_up(self, tx: AsyncConnection, bot_id: str, message: str | None = None) -> None:
        """Let a bot fail whose recording cannot be put together; for work in its owner's name."""
        bot = await repository.load(tx, bot_id, lock=True)
        if bot is not None and bot.state is BotState.ENDED and bot.recording_id is None:
            await self._life.fail(tx, bot, Failure.INTERNAL, f"{message or NOT_PUT_TOGETHER} {KEPT}")

    async def _check_single(self, tx: AsyncConnection, sameness: str, start_at: datetime) -> None:
        other = await repository.same(
            tx, sameness, start_at - SAME_WITHIN, start_at + SAME_WITHIN, ignored=BotState.CANCELLED
        )
        if other is not None:
            raise MinutebookError(
                Kind.CONFLICT,
                "bot_duplicate",
                f"The bot {other} is sent to this meeting within five minutes of that time. To send another one, give "
                "it a `deduplication_key` of its own.",
                field="meeting_url",
            )

    async def _on_report(self, tx: AsyncConnection, event: Event) -> None:
        if event.payload.get("analysis_type") != AnalysisType.TRANSCRIPTION.value:
            return
        bot = await repository.of_recording(tx, str(event.payload["recording_id"]), lock=True)
        if bot is None:
            return
        if bot.state is BotState.ENDED:
            await self._life.complete(tx, bot)
        for _bot_id, webhook_url in await pieces_repository.take_awaited(tx, event.subject_id):
            if event.kind == report_events.COMPLETED:
                payload = {"webhook_url": webhook_url} if webhook_url else {}
                await self._events.publish(tx, bot_event(bot_events.TRANSCRIBED, bot, payload))

    async def _on_recording_gone(self, tx: AsyncConnection, event: Event) -> None:
        bot = await repository.of_recording(tx, event.subject_id, lock=True)
        if bot is None:
            return
        await repository.change(tx, bot.id, self._clock.now(), meeting_id=None, recording_id=None, files=[])
        await pieces_repository.name_speakers(tx, bot.number, ())
        if bot.state is BotState.ENDED:
            message = "The recording was removed before its transcript was made."
            await self._life.fail(tx, bot, Failure.STOPPED, message)


def options_for(speech: SpeechToText | None) -> Options:
    """How a recording is transcribed. `Default`, and no wish at all, mean the configured engine, which takes one
    parameter: `language`, which the door has checked."""
    if speech is None:
        return Options()
    if speech.provider is SpeechProvider.DEFAULT:
        return Options(language=language_code(speech.parameters.get("language")))
    return Options(
        provider=speech.provider.value,
        sealed_api_key=speech.sealed_api_key,
        provider_parameters=dict(speech.parameters),
    )


def _sameness(bot: Bot, api_key: str | None) -> str:
    """Equal for bots of which one is enough."""
    key = fingerprint(api_key) if api_key else None
    parts = [bot.owner_id, key, bot.wish.meeting_url, bot.wish.deduplication_key]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
