"""The making of a recording's transcription, in durable steps.

Each chunk is a step whose result is an object in storage; a step remembers its key. After a crash finished steps are
not run again, on whatever machine the work goes on; the local copies (`scratch`) are made again there.
"""

import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from minutebook.analysis.edits.model import WordsChange
from minutebook.analysis.edits.names_heard import name_corrections
from minutebook.analysis.making import stages
from minutebook.analysis.making.hearing import Hearing
from minutebook.analysis.making.provided import keyless_notice
from minutebook.analysis.making.recognition import matches_of
from minutebook.analysis.making.words import EngineWords, KeptWords, ProviderWords
from minutebook.analysis.making.workspace import Workspace
from minutebook.analysis.reports import contents
from minutebook.analysis.voices import repository as names_repository
from minutebook.analysis.voices.model import Proposal, proposed
from minutebook.errors import MinutebookError
from minutebook.jobs.outages import outage_of
from minutebook.jobs.ports import Json
from minutebook.meetings.model import Meeting
from minutebook.recordings.model import peaks_key, preview_key
from minutebook.speech.languages import stand_in_notices
from minutebook.speech.media import write_preview
from minutebook.speech.pipeline import Chunk, plan_chunks, recognised_from_json, turns_to_json
from minutebook.speech.ports import Recognised
from minutebook.transcript.model import Transcript

log = logging.getLogger("minutebook.analysis")

PEAK_BUCKETS: Final = 2000
_READ_BYTES: Final = 1 << 20


class TranscriptionSteps:
    """One attempt's way through the steps; `hearing_of` tells how a recording of so many parts is heard."""

    def __init__(self, work: Workspace, hearing_of: Callable[[int], Hearing]) -> None:
        self._work = work
        self._tools = work.tools
        self._recording = work.recording
        self._options = work.attempt.report.options
        self._hearing_of = hearing_of

    async def all(self) -> None:
        """Every step, in order."""
        step = self._work.attempt.step
        decoded = await step("decode", self._decode)
        hearing = self._hearing_of(decoded["parts"])
        chunks = plan_chunks(decoded["duration_s"], decoded["chunk_s"])
        await step("derive", self._derive)
        voices = [await step(f"voices-{c.index}", partial(self._voices, hearing, c, chunks[-1].end_s)) for c in chunks]
        turns_key = await step("turns", partial(self._turns, hearing, voices))
        words = await self._finder(hearing).all(chunks, turns_key)
        await step("finish", partial(self._finish, hearing, decoded, words, turns_key))

    def _finder(self, hearing: Hearing) -> EngineWords | ProviderWords:
        """Our own engine finds the words, or the speech provider that was asked for, if it can be asked."""
        providers = self._tools.providers
        chosen = providers.chosen(self._options) if providers is not None else None
        if chosen is None:
            return EngineWords(self._work, hearing)
        return ProviderWords(self._work, hearing, chosen)

    async def _decode(self) -> Json:
        await self._work.attempt.tell(stages.decoding())
        decoded = await self._work.scratch.decoded()
        async with self._tools.db.transaction() as tx:
            await self._tools.recordings.set_duration(tx, self._recording.id, decoded.duration_s)
        return {
            "duration_s": decoded.duration_s,
            "notices": list(decoded.notices),
            "parts": decoded.parts,
            "chunk_s": self._tools.speech.chunk_s,
        }

    async def _derive(self) -> Json:
        """Preview and peaks. A recording that can be transcribed but not re-encoded still gets its transcript."""
        scratch, computed = self._work.scratch, self._work.attempt.computed
        pcm, original, preview = await scratch.pcm(), await scratch.original(), scratch.preview_path
        peaks = await computed(lambda _: pcm.peaks(PEAK_BUCKETS))
        value = {"duration_s": pcm.duration_s, "peaks": peaks}
        await self._tools.storage.put_bytes(peaks_key(self._recording.id), json.dumps(value).encode())
        try:
            await computed(lambda _: write_preview(original, preview))
        except MinutebookError as error:
            if outage_of(error) is not None:
                raise
            log.warning("recording %s has no preview: %s", self._recording.id, error.code)
            return False
        await self._tools.storage.put_stream(preview_key(self._recording.id), _file(preview))
        preview.unlink()
        return True

    async def _voices(self, hearing: Hearing, chunk: Chunk, total_s: float) -> Json:
        await self._work.attempt.tell(stages.telling_apart(chunk, total_s))
        return await hearing.voices(chunk)

    async def _turns(self, hearing: Hearing, voices: Sequence[Any]) -> Json:
        return await self._work.keep("turns.json", turns_to_json(await hearing.turns(voices)).encode())

    async def _finish(self, hearing: Hearing, decoded: dict[str, Any], words: KeptWords, turns_key: str) -> Json:
        recognised: list[Recognised] = []
        for key in words.keys:
            recognised += recognised_from_json((await self._work.kept(key)).decode())
        turns = await self._work.turns(turns_key)
        instead = stand_in_notices(self._work.wanted_language, words.language)
        origin = [self._recording.origin] if self._recording.origin else []
        notices = [*origin, *decoded["notices"], *words.notices, *self._provider_notices(), *instead]
        async with self._tools.db.reading() as tx:
            meeting = await self._tools.results.meeting(tx, self._recording)

        def compute(_: object) -> tuple[Transcript, str]:
            heard = hearing.transcript(recognised, turns, words.language, decoded["duration_s"], notices)
            made = self._summarised(heard)
            return made, contents.kept_transcript(made)

        transcript, content = await self._work.attempt.computed(compute)
        proposals = await self._work.attempt.computed(lambda _: self._proposals(transcript, meeting))
        corrections = await self._work.attempt.computed(lambda _: self._corrections(transcript, meeting))
        matches = await matches_of(self._work, transcript, self._tools.sealing)
        report = self._work.attempt.report
        async with self._tools.db.transaction() as tx:
            facts = contents.transcript_facts(transcript)
            completed = await self._tools.scheduler.complete(tx, report, content, facts=facts, corrections=corrections)
            if completed:
                await names_repository.propose(tx, report.id, proposals)
                await names_repository.guess(tx, report.id, matches)
            return completed

    def _corrections(self, transcript: Transcript, meeting: Meeting) -> Sequence[WordsChange]:
        """Names of attendees put right; not worth the loss of a transcript either."""
        try:
            return name_corrections(transcript, [attendee.display_name for attendee in meeting.attendees])
        except Exception:
            log.exception("report %s has no names put right", self._work.attempt.report.id)
            return ()

    def _provider_notices(self) -> Sequence[str]:
        options = self._options
        return [keyless_notice(options.provider)] if options.provider and not options.sealed_api_key else []

    def _summarised(self, transcript: Transcript) -> Transcript:
        """With its summary, if there can be one: whatever goes wrong there, the transcript is not lost for it."""
        try:
            return replace(transcript, summary=self._tools.producer.summary(transcript))
        except Exception:
            log.exception("report %s has no summary", self._work.attempt.report.id)
            return transcript

    def _proposals(self, transcript: Transcript, meeting: Meeting) -> tuple[Proposal, ...]:
        """Who the voices are by the talk itself; like the summary, not worth the loss of a transcript."""
        try:
            return proposed(transcript, meeting)
        except Exception:
            log.exception("report %s has no names from the talk", self._work.attempt.report.id)
            return ()


async def _file(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            yield piece
