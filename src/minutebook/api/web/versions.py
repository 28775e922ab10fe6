"""`/meetings/{id}/versions`: the versions of a note, and what one says that another does not."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby, zip_longest
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from minutebook.analysis.model import DEFAULT_INSTRUCTION, AnalysisType
from minutebook.api.deps import ServicesOf
from minutebook.api.web.frame import SignedIn, shown
from minutebook.api.web.media import recording_of
from minutebook.errors import not_found
from minutebook.transcript.joining import is_unspaced, joined

router = APIRouter(prefix="/meetings/{meeting_id}/versions", include_in_schema=False)


class Change(StrEnum):
    """What has become of words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a line, and what has become of them."""

    change: Change
    text: str


@router.get("")
async def versions(
    request: Request,
    user: SignedIn,
    services: ServicesOf,
    meeting_id: str,
    before: Annotated[int | None, Query()] = None,
    after: Annotated[int | None, Query()] = None,
) -> Response:
    """The two newest ones compared, or those that the address names."""
    async with services.db.reading() as read:
        meeting = await services.sharing.meeting(read, user.id, meeting_id)
        recording = await recording_of(services, read, user, meeting_id)
        kept = await services.results.kept_versions(read, meeting.owner_id, recording.id, AnalysisType.MEETING_NOTE)
    if not kept:
        raise not_found("note")
    notes = {each.report.version: each for each in await services.results.shown(kept)}
    numbers = sorted(notes)
    chosen_after = after if after in notes else numbers[-1]
    chosen_before = before if before in notes else numbers[max(0, numbers.index(chosen_after) - 1)]
    texts = [lines_of(json.loads(notes[number].content or "{}")) for number in (chosen_before, chosen_after)]
    lines = list(compared(*texts))
    context: Mapping[str, Any] = {
        "meeting": meeting,
        "how_much": how_much(lines),
        "reports": [notes[number].report for number in numbers],
        "before": chosen_before,
        "after": chosen_after,
        "usual": DEFAULT_INSTRUCTION,
        "lines": lines,
    }
    return shown(request, user, "versions.html", context)


def lines_of(note: Mapping[str, Any]) -> list[str]:
    """What a note says, an item a line; who and until when belong to it."""
    lines = []
    for item in note.get("items", ()):
        more = [item.get("owner"), item.get("due")]
        lines.append(" · ".join([item["text"], *(part for part in more if part)]))
    return lines


def compared(before: Sequence[str], after: Sequence[str]) -> Iterator[list[Piece]]:
    """The lines of both, in pieces: lines that stand in each other's place are compared word by word."""
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ([Piece(Change.SAME, line)] for line in before[a:b])
        else:
            for old, new in zip_longest(before[a:b], after[c:d], fillvalue=""):
                yield _words_compared(old, new)


def how_much(lines: Sequence[Sequence[Piece]]) -> Mapping[str, int]:
    """How many lines are `same`, `added`, `removed` and `changed`; a line without words is none."""
    counts = {"same": 0, "added": 0, "removed": 0, "changed": 0}
    for pieces in lines:
        kinds = {piece.change for piece in pieces}
        if kinds:
            counts[kinds.pop().value if len(kinds) == 1 else "changed"] += 1
    return counts


def _words_compared(old: str, new: str) -> list[Piece]:
    ours, theirs = _words(old), _words(new)
    pieces = []
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece(Change.SAME, joined(ours[a:b])))
            continue
        pieces += [Piece(Change.REMOVED, joined(ours[a:b]))] if b > a else []
        pieces += [Piece(Change.ADDED, joined(theirs[c:d]))] if d > c else []
    return pieces


def _words(text: str) -> list[str]:
    """Words as they are compared; of a script without blanks, every character."""
    words: list[str] = []
    for word in text.split():
        for unspaced, run in groupby(word, is_unspaced):
            characters = list(run)
            words += characters if unspaced else ["".join(characters)]
    return words
