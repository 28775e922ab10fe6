"""Answers: what is asked is searched, shown to a language model, and what it says is held against what was said."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from minutebook.analysis.results import Results
from minutebook.answers.model import QUESTION_MAX, SCHEMA, Answer, Cite, Claim, Line, Sentence, claims_from, lines_of
from minutebook.answers.model import messages as chat
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.kit.text import clean_line
from minutebook.language.model import Evidence, Item, ItemKind
from minutebook.language.producers.failures import ModelUnavailableError
from minutebook.recordings.service import Recordings
from minutebook.search.service import Search
from minutebook.transcript.model import Transcript

if TYPE_CHECKING:
    from minutebook.language.producers.llm import LlmProducer

PASSAGES_SHOWN: Final = 24
AT_ONCE: Final = 2
"""Questions that a process has at the model at the same time; others wait."""


class Answers:
    """Answers from their owners' meetings: nobody else's are ever looked at."""

    def __init__(
        self, db: Database, search: Search, recordings: Recordings, results: Results, model: "LlmProducer | None"
    ) -> None:
        self._db = db
        self._search = search
        self._recordings = recordings
        self._results = results
        self._model = model
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def available(self) -> bool:
        """Whether a language model is configured."""
        return self._model is not None

    async def ask(self, owner_id: str, question: str) -> Answer:
        """An answer whose every sentence is carried by what it cites, by the same lock that notes pass. Raises
        `question_required`, `answers_unavailable`, `model_unavailable`, and the codes of text."""
        question = clean_line(question, "q", at_most=QUESTION_MAX)
        if not question:
            raise invalid("question_required", "Ask something.", "q")
        if self._model is None:
            message = "No language model is configured on this server (MINUTEBOOK_LLM__BASE_URL)."
            raise MinutebookError(Kind.CONFLICT, "answers_unavailable", message)
        async with self._db.reading() as read:
            lines = lines_of(await self._search.related(read, owner_id, question, PASSAGES_SHOWN))
        if not lines:
            return Answer()
        async with self._turns:
            claims = await asyncio.to_thread(self._claims, self._model, question, lines)
        transcripts = await self._transcripts(owner_id, {lines[n].meeting_id for c in claims for n in c.lines})
        return await asyncio.to_thread(_carried, claims, lines, transcripts)

    def _claims(self, model: "LlmProducer", question: str, lines: Sequence[Line]) -> list[Claim]:
        fence = f"=====MEETINGS-{secrets.token_hex(12)}====="
        try:
            return claims_from(model.chat(chat(question, lines, fence), "answer", SCHEMA), len(lines))
        except (ModelUnavailableError, ValueError) as error:
            message = f"The language model gave no usable answer ({error}). Try again, or search for the words."
            raise MinutebookError(Kind.UNAVAILABLE, "model_unavailable", message, retryable=True) from error

    async def _transcripts(self, owner_id: str, meeting_ids: set[str]) -> Mapping[str, Transcript]:
        found = {}
        async with self._db.reading() as read:
            for meeting_id, recording in (await self._recordings.of_meetings(read, sorted(meeting_ids))).items():
                found[meeting_id] = await self._results.transcript(read, owner_id, recording.id)
        return found


def _carried(claims: Sequence[Claim], lines: Sequence[Line], transcripts: Mapping[str, Transcript]) -> Answer:
    from minutebook.language.lock.verify import Verifier

    verifiers: dict[str, Verifier] = {}
    sentences = []
    for claim in claims:
        cited = [lines[number] for number in claim.lines]
        meetings = {line.meeting_id for line in cited}
        if len(meetings) != 1 or not meetings <= transcripts.keys():
            continue
        (meeting_id,) = meetings
        evidence = tuple(e for line in cited for e in _evidence(line, transcripts[meeting_id]))
        verifier = verifiers.setdefault(meeting_id, Verifier(transcripts[meeting_id]))
        item = Item(ItemKind.TOPIC, claim.text, evidence)
        if verifier.reason_against(item) is None and not verifier.is_mostly_its_own(item):
            cites = tuple(Cite(meeting_id, line.title, line.speaker, line.start_s, line.text) for line in cited)
            sentences.append(Sentence(claim.text, cites))
    return Answer(tuple(sentences), len(claims) - len(sentences))


def _evidence(line: Line, transcript: Transcript) -> list[Evidence]:
    """The segment that a line is, as it stands in the transcript now."""
    return [
        Evidence(each.start, each.end, each.speaker, each.text)
        for each in transcript.segments
        if each.start == line.start_s and each.text == line.text
    ][:1]
