"""The making of a recording's transcription, in durable steps.

Each chunk is a step whose result is an object in storage; a step remembers its key. After a crash finished steps are
not run again, on whatever machine the work goes on; the local copies (`scratch`) are made again there.
"""

import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from minutebook.analysis.edits import repository as edits_repository
from minutebook.analysis.edits.hot_words import CHANGES_READ, hot_words
from minutebook.analysis.edits.model import WordsChange, in_force
from minutebook.analysis.making.attempt import Work
from minutebook.analysis.making.provided import Chosen, Providers, keyless_notice
from minutebook.analysis.making.scratch import Scratch
from minutebook.analysis.model import Progress
from minutebook.analysis.reports import contents
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import Results
from minutebook.analysis.voices import repository as names_repository
from minutebook.analysis.voices.model import Proposal, proposed
from minutebook.config import SpeechSettings
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.jobs.ports import Json
from minutebook.language.producers.ports import Producer
from minutebook.meetings.model import Meeting
from minutebook.recordings.model import Recording, peaks_key, preview_key, work_prefix
from minutebook.recordings.service import Recordings
from minutebook.speech.diarization import ChunkVoices
from minutebook.speech.engines.language_names import language_code
from minutebook.speech.media import DecodeLimits, write_preview
from minutebook.speech.pipeline import (
    Chunk,
    SpeechPipeline,
    plan_chunks,
    recognised_from_json,
    recognised_to_json,
    turns_from_json,
    turns_to_json,
)
from minutebook.speech.ports import Recognised
from minutebook.speech.providers.sound import Piece, encoded, pieces_of
from minutebook.speech.providers.words import by_voice
from minutebook.storage.ports import Storage
from minutebook.transcript.model import Transcript, Turn, Word

log = logging.getLogger("minutebook.analysis")

PEAK_BUCKETS: Final = 2000
_READ_BYTES: Final = 1 << 20

Recogniser = Callable[[Callable[[float], None]], list[Recognised]]
"""Recognises a chunk; it tells the seconds of speech done."""

_DECODED, _VOICES, _WORDS = 0.02, 0.30, 0.98
"""The fraction of the work that is done when all chunks passed a stage; measured on the bundled models."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What transcribing needs; `scratch` is a local folder, `pipeline` is shared by all work in this process."""

    db: Database
    storage: Storage
    recordings: Recordings
    scheduler: Scheduler
    results: Results
    pipeline: SpeechPipeline
    producer: Producer
    speech: SpeechSettings
    scratch: Path
    providers: Providers | None = None


@dataclass(frozen=True, slots=True)
class _Heard:
    """Where the words are kept, in order, and their language."""

    words: Sequence[str]
    language: str


class Run:
    """One report's way through the steps."""

    def __init__(self, tools: Tools, work: Work, recording: Recording) -> None:
        self._tools = tools
        self._work = work
        self._recording = recording
        limits = DecodeLimits(max_duration_s=tools.speech.max_duration_s)
        self._scratch = Scratch(tools.scratch / work.report.id, tools.storage, recording, limits)
        self._objects = work_prefix(recording.id, work.report.id)

    async def all(self) -> None:
        """Every step, in order."""
        decoded = await self._work.step("decode", self._decode)
        chunks = plan_chunks(decoded["duration_s"], decoded["chunk_s"])
        await self._work.step("derive", self._derive)
        voices = [await self._work.step(f"voices-{c.index}", self._bound(self._voices, c, chunks)) for c in chunks]
        turns = await self._work.step("turns", self._bound(self._turns, voices))
        chosen = self._chosen()
        heard = await (self._recognised(chunks, turns) if chosen is None else self._provided(chosen, turns))
        await self._work.step("finish", self._bound(self._finish, decoded, heard.words, turns, heard.language))

    def _chosen(self) -> Chosen | None:
        """The speech provider that was asked for, if it can be asked."""
        providers = self._tools.providers
        return providers.chosen(self._work.report.options) if providers is not None else None

    async def _recognised(self, chunks: Sequence[Chunk], turns: str) -> _Heard:
        """Words by our own engine."""
        language = await self._work.step("language", self._bound(self._language, turns))
        hot = await self._work.step("hot-words", self._bound(self._hot_words, language))
        words = [
            await self._work.step(f"words-{c.index}", self._bound(self._words, c, chunks, turns, language, hot))
            for c in chunks
        ]
        return _Heard(words, language)

    async def _provided(self, chosen: Chosen, turns: str) -> _Heard:
        """Words by a provider: all orders are placed before the first is waited for."""
        pieces = await self._work.step("pieces", self._bound(self._pieces, chosen))
        jobs = [
            await self._work.step(f"order-{number}", self._bound(self._order, chosen, tuple(piece)))
            for number, piece in enumerate(pieces)
        ]
        answers = [
            await self._work.step(f"answer-{number}", self._bound(self._answer, chosen, number, job, pieces, turns))
            for number, job in enumerate(jobs)
        ]
        told = self._work.report.options.language or self._recording.language or answers[0]["language"]
        language = told or await self._work.step("language", self._bound(self._language, turns))
        return _Heard([answer["words"] for answer in answers], language)

    @staticmethod
    def _bound(step: Callable[..., Any], *args: object) -> Callable[[], Any]:
        return lambda: step(*args)

    async def _decode(self) -> Json:
        await self._work.tell(Progress(0.0, "decoding"))
        decoded = await self._scratch.decoded()
        async with self._tools.db.transaction() as tx:
            await self._tools.recordings.set_duration(tx, self._recording.id, decoded.duration_s)
        return {
            "duration_s": decoded.duration_s,
            "notices": list(decoded.notices),
            "chunk_s": self._tools.speech.chunk_s,
        }

    async def _derive(self) -> Json:
        """Preview and peaks. A recording that can be transcribed but not re-encoded still gets its transcript."""
        pcm, original, preview = await self._scratch.pcm(), await self._scratch.original(), self._scratch.preview_path
        peaks = await self._work.computed(lambda _: pcm.peaks(PEAK_BUCKETS))
        value = {"duration_s": pcm.duration_s, "peaks": peaks}
        await self._tools.storage.put_bytes(peaks_key(self._recording.id), json.dumps(value).encode())
        try:
            await self._work.computed(lambda _: write_preview(original, preview))
        except MinutebookError as error:
            log.warning("recording %s has no preview: %s", self._recording.id, error.code)
            return False
        await self._tools.storage.put_stream(preview_key(self._recording.id), _file(preview))
        preview.unlink()
        return True

    async def _voices(self, chunk: Chunk, chunks: Sequence[Chunk]) -> Json:
        pcm = await self._scratch.pcm()
        await self._tell_voices(chunk, chunks)
        voices = await self._work.computed(lambda _: self._tools.pipeline.voices(pcm, chunk))
        return await self._keep(f"voices-{chunk.index}.npz", voices.to_bytes())

    async def _tell_voices(self, chunk: Chunk, chunks: Sequence[Chunk]) -> None:
        total = chunks[-1].end_s
        await self._work.tell(_between(_DECODED, _VOICES, chunk.start_s / total, "telling voices apart", 0.0, total))

    async def _turns(self, voices: Sequence[str]) -> Json:
        found = [ChunkVoices.from_bytes(await self._tools.storage.get_bytes(key)) for key in voices]
        turns = await self._work.computed(lambda _: self._tools.pipeline.turns(found))
        return await self._keep("turns.json", turns_to_json(turns).encode())

    async def _language(self, turns_key: str) -> Json:
        wanted = self._work.report.options.language or self._recording.language
        if wanted:
            return wanted
        pcm, turns = await self._scratch.pcm(), await self._load_turns(turns_key)
        heard = await self._work.computed(lambda _: self._tools.pipeline.language(pcm, turns))
        return heard.code

    async def _hot_words(self, language: str) -> Json:
        """What the owner's corrections taught: a step, so that all chunks are recognised alike."""
        async with self._tools.db.reading() as tx:
            newest = await edits_repository.newest_words(tx, self._recording.owner_id, CHANGES_READ)
        return list(hot_words(in_force(newest, WordsChange), language))

    async def _words(
        self, chunk: Chunk, chunks: Sequence[Chunk], turns_key: str, language: str, hot: Sequence[str]
    ) -> Json:
        turns = await self._load_turns(turns_key)
        total, speech = chunks[-1].end_s, _speech_in(chunk, turns)

        def reached(part: float) -> Progress:
            done = chunk.start_s + min(part, 1.0) * (chunk.end_s - chunk.start_s)
            return _between(_VOICES, _WORDS, done / total, "transcribing", done, total)

        await self._work.tell(reached(0.0))
        recognise = await self._recogniser(chunk, turns, language, hot)
        words = await self._work.computed(lambda tell: recognise(lambda seconds: tell(reached(seconds / speech))))
        return await self._keep(f"words-{chunk.index}.json", recognised_to_json(words).encode())

    async def _recogniser(self, chunk: Chunk, turns: Sequence[Turn], language: str, hot: Sequence[str]) -> Recogniser:
        pcm = await self._scratch.pcm()
        return lambda progress: self._tools.pipeline.recognise(pcm, chunk, turns, language, hot, progress=progress)

    async def _pieces(self, chosen: Chosen) -> Json:
        pcm = await self._scratch.pcm()
        return [list(piece) for piece in await self._work.computed(lambda _: pieces_of(pcm, chosen.provider.longest_s))]

    async def _order(self, chosen: Chosen, piece: Piece) -> Json:
        pcm = await self._scratch.pcm()
        sound = await self._work.computed(lambda _: encoded(pcm, piece))
        return await chosen.order(sound, self._work.report.options.language or self._recording.language)

    async def _answer(
        self, chosen: Chosen, number: int, job: str, pieces: Sequence[Sequence[float]], turns_key: str
    ) -> Json:
        (start, end), total = pieces[number], pieces[-1][1]

        async def tell() -> None:
            stage = f"waiting for {chosen.provider.name}"
            await self._work.tell(_between(_VOICES, _WORDS, start / total, stage, start, total))

        answer = await chosen.answer(job, (start, end), tell)
        recognised = await self._placed(answer.words, await self._load_turns(turns_key))
        key = await self._keep(f"words-{number}.json", recognised_to_json(recognised).encode())
        return {"words": key, "language": language_code(answer.language)}

    async def _placed(self, words: Sequence[Word], turns: Sequence[Turn]) -> list[Recognised]:
        """Words that were recognised without regard to who speaks, as if they had been turn by turn."""
        return by_voice(words, turns)

    async def _finish(self, decoded: dict[str, Any], words: Sequence[str], turns_key: str, language: str) -> Json:
        recognised: list[Recognised] = []
        for key in words:
            recognised += recognised_from_json((await self._tools.storage.get_bytes(key)).decode())
        turns, duration_s = await self._load_turns(turns_key), decoded["duration_s"]
        notices = [*decoded["notices"], *self._provider_notices()]
        async with self._tools.db.reading() as tx:
            meeting = await self._tools.results.meeting(tx, self._recording)

        def compute(_: object) -> tuple[Transcript, str]:
            made = self._transcript(recognised, turns, language, duration_s, notices)
            made = self._summarised(made)
            return made, contents.kept_transcript(made)

        transcript, content = await self._work.computed(compute)
        proposals = await self._work.computed(lambda _: self._proposals(transcript, meeting))
        async with self._tools.db.transaction() as tx:
            facts = contents.transcript_facts(transcript)
            completed = await self._tools.scheduler.complete(tx, self._work.report, content, facts=facts)
            if completed:
                await names_repository.propose(tx, self._work.report.id, proposals)
            return completed

    def _transcript(
        self,
        recognised: Sequence[Recognised],
        turns: Sequence[Turn],
        language: str,
        duration_s: float,
        notices: Sequence[str],
    ) -> Transcript:
        return self._tools.pipeline.transcript(recognised, turns, language, duration_s, notices)

    def _provider_notices(self) -> Sequence[str]:
        options = self._work.report.options
        return [keyless_notice(options.provider)] if options.provider and not options.sealed_api_key else []

    def _summarised(self, transcript: Transcript) -> Transcript:
        """With its summary, if there can be one: whatever goes wrong there, the transcript is not lost for it."""
        try:
            return replace(transcript, summary=self._tools.producer.summary(transcript))
        except Exception:
            log.exception("report %s has no summary", self._work.report.id)
            return transcript

    def _proposals(self, transcript: Transcript, meeting: Meeting) -> tuple[Proposal, ...]:
        """Who the voices are by the talk itself; like the summary, not worth the loss of a transcript."""
        try:
            return proposed(transcript, meeting)
        except Exception:
            log.exception("report %s has no names from the talk", self._work.report.id)
            return ()

    async def _keep(self, name: str, data: bytes) -> str:
        return (await self._tools.storage.put_bytes(self._objects + name, data)).key

    async def _load_turns(self, key: str) -> list[Turn]:
        return turns_from_json((await self._tools.storage.get_bytes(key)).decode())


def _speech_in(chunk: Chunk, turns: Sequence[Turn]) -> float:
    """Seconds of speech in a chunk, which recognition counts its progress in; never zero."""
    return sum(max(0.0, min(t.end, chunk.end_s) - max(t.start, chunk.start_s)) for t in turns) or 1.0


def _between(low: float, high: float, part: float, stage: str, done_s: float, total_s: float) -> Progress:
    return Progress(round(low + (high - low) * part, 4), stage, round(done_s, 1), round(total_s, 1))


async def _file(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(_READ_BYTES):
            yield data
