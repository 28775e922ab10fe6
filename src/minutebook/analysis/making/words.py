"""The steps that find the words of a recording: with our own engine, or with a speech provider."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from minutebook.analysis.edits import repository as edits_repository
from minutebook.analysis.edits.hot_words import CHANGES_READ, hot_words
from minutebook.analysis.edits.model import WordsChange, in_force
from minutebook.analysis.making import stages
from minutebook.analysis.making.expected import expected_words
from minutebook.analysis.making.hearing import Hearing
from minutebook.analysis.making.provided import Chosen
from minutebook.analysis.making.workspace import Workspace
from minutebook.analysis.model import Progress
from minutebook.analysis.reports import repository as reports_repository
from minutebook.jobs.ports import Json
from minutebook.kit.languages import language_code
from minutebook.preferences import repository as preferences_repository
from minutebook.speech.languages import Elsewhere, HeardLanguage, notices_of
from minutebook.speech.pipeline import Chunk, recognised_to_json
from minutebook.speech.ports import Recognised
from minutebook.speech.providers.sound import Piece, encoded, pieces_of


@dataclass(frozen=True, slots=True)
class KeptWords:
    """Where the words are kept, in order, their language, and what the reader is told of it."""

    keys: Sequence[str]
    language: str
    notices: Sequence[str] = ()


class EngineWords:
    """Words by our own engine, chunk by chunk."""

    def __init__(self, work: Workspace, hearing: Hearing) -> None:
        self._work = work
        self._hearing = hearing

    async def all(self, chunks: Sequence[Chunk], turns_key: str) -> KeptWords:
        """Every step, in order."""
        step = self._work.attempt.step
        heard = await step("language", partial(language_of, self._work, turns_key))
        spoken = _heard_language(heard)
        language = spoken.code
        hot = await step("hot-words", partial(self._hot_words, language))
        total_s = chunks[-1].end_s
        keys = [
            await step(f"words-{c.index}", partial(self._words, c, total_s, turns_key, spoken, hot)) for c in chunks
        ]
        return KeptWords(keys, language, notices_of(spoken))

    async def _hot_words(self, language: str) -> Json:
        """Who and what is likely to be named: a step, so that all chunks are recognised alike."""
        recording, tools = self._work.recording, self._work.tools
        async with tools.db.reading() as tx:
            newest = await edits_repository.newest_words(tx, recording.owner_id, CHANGES_READ)
            told = (await preferences_repository.load(tx, recording.owner_id)).vocabulary
            meeting = await tools.results.meeting(tx, recording)
        taught = hot_words(in_force(newest, WordsChange), language)
        return list(expected_words(meeting, told, taught, language))

    async def _words(
        self, chunk: Chunk, total_s: float, turns_key: str, spoken: HeardLanguage, hot: Sequence[str]
    ) -> Json:
        turns = await self._work.turns(turns_key)
        speech_s = stages.speech_in(chunk, turns)
        await self._work.attempt.tell(stages.transcribing(chunk, 0.0, total_s))
        recognise = await self._hearing.recogniser(chunk, turns, spoken, hot)

        def compute(tell: Callable[[Progress], None]) -> list[Recognised]:
            return recognise(lambda done_s: tell(stages.transcribing(chunk, done_s / speech_s, total_s)))

        words = await self._work.attempt.computed(compute)
        return await self._work.keep(f"words-{chunk.index}.json", recognised_to_json(words).encode())


class ProviderWords:
    """Words by a provider: all orders are placed before the first is waited for."""

    def __init__(self, work: Workspace, hearing: Hearing, chosen: Chosen) -> None:
        self._work = work
        self._hearing = hearing
        self._chosen = chosen

    async def all(self, _chunks: Sequence[Chunk], turns_key: str) -> KeptWords:
        """Every step, in order."""
        step = self._work.attempt.step
        pieces = await step("pieces", self._pieces)
        jobs = [
            await step(f"order-{number}", partial(self._order, tuple(piece))) for number, piece in enumerate(pieces)
        ]
        answers = [
            await step(f"answer-{number}", partial(self._answer, number, job, pieces, turns_key))
            for number, job in enumerate(jobs)
        ]
        told = self._work.wanted_language or answers[0]["language"]
        keys = [answer["words"] for answer in answers]
        if told:
            return KeptWords(keys, told)
        heard = await step("language", partial(language_of, self._work, turns_key))
        spoken = replace(_heard_language(heard), elsewhere=())
        return KeptWords(keys, spoken.code, notices_of(spoken))

    async def _pieces(self) -> Json:
        pcm, longest_s = await self._work.scratch.pcm(), self._chosen.provider.longest_s
        return [list(piece) for piece in await self._work.attempt.computed(lambda _: pieces_of(pcm, longest_s))]

    async def _order(self, piece: Piece) -> Json:
        pcm = await self._work.scratch.pcm()
        sound = await self._work.attempt.computed(lambda _: encoded(pcm, piece))
        return await self._chosen.order(sound, self._work.wanted_language)

    async def _answer(self, number: int, job: str, pieces: Sequence[Sequence[float]], turns_key: str) -> Json:
        (start, end), total_s = pieces[number], pieces[-1][1]

        async def tell() -> None:
            await self._work.attempt.tell(stages.waiting_for(self._chosen.provider.name, start, total_s))

        answer = await self._chosen.answer(job, (start, end), tell)
        recognised = await self._hearing.placed(answer.words, await self._work.turns(turns_key))
        key = await self._work.keep(f"words-{number}.json", recognised_to_json(recognised).encode())
        return {"words": key, "language": language_code(answer.language)}


async def language_of(work: Workspace, turns_key: str) -> Json:
    """The language that was asked for, if the engine knows it, else the one that is heard; those of the owner's other
    recordings count more."""
    pcm, turns = await work.scratch.pcm(), await work.turns(turns_key)
    wanted, pipeline = work.wanted_language, work.tools.pipeline
    async with work.tools.db.reading() as tx:
        familiar = await reports_repository.usual_languages(tx, work.recording.owner_id)

    def found(_: object) -> HeardLanguage:
        return HeardLanguage(wanted) if wanted and pipeline.knows(wanted) else pipeline.language(pcm, turns, familiar)

    heard = await work.attempt.computed(found)
    elsewhere: list[Json] = [[each.speaker, each.start, each.end, each.code] for each in heard.elsewhere]
    return {"code": heard.code, "sure": heard.sure, "elsewhere": elsewhere}


def _heard_language(kept: Any) -> HeardLanguage:
    """What `language_of` returned, perhaps in an earlier release."""
    return HeardLanguage(kept["code"], kept["sure"], tuple(Elsewhere(*row) for row in kept.get("elsewhere", ())))
