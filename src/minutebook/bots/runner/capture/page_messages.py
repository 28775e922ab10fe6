"""What the page tells, as values. A page is not trusted: what does not have the right shape is left out."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minutebook.bots.runner.capture.sound.health import Arrived

if TYPE_CHECKING:
    from minutebook.bots.runner.capture.sound.timeline import Samples

LONGEST_RUN = 30 * 24_000
LONGEST_LAG_MS = 5_000
LONGEST_ID, LONGEST_NAME, LONGEST_TEXT, MOST_LINES = 200, 200, 4_000, 500
"""Of what a page shows of its chat."""


@dataclass(frozen=True, slots=True)
class SampleRun:
    """Consecutive samples of a track, heard from `at_ms` on (epoch); `samples` is None for `count` samples of
    silence."""

    track: str
    at_ms: float
    count: int
    samples: Samples | None


@dataclass(frozen=True, slots=True)
class Owner:
    """A participant by the platform's own id and the name it shows."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TrackState:
    """A track that the page has now: whether its connection lives, whose it is (None: not known), and whether everybody
    is on it."""

    id: str
    live: bool
    owner: Owner | None
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Speaking:
    """Who speaks by the page's own signs, how late these are (None: as late as the platform's usually are), and whether
    they are the network's, which are sharper than what is drawn."""

    ids: frozenset[str]
    lag_ms: int | None = None
    network: bool = False


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A line of the chat, by an id that stays the same while the page shows it."""

    id: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message: from which document, its kind, and its content, not looked at yet."""

    document: str
    kind: str
    content: Any


def message_of(text: str) -> Message | None:
    """Read a message of the page."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        return None
    return Message(str(value.get("document")), value["kind"], value.get("content"))


def runs_of(content: Any) -> list[SampleRun]:
    """The runs of a `sound` message."""
    return [run for row in _rows(content) if (run := _run(row)) is not None]


def owners_of(content: Any) -> list[Owner] | None:
    """The content of a `roster` message; None: the page does not tell."""
    if content is None:
        return None
    return [owner for row in _rows(content) if (owner := _owner(row)) is not None]


def track_states_of(content: Any) -> list[TrackState]:
    """The content of a `tracks` message."""
    return [
        TrackState(row["id"], bool(row.get("live")), _owner(row.get("who")), bool(row.get("mixed")))
        for row in _rows(content)
        if isinstance(row.get("id"), str)
    ]


def speaking_of(content: Any) -> Speaking | None:
    """The content of a `speaking` message; None: the page does not tell."""
    if not isinstance(content, dict) or not isinstance(content.get("ids"), list):
        return None
    lag = content.get("lag")
    ids = frozenset(str(each) for each in content["ids"])
    if isinstance(lag, int | float) and math.isfinite(lag) and 0 <= lag <= LONGEST_LAG_MS:
        return Speaking(ids, int(lag), content.get("network") is True)
    return Speaking(ids, network=content.get("network") is True)


def arrived_of(content: Any, now_ms: int) -> Arrived | None:
    """The content of an `arrived` message."""
    counts = (
        [content.get(name) for name in ("packets", "samples", "madeUp", "energy")] if isinstance(content, dict) else []
    )
    known = [each for each in counts if isinstance(each, int | float) and math.isfinite(each)]
    return Arrived(now_ms, *known) if len(known) == 4 else None


def chat_of(content: Any) -> list[ChatLine]:
    """The lines of a `chat` message."""
    lines = []
    for row in _rows(content):
        identity, author, text = (row.get(name) for name in ("id", "author", "text"))
        if isinstance(identity, str) and isinstance(text, str) and text.strip():
            name = " ".join(author.split()) if isinstance(author, str) else ""
            lines.append(ChatLine(identity[:LONGEST_ID], name[:LONGEST_NAME], text.strip()[:LONGEST_TEXT]))
    return lines[-MOST_LINES:]


def flag_of(content: Any) -> bool | None:
    """The content of a `cut off` message; None: the page does not tell."""
    return content if isinstance(content, bool) else None


def _rows(content: Any) -> Iterable[dict[str, Any]]:
    return [row for row in content if isinstance(row, dict)] if isinstance(content, list) else []


def _owner(value: Any) -> Owner | None:
    if not isinstance(value, dict) or not value.get("id"):
        return None
    return Owner(str(value["id"]), " ".join(str(value.get("name") or "").split()))


def _run(row: dict[str, Any]) -> SampleRun | None:
    track, at, count, pcm = (row.get(name) for name in ("track", "at", "count", "pcm"))
    if not isinstance(track, str) or not isinstance(at, int | float) or not isinstance(count, int):
        return None
    if not isinstance(pcm, str) or not math.isfinite(at) or not 0 < count <= LONGEST_RUN:
        return None
    if not pcm:
        return SampleRun(track, at, count, None)
    try:
        data = base64.b64decode(pcm, validate=True)
    except binascii.Error:
        return None
    return SampleRun(track, at, count, np.frombuffer(data, "<i2")) if len(data) == 2 * count else None
