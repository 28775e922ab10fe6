"""From the pieces that runners brought home to a meeting with a recording: thin steps, each of which may be repeated.

Nothing of a bot's recording is in the database before all of it is in the storage; then meeting, recording, planned
analyses and, where nobody asked for a transcript, the final event come in one transaction.
"""

import asyncio
import json
import logging
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from minutebook.accounts.service import Accounts
from minutebook.analysis.service import Analysis
from minutebook.bots.lifecycle import Lifecycle
from minutebook.bots.model import Bot, StoredPiece
from minutebook.bots.protocol import OBSERVATIONS, Observation, epoch_ms, observations_from_lines
from minutebook.bots.record.attendance import (
    diarization_lines,
    network_lines,
    of_attempts,
    participants_lines,
    presence_of,
)
from minutebook.bots.record.chat import lines_of, pause_sentences
from minutebook.bots.record.files import DIARIZATION, NETWORK_DIARIZATION, PARTICIPANTS, VIDEO, file_key
from minutebook.bots.repository import bots as repository
from minutebook.bots.repository import pieces as pieces_repository
from minutebook.bots.service import RECORD, options_for
from minutebook.bots.sound_trouble import SoundNotice
from minutebook.bots.states import BotState
from minutebook.bots.storage_keys import media_prefix, said_prefix
from minutebook.db.database import Database
from minutebook.jobs.ports import Json
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.meetings.model import draft_of
from minutebook.meetings.service import MeetingDraft, Meetings
from minutebook.recordings.model import Incoming, Received
from minutebook.recordings.service import Recordings
from minutebook.recordings.sources import Sources, sources_key, sources_to_json, track_key
from minutebook.speech.assembly import Assembled, Piece, assemble
from minutebook.speech.media.notices import clock
from minutebook.storage.ports import Storage

log = logging.getLogger("minutebook.bots")

READ_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A bot's recording, whole in the storage and not yet in the database."""

    received: Received
    started_ms: int
    duration_s: float
    files: tuple[str, ...]
    speakers: tuple[str, ...]


class Finishing:
    """Makes recordings of what bots brought home. `scratch` is a local folder that nobody else uses."""

    def __init__(
        self,
        db: Database,
        storage: Storage,
        clock: Clock,
        life: Lifecycle,
        accounts: Accounts,
        meetings: Meetings,
        recordings: Recordings,
        analysis: Analysis,
        scratch: Path,
    ) -> None:
        self._db = db
        self._storage = storage
        self._clock = clock
        self._life = life
        self._accounts = accounts
        self._meetings = meetings
        self._recordings = recordings
        self._analysis = analysis
        self._scratch = scratch

    async def store(self, bot_id: str) -> Json:
        """Assemble the pieces and store everything under the prefix of a new recording, which goes by itself if no
        recording is made of it; None when nobody waits for it any more. Raises `recording_empty`."""
        async with self._db.reading() as read:
            bot = await repository.load(read, bot_id)
            pieces = await pieces_repository.of_bot(read, bot_id)
            notices = await pieces_repository.notices_of(read, bot_id)
        if not _waits(bot):
            return None
        await self._clear_left_behind()
        # A folder of its own: a worker that was taken for dead may still be at the same work.
        folder = self._scratch / f"{bot_id}.{new_id()}"
        try:
            return to_json(await self._stored(bot_id, pieces, notices, folder))
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def publish(self, bot_id: str, stored: Stored) -> None:
        """Make the stored recording the bot's, in a meeting of its own, and have it analysed."""
        async with self._db.transaction() as tx:
            bot = await repository.load(tx, bot_id, lock=True)
            if bot is None or not _waits(bot):
                return
            owner = await self._accounts.user(tx, bot.owner_id)
            draft = MeetingDraft(title=title_of(bot), attendees=[draft_of(owner)])
            meeting = await self._meetings.create(tx, bot.owner_id, draft)
            recording = await self._recordings.attach(tx, bot.owner_id, meeting.id, stored.received, automatic=False)
            await self._recordings.set_duration(tx, recording.id, stored.duration_s)
            # A runner that died before it could say so had begun to record all the same.
            started_at = datetime.fromtimestamp(stored.started_ms / 1000, UTC)
            columns = {
                "joined_at": bot.joined_at or started_at,
                "recording_started_at": bot.recording_started_at or max(started_at, bot.joined_at or started_at),
                "exited_at": bot.exited_at or bot.ended_at,
                "meeting_id": meeting.id,
                "recording_id": recording.id,
                "duration_s": stored.duration_s,
                "files": list(stored.files),
            }
            await repository.change(tx, bot.id, self._clock.now(), **columns)
            await pieces_repository.name_speakers(tx, bot.number, stored.speakers)
            await pieces_repository.remove_of(tx, bot.id)
            await self._recordings.dispose(tx, media_prefix(bot.id))
            await self._recordings.dispose(tx, said_prefix(bot.id))
            await self._life.recorded(tx, bot, meeting.id)
            await self._analysis.schedule_for(tx, recording, RECORD, options_for(bot.wish.speech_to_text))
            if bot.wish.speech_to_text is None:
                await self._life.complete(tx, bot)

    async def _clear_left_behind(self) -> None:
        """Take away folders of bots that nobody waits for: a worker that was killed could not."""
        folders = await asyncio.to_thread(lambda: list(self._scratch.iterdir()) if self._scratch.exists() else [])
        async with self._db.reading() as read:
            standing = await repository.standing(read, [folder.name.partition(".")[0] for folder in folders])
        for folder in folders:
            known = standing.get(folder.name.partition(".")[0])
            if known is None or known[0] is not BotState.ENDED:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _stored(
        self, bot_id: str, pieces: Sequence[StoredPiece], notices: Sequence[SoundNotice], folder: Path
    ) -> Stored:
        local = await self._downloaded(pieces, folder / "pieces")
        observations = await asyncio.to_thread(_observations, local)
        media = [piece for piece in local if piece.stream != OBSERVATIONS]
        assembled = await asyncio.to_thread(assemble, media, folder)
        for notice in assembled.notices:
            log.warning("bot %s: %s", bot_id, notice)
        sources = presence_of(observations, assembled.started_ms, assembled.duration_s)
        told = sentences_of(notices, assembled.started_ms)
        paused = pause_sentences(observations, assembled.started_ms)
        sources = replace(sources, notices=(*paused, *told), chat=lines_of(observations, assembled.started_ms))
        incoming = Incoming("recording.wav", "audio/wav", _chunks(assembled.wav))
        received = await self._recordings.receive(incoming)
        files = await self._store_beside(received.id, assembled, observations, sources)
        return Stored(received, assembled.started_ms, assembled.duration_s, files, speakers_of(sources))

    async def _downloaded(self, pieces: Sequence[StoredPiece], folder: Path) -> list[Piece]:
        local = []
        for piece in pieces:
            path = folder / f"{piece.attempt}-{piece.stream}-{piece.index}"
            await self._storage.download(piece.key, path)
            local.append(Piece(piece.stream, piece.attempt, piece.index, piece.start_ms, piece.length_ms, path))
        return local

    async def _store_beside(
        self, recording_id: str, assembled: Assembled, observations: Sequence[Observation], sources: Sources
    ) -> tuple[str, ...]:
        """Tracks, sources, picture and the files beside it; returns the names of the last two."""
        for key, path in assembled.tracks.items():
            await self._storage.put_stream(track_key(recording_id, key), _chunks(path))
        await self._storage.put_bytes(sources_key(recording_id), sources_to_json(sources).encode())
        texts = {
            DIARIZATION: diarization_lines(observations),
            NETWORK_DIARIZATION: network_lines(observations, assembled.started_ms),
            PARTICIPANTS: participants_lines(observations),
        }
        texts = {name: text for name, text in texts.items() if text}
        for name, text in texts.items():
            await self._storage.put_bytes(file_key(recording_id, name), text)
        if assembled.mp4 is None:
            return tuple(texts)
        await self._storage.put_stream(file_key(recording_id, VIDEO), _chunks(assembled.mp4))
        return (VIDEO, *texts)


def title_of(bot: Bot) -> str:
    """The meeting's title: who recorded it, where, and when."""
    host = urlsplit(bot.wish.meeting_url).hostname or "meeting"
    began = bot.recording_started_at or bot.joined_at or bot.start_at
    return f"{bot.wish.bot_name[:200]} · {host} · {began:%Y-%m-%d %H:%M}"


def speakers_of(sources: Sources) -> tuple[str, ...]:
    """The names of those who spoke, in the order in which they were first seen; everybody's, where nothing tells who
    spoke."""
    spoke = {sources.person_of(interval.key) for interval in sources.intervals}
    people = [each for each in sources.participants if not each.person]
    heard = [each for each in people if each.key in spoke] or people
    return tuple(dict.fromkeys(each.name for each in heard if each.name))


def sentences_of(notices: Sequence[SoundNotice], started_ms: int) -> tuple[str, ...]:
    """The notices of a recording that began then, as its readers see them: each with its place in the recording."""
    places = ((max(0.0, (epoch_ms(each.at) - started_ms) / 1000), each) for each in notices)
    return tuple(f"At {clock(at_s)}: {notice.sentence}" for at_s, notice in places)


def to_json(stored: Stored) -> dict[str, Json]:
    """What a step remembers of a stored recording."""
    value: dict[str, Json] = json.loads(json.dumps(asdict(stored)))
    return value


def stored_from_json(kept: Mapping[str, Any]) -> Stored:
    """The inverse."""
    received, files, speakers = Received(**kept["received"]), tuple(kept["files"]), tuple(kept["speakers"])
    return Stored(received, kept["started_ms"], kept["duration_s"], files, speakers)


def _waits(bot: Bot | None) -> bool:
    return bot is not None and bot.state is BotState.ENDED and bot.recording_id is None


def _observations(pieces: Sequence[Piece]) -> list[Observation]:
    of_attempt: defaultdict[int, list[Observation]] = defaultdict(list)
    for piece in pieces:
        if piece.stream == OBSERVATIONS:
            of_attempt[piece.attempt] += observations_from_lines(piece.path.read_bytes())
    return of_attempts(of_attempt)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, READ_BYTES):
            yield chunk
    finally:
        file.close()
