"""The port of speech providers: services elsewhere that transcribe with the caller's key, in jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from minutebook.transcript.model import Word


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be transcribed: Ogg Opus, mono. `language` is an ISO 639-1 code, None to have it detected;
    `parameters` are the provider's own and win over ours."""

    sound: bytes
    language: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was recognised; times are seconds from the start of the sound. `language` is what the provider heard, if it
    says so."""

    words: tuple[Word, ...]
    language: str | None = None


class TranscriptionService(Protocol):
    """A provider. Both calls raise `provider_key_refused`, `provider_refused` (it does not accept the order),
    `provider_invalid` (its answer is not understood) and, retryable, `provider_unavailable`."""

    @property
    def name(self) -> str:
        """Its name in the v1 API and in messages."""
        ...

    @property
    def longest_s(self) -> float:
        """The longest sound of one order, in seconds."""
        ...

    async def submit(self, order: Order, key: str) -> str:
        """Place an order; returns the job's id."""
        ...

    async def answer(self, job: str, key: str) -> Answer | None:
        """The job's answer, None while it is worked on; `provider_failed` when it came to nothing."""
        ...
