"""Why an endpoint gave no answer: which kind of failure it is, in the server's own words, without secrets. Pure."""

import json
import re
from typing import Any, Final

_LONGEST: Final = 200
_OVERFLOW: Final = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|size|window)|maximum context|max_model_len"
    r"|(?:prompt|input) (?:is )?too long|too many tokens",
    re.IGNORECASE,
)
_NO_MODEL: Final = re.compile(
    r"model_not_found|model\b.{0,120}\b(?:not found|does not exist|not available|is unknown)|no such model",
    re.IGNORECASE,
)
_SECRET: Final = re.compile(
    r"\b(?:sk|pk|gsk|hf|xai|key|api)[-_][\w*.-]{4,}|\bbearer\s+\S+|(?<=//)[^/\s@]+@|[\w-]{32,}", re.IGNORECASE
)


class ModelUnavailableError(Exception):
    """The endpoint gave no usable answer; the text says why, without secrets."""


class ContextOverflowError(ModelUnavailableError):
    """What was sent does not fit into the model's context; less may."""


class ModelSilentError(ModelUnavailableError):
    """No word came for longer than is waited; the same again would not fare better."""


class ModelRefusedError(ModelUnavailableError):
    """Nothing that is asked there will be answered: the key, the model's name or the address is wrong."""


def failure_of(status: int, body: str, key: str | None = None) -> ModelUnavailableError:
    """The failure that an answer with this status and body is."""
    said = said_in(body, key)
    told = f"it answered with status {status}" + (f": {said}" if said else "")
    if _OVERFLOW.search(body) and status not in (401, 403, 429):
        return ContextOverflowError(told)
    if status in (401, 403):
        return ModelRefusedError(told)
    return ModelUnavailableError(told)


def is_unknown_model(body: str) -> bool:
    """Whether a server says that it has no model of the name that was asked for."""
    return _NO_MODEL.search(body) is not None


def said_in(body: str, key: str | None = None) -> str:
    """What a server says is wrong, on one line, shortened, keys and passwords left out; empty for a page of markup."""
    try:
        told = _message(json.loads(body))
    except (ValueError, RecursionError):
        told = "" if "<" in body else body
    line = " ".join(told.split())
    if key:
        line = line.replace(key, "…")
    line = _SECRET.sub("…", line)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _message(data: Any) -> str:
    """The sentence in an error as the known servers write it: nested, plain, or a list of problems."""
    for name in ("error", "message", "detail", "msg"):
        while isinstance(data, list) and data:
            data = data[0]
        if isinstance(data, dict) and name in data:
            data = data[name]
    return data if isinstance(data, str) else ""
