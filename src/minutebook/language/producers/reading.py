"""A model reads a talk stretch by stretch. A stretch that it cannot read costs that stretch and nothing else."""

import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from minutebook.language.model import Item, NoteRequest, Unsupported
from minutebook.language.producers.completions import Completions
from minutebook.language.producers.failures import (
    ContextOverflowError,
    ModelRefusedError,
    ModelSilentError,
    ModelUnavailableError,
)
from minutebook.language.producers.prompting import (
    MOST_ITEMS,
    SCHEMA,
    Entry,
    items_from,
    messages,
    read_again,
    refusals,
)
from minutebook.language.producers.salvage import UnreadableAnswerError, entries_of
from minutebook.language.producers.stream import Reply
from minutebook.language.producers.stretches import Stretch, halves, words_in
from minutebook.transcript.model import Transcript

_NAME: Final = "meeting_note"
_MOST_HALVINGS: Final = 2
"""How often a stretch whose answer was cut is halved; one that does not fit the context is as often as it takes."""
_MOST_SILENCES: Final = 2
_GIVES_UP: Final = 3
"""Stretches in a row that fail at an endpoint, after which it is not asked for the rest."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch, in seconds, that the model did not read to its end, and why."""

    start: float
    end: float
    reason: str


@dataclass
class Reading:
    """What a model made of a talk: items that the lock passes, those it refuses, and what it did not read."""

    items: list[Item] = field(default_factory=list)
    refused: list[Unsupported] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    answered: int = 0
    """Stretches of which something was read."""


@dataclass(frozen=True, slots=True)
class _Piece:
    stretch: Stretch
    halved: int = 0
    silences: int = 0


class Reader:
    """Reads one talk. `reason_against` is the lock's word on an item."""

    def __init__(
        self,
        model: Completions,
        transcript: Transcript,
        request: NoteRequest,
        reason_against: Callable[[Item], str | None],
    ) -> None:
        self._model = model
        self._transcript = transcript
        self._request = request
        self._reason_against = reason_against
        self._reading = Reading()
        self._pending = deque[_Piece]()
        self._fitting: int | None = None
        self._hopeless: str | None = None
        self._failures = 0

    def read(self, stretches: Sequence[Stretch]) -> Reading:
        """What the model makes of the stretches; what it could not read is among the gaps."""
        self._pending = deque(_Piece(stretch) for stretch in stretches)
        while self._pending:
            piece = self._pending.popleft()
            if self._hopeless is not None:
                self._miss(piece, self._hopeless)
            elif self._fitting is None or words_in(piece.stretch) <= self._fitting or not self._halve(piece):
                self._take(piece)
        return self._reading

    def _take(self, piece: _Piece) -> None:
        try:
            reply = self._ask(piece.stretch)
        except ContextOverflowError as error:
            self._model.ask_for_less()
            self._fitting = max(1, words_in(piece.stretch) - 1)
            if not self._halve(piece):
                self._hopeless = str(error)
                self._miss(piece, self._hopeless)
        except ModelSilentError as error:
            if piece.silences or not self._halve(piece, silences=1):
                self._failed(piece, str(error), _MOST_SILENCES)
        except ModelRefusedError as error:
            self._hopeless = str(error)
            self._miss(piece, self._hopeless)
        except UnreadableAnswerError as error:
            self._miss(piece, f"its answer {error}")
        except ModelUnavailableError as error:
            self._failed(piece, str(error), _GIVES_UP)
        else:
            self._failures = 0
            self._reading.answered += 1
            more = reply.cut and piece.halved < _MOST_HALVINGS and self._halve(piece, halved=1)
            if reply.cut and not more:
                self._miss(piece, reply.broken or "its answer was longer than allowed")

    def _failed(self, piece: _Piece, reason: str, most: int) -> None:
        self._failures += 1
        if self._failures >= most:
            self._hopeless = reason
        self._miss(piece, reason)

    def _miss(self, piece: _Piece, reason: str) -> None:
        self._reading.gaps.append(Gap(piece.stretch[0].start, piece.stretch[-1].end, reason))

    def _halve(self, piece: _Piece, *, halved: int = 0, silences: int = 0) -> bool:
        parts = halves(piece.stretch)
        pieces = [_Piece(part, piece.halved + halved, piece.silences + silences) for part in parts]
        self._pending.extendleft(reversed(pieces))
        return bool(pieces)

    def _ask(self, stretch: Stretch) -> Reply:
        """Ask for a stretch's items. An answer that cannot be read, and items that the lock refuses, go back once."""
        fence = f"=====TRANSCRIPT-{secrets.token_hex(12)}====="
        body = messages(stretch, self._transcript, self._request, fence)
        reply = self._model.ask(body, _NAME, SCHEMA)
        try:
            entries = entries_of(reply.text)
        except UnreadableAnswerError as error:
            if reply.cut:
                return reply
            reply = self._model.ask([*body, *read_again(reply.text, str(error))], _NAME, SCHEMA)
            entries = entries_of(reply.text)
        refused = self._judged(entries, stretch)
        if refused and not reply.cut:
            refused = self._corrected(body, refused, stretch)
        self._reading.refused += [Unsupported(item, reason) for _, item, reason in refused]
        return reply

    def _corrected(
        self, body: Sequence[Mapping[str, str]], refused: list[tuple[Entry, Item, str]], stretch: Stretch
    ) -> list[tuple[Entry, Item, str]]:
        """Give refused items back with the reasons, and take what comes of it in their place."""
        told = refusals([(entry, reason) for entry, _, reason in refused])
        try:
            return self._judged(entries_of(self._model.ask([*body, *told], _NAME, SCHEMA).text), stretch)
        except (ModelUnavailableError, UnreadableAnswerError):
            return refused

    def _judged(self, entries: Sequence[Entry], stretch: Stretch) -> list[tuple[Entry, Item, str]]:
        """Take the items that the lock passes; the others with the reasons."""
        entries = entries[:MOST_ITEMS]
        refused = []
        for entry, item in zip(entries, items_from(entries, stretch, self._transcript), strict=True):
            if item is None:
                continue
            reason = self._reason_against(item)
            if reason is None:
                self._reading.items.append(item)
            else:
                refused.append((entry, item, reason))
        return refused
