"""An answer as it comes: server-sent events of a chat completion, or one JSON body, put together. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from minutebook.language.model import Usage
from minutebook.language.producers.failures import failure_of

MOST_CHARACTERS: Final = 200_000
"""Longer than any answer that is asked for: a model that goes round in circles is stopped there."""


class NoCompletionError(ValueError):
    """What came is no chat completion."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said. `finish` is the server's reason for the end, `broken` why it ended before that."""

    text: str
    finish: str | None = None
    broken: str | None = None

    @property
    def cut(self) -> bool:
        """Whether there would have been more."""
        return self.broken is not None or self.finish == "length"


class Gathering:
    """Takes an answer line by line."""

    def __init__(self, key: str | None = None) -> None:
        self._key = key
        self._parts: list[str] = []
        self._size = 0
        self._body: list[str] = []
        self._finish: str | None = None
        self._events = 0
        self._last = False
        self.usage = Usage()

    @property
    def text(self) -> str:
        return "".join(self._parts)

    @property
    def done(self) -> bool:
        """Whether nothing more is to be read."""
        return self._last or self._size > MOST_CHARACTERS

    def take(self, line: str) -> bool:
        """Take one line; whether the model said something in it (comments that keep a connection open are nothing).
        Raises the server's failure when the line tells one, and `NoCompletionError`."""
        if line.startswith(":") or not line.strip():
            return False
        if not line.startswith("data:"):
            if not line.startswith(("event:", "id:", "retry:")):
                self._body.append(line)
            return True
        data = line.removeprefix("data:").strip()
        self._events += 1
        self._last = data == "[DONE]"
        if not self._last:
            self._chunk(data)
        return True

    def reply(self) -> Reply:
        """The whole answer, when nothing more comes."""
        if not self._events:
            self._chunk("\n".join(self._body), whole=True)
        elif self._finish is None and not self._last:
            return Reply(self.text, None, "the answer broke off")
        return Reply(self.text, "length" if self._size > MOST_CHARACTERS else self._finish)

    def _chunk(self, data: str, *, whole: bool = False) -> None:
        try:
            chunk = json.loads(data)
            if chunk.get("error"):
                raise failure_of(_status(chunk["error"]), data, self._key)
            self._count(chunk.get("usage"))
            if not chunk["choices"] and not whole:
                return
            choice = chunk["choices"][0]
            said = choice["message"]["content"] if whole else (choice.get("delta") or {}).get("content")
            self._finish = choice.get("finish_reason") or self._finish
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
            raise NoCompletionError("its answer is not a chat completion") from error
        if isinstance(said, str):
            self._parts.append(said)
            self._size += len(said)

    def _count(self, told: Any) -> None:
        if isinstance(told, Mapping):
            asked, answered = (told.get(name) or 0 for name in ("prompt_tokens", "completion_tokens"))
            self.usage = Usage(0, int(asked), int(answered))


def _status(error: Any) -> int:
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, int) else 500
