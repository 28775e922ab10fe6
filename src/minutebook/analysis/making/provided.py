"""Words from a speech provider: the recording in pieces, one order each, placed in one step and awaited in another, so
that nothing is ordered (and paid) twice after a crash."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from minutebook.analysis.model import Options
from minutebook.config import SpeechSettings
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.backoff import Backoff
from minutebook.kit.clock import Clock
from minutebook.outgoing.client import OutgoingClient
from minutebook.sealing import Sealing
from minutebook.speech.providers import PROVIDERS
from minutebook.speech.providers.ports import Answer, Order, TranscriptionService
from minutebook.speech.providers.sound import Piece
from minutebook.transcript.model import Word

POLL: Final = Backoff(first_s=1.0, factor=1.5, longest_s=15.0)
AGAIN: Final = Backoff(first_s=2.0, factor=3.0, longest_s=60.0)
TRIES: Final = 5
"""Failures in a row that are put up with: about two minutes."""
LEAST_WAIT_S: Final = 1800.0
LONGEST_RETRY_AFTER_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Providers:
    """The speech providers that transcriptions may ask for."""

    settings: SpeechSettings
    outgoing: OutgoingClient
    sealing: Sealing
    clock: Clock

    def chosen(self, options: Options) -> "Chosen | None":
        """The provider that was asked for, with its key; None for our own engine, and when there is no key. Raises
        `secret_unreadable`."""
        make = PROVIDERS.get(options.provider)
        if make is None or not options.sealed_api_key:
            return None
        key = self.sealing.open(options.sealed_api_key)
        return Chosen(make(self.settings, self.outgoing), key, options, self.clock)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A provider with the caller's key and wishes."""

    provider: TranscriptionService
    key: str
    options: Options
    clock: Clock

    async def order(self, sound: bytes, language: str | None) -> str:
        """Place an order; returns the job's id."""
        order = Order(sound, language, self.options.provider_parameters)
        for failures in range(1, TRIES + 1):
            try:
                return await self.provider.submit(order, self.key)
            except MinutebookError as error:
                await self._after(error, failures)
        raise AssertionError  # the last failure is raised above

    async def answer(self, job: str, piece: Piece, tell: Callable[[], Awaitable[None]]) -> Answer:
        """Wait for a job's answer, with times in the recording's; `tell` is called now and then and may raise. Raises
        `provider_timeout`."""
        ends_at = self.clock.now().timestamp() + max(LEAST_WAIT_S, piece[1] - piece[0])
        failures, polls = 0, 0
        while self.clock.now().timestamp() < ends_at:
            try:
                found = await self.provider.answer(job, self.key)
            except MinutebookError as error:
                failures += 1
                await self._after(error, failures)
                continue
            if found is not None:
                return in_recording(found, piece)
            failures, polls = 0, polls + 1
            await tell()
            await self.clock.sleep(POLL.delay_s(polls))
        message = f"{self.provider.name} did not finish in time. Ask for the transcript again later."
        raise MinutebookError(Kind.UNAVAILABLE, "provider_timeout", message)

    async def _after(self, error: MinutebookError, failures: int) -> None:
        """Wait after a failure that may pass, raise it otherwise."""
        if not error.retryable or failures >= TRIES:
            raise error
        wished = min(error.retry_after_s or 0.0, LONGEST_RETRY_AFTER_S)
        await self.clock.sleep(max(AGAIN.delay_s(failures), wished))


def in_recording(answer: Answer, piece: Piece) -> Answer:
    """The answer for a piece in the recording's time; no word lies outside the piece or ends before it begins."""
    start, end = piece

    def placed(word: Word) -> Word:
        first = min(max(start + word.start, start), end)
        return replace(word, start=round(first, 3), end=round(min(max(start + word.end, first), end), 3))

    words = sorted((placed(word) for word in answer.words), key=lambda word: word.start)
    return replace(answer, words=tuple(words))


def keyless_notice(provider: str) -> str:
    """Why the caller's provider was not asked."""
    return f"{provider} was asked for without an API key; the recording was transcribed here instead."
