"""Notes with a language model behind any OpenAI-compatible chat endpoint, beside the rules and under the same lock."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from typing import Any

import httpx

from minutebook.language.lexicon import lexicon_of
from minutebook.language.lock.injection import meant_for_people
from minutebook.language.lock.verify import Verifier
from minutebook.language.model import Draft, Item, KeyPoint, Note, NoteRequest, Sentiment, Unsupported, Usage
from minutebook.language.producers.completions import Completions, LlmOptions
from minutebook.language.producers.extractive import ExtractiveProducer, finished
from minutebook.language.producers.failures import ModelUnavailableError
from minutebook.language.producers.merging import joined
from minutebook.language.producers.reading import Gap, Reader, Reading
from minutebook.language.producers.stretches import stretches_of
from minutebook.language.talk.mending import mended
from minutebook.language.talk.sentences import sentences_of
from minutebook.transcript.model import Transcript
from minutebook.transcript.render.times import short_time


class LlmProducer:
    """The note of the rules, reworded and added to by a model. Where the model cannot be used, the note is the rules'
    and says so. Summary, key points and sentiment are extractive."""

    def __init__(
        self,
        options: LlmOptions,
        client: httpx.Client | None = None,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._client = client
        self._pause = pause
        self._now = now
        self._plain = ExtractiveProducer()

    @property
    def name(self) -> str:
        return f"llm:{self._options.model}"

    def summary(self, transcript: Transcript) -> str:
        return self._plain.summary(transcript)

    def key_points(self, transcript: Transcript) -> tuple[KeyPoint, ...]:
        return self._plain.key_points(transcript)

    def sentiment(self, transcript: Transcript) -> Sentiment:
        return self._plain.sentiment(transcript)

    def note(self, transcript: Transcript, request: NoteRequest) -> Note:
        draft = self._plain.draft(transcript, request)
        verifier = Verifier(transcript, request.held_on)
        heard = meant_for_people(sentences_of(mended(transcript)))
        stretches = stretches_of(heard, self._options.chunk_words, self._options.overlap_sentences)
        with self._sitting() as model:
            reading = Reader(model, transcript, request, verifier.reason_against).read(stretches)
            usage = replace(model.usage, cost=self._cost(model.usage))

        def passes(item: Item) -> bool:
            return verifier.reason_against(item) is None

        kept, refused = _divided(draft.items, passes)
        items = joined(kept, reading.items, lexicon_of(transcript.language), passes)
        return finished(
            Draft(
                (*items, *refused, *_new(reading.refused, refused)),
                self.name if reading.answered else draft.producer,
                (*self._account(reading, usage), *draft.notices),
                usage,
            ),
            transcript,
            request,
        )

    def chat(self, body: Sequence[Mapping[str, str]], name: str, schema: Mapping[str, Any]) -> str:
        """What the model answers to these messages, asked for as JSON of this schema; `ModelUnavailableError`."""
        with self._sitting() as model:
            reply = model.ask(body, name, schema)
        if reply.broken is not None:
            raise ModelUnavailableError(reply.broken)
        return reply.text

    @contextmanager
    def _sitting(self) -> Iterator[Completions]:
        if self._client is not None:
            yield Completions(self._options, self._client, self._pause, self._now)
            return
        with httpx.Client(trust_env=False) as client:
            yield Completions(self._options, client, self._pause, self._now)

    def _cost(self, usage: Usage) -> float | None:
        asked, told = self._options.price_prompt, self._options.price_completion
        if asked is None or told is None:
            return None
        return (usage.prompt_tokens * asked + usage.completion_tokens * told) / 1000

    def _account(self, reading: Reading, usage: Usage) -> Iterator[str]:
        """What the note's readers are told of the model."""
        cost = f", cost {usage.cost:.4f}" if usage.cost is not None else ""
        spent = f"{usage.calls} calls, {usage.prompt_tokens} tokens in, {usage.completion_tokens} tokens out{cost}"
        if reading.answered:
            yield (
                f"Made with the language model {self._options.model} beside the rules: {spent}. Every line was checked "
                "against the transcript."
            )
        for reason, gaps in groupby(reading.gaps, lambda gap: gap.reason):
            yield self._told(reason, list(gaps)) if reading.answered else self._unused(reason, spent)
            if not reading.answered:
                return

    def _unused(self, reason: str, spent: str) -> str:
        return f"The language model could not be used ({reason}); this note was made without it ({spent})."

    def _told(self, reason: str, gaps: Sequence[Gap]) -> str:
        times = f"{short_time(gaps[0].start)} to {short_time(gaps[-1].end)}"
        return f"The language model could not read all of {times} ({reason}); there the note is made without it."


def _divided(items: Sequence[Item], passes: Callable[[Item], bool]) -> tuple[list[Item], list[Item]]:
    kept: list[Item] = []
    refused: list[Item] = []
    for item in items:
        (kept if passes(item) else refused).append(item)
    return kept, refused


def _new(refused: Sequence[Unsupported], known: Sequence[Item]) -> list[Item]:
    """Refused items, each line once."""
    lines = {(u.item.kind, u.item.text): u.item for u in reversed(refused)}
    seen = {(item.kind, item.text) for item in known}
    return [item for line, item in reversed(lines.items()) if line not in seen]


__all__ = ["LlmOptions", "LlmProducer", "ModelUnavailableError"]
