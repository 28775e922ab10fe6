"""`correct`: words of a transcript that were heard wrong, items of a note that are wrong."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer

from minutebook.cli.console import print_line, stdout
from minutebook.cli.remote.connection import (
    AsJson,
    DataDir,
    Local,
    MeetingName,
    Server,
    TokenFile,
    connect,
    files_follow,
    find_meeting,
    recording_of,
)
from minutebook.cli.remote.note_items import Item, correct_item, item_change, item_line, items_of
from minutebook.cli.remote.output import print_json
from minutebook.client import AnalysisType, Edit, Paxs
from minutebook.errors import Kind, MinutebookError, invalid

Place = Mapping[str, Any]
"""An edit as the API takes it: `start` and `end` of the words, and their `text`."""

_EDGES = re.compile(r"^\W+|\W+$")


def correct(
    meeting: MeetingName,
    wrong: str | None = typer.Argument(None, help="The words as they stand there.", show_default=False),
    right: str | None = typer.Argument(None, help="What was said; '' when nothing was.", show_default=False),
    at: str | None = typer.Option(None, "--at", help="Only where they are said at this time (m:ss or h:mm:ss)."),
    undo: str | None = typer.Option(None, "--undo", help="Take the correction of this id back."),
    note: bool = typer.Option(False, "--note", help="List the items of the note, with their numbers."),
    item: int | None = typer.Option(None, "--item", min=1, help="Correct the note's item of this number."),
    text: str | None = typer.Option(None, "--text", help="What the item is to say."),
    owner: str | None = typer.Option(None, "--owner", help="Who does it: a name; '' for nobody."),
    due: str | None = typer.Option(None, "--due", help="By when, in words or as a date; '' for none."),
    remove: bool = typer.Option(False, "--remove", help="Remove the item."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Correct words of a transcript wherever they stand, or items of the note; else list what was corrected."""
    values = {"text": text, "owner": owner, "due": due}
    _check(wrong, right, item, remove or any(value is not None for value in values.values()))
    with connect(server, tokens, local, data_dir) as paxs:
        recording_id = recording_of(found := find_meeting(paxs, meeting))
        if note:
            _list_items(items_of(paxs, recording_id, found.id), json)
            return
        made: Sequence[Edit]
        if item is not None:
            made = (correct_item(paxs, recording_id, item, values, remove),)
        elif undo is not None:
            made = (paxs.recordings.undo(recording_id, undo),)
        elif wrong is not None and right is not None:
            made = paxs.recordings.correct(recording_id, _places(paxs, recording_id, found.id, wrong, right, at))
        else:
            made = paxs.recordings.edits(recording_id)
        if any(asked is not None for asked in (undo, wrong, item)):
            files_follow(paxs, found.id)
    _print(made, json)


def _check(wrong: str | None, right: str | None, item: int | None, has_values: bool) -> None:
    if wrong is not None and right is None:
        raise invalid("right_required", "Say what was said instead: correct MEETING WRONG RIGHT.", "right")
    if item is None and has_values:
        raise invalid("item_required", "Say which item of the note: --item N; --note lists them.", "item")
    if item is not None and wrong is not None:
        raise invalid("correction_ambiguous", "Correct words, or an item with --text, --owner and --due.", "item")


def _print(made: Sequence[Edit], json: bool) -> None:
    if json:
        print_json(made)
        return
    for edit in made:
        print_line(edit.id, _told(edit))
    if not made:
        stdout.print("Nothing was corrected yet.")


def _list_items(items: Sequence[Item], json: bool) -> None:
    if json:
        print_json(items)
        return
    for each in items:
        print_line(*item_line(each))
    if not items:
        stdout.print("The note has no items.")


def _places(paxs: Paxs, recording_id: str, session_id: str, wrong: str, right: str, at: str | None) -> list[Place]:
    reports = paxs.analysis.reports(recording_id, session_id, AnalysisType.TRANSCRIPTION)
    inner: Any = next((each.content for each in reports if each.completed), {}).get("content") or {}
    moment = _seconds(at) if at is not None else None
    segments = [
        each
        for each in (inner.get("transcription") or {}).get("segments") or ()
        if moment is None or each["start"] <= moment < each["end"] + 1
    ]
    places = [place for segment in segments for place in _in_segment(segment, wrong, right)]
    if not places:
        raise MinutebookError(Kind.NOT_FOUND, "words_not_found", f"“{wrong}” stands nowhere there.", field="wrong")
    return places


def _in_segment(segment: Mapping[str, Any], wrong: str, right: str) -> Iterator[Place]:
    words = segment["words"]
    wanted = [_bare(word) for word in wrong.split()]
    place = 0
    while wanted and place + len(wanted) <= len(words):
        run = words[place : place + len(wanted)]
        if [_bare(each["word"]) for each in run] != wanted:
            place += 1
            continue
        head, tail = _edges(str(run[0]["word"]).strip())[0], _edges(str(run[-1]["word"]).strip())[1]
        text = f"{head}{right}{tail}" if right else ""
        yield {"start": run[0]["start"], "end": run[-1]["end"], "text": text}
        place += len(wanted)


def _bare(word: str) -> str:
    return _EDGES.sub("", word.strip()).casefold()


def _edges(word: str) -> tuple[str, str]:
    """Punctuation before and behind a word, which stays where the word is corrected."""
    head = re.match(r"\W*", word)
    tail = re.search(r"\W*$", word)
    return (head.group() if head else ""), (tail.group() if tail else "")


def _seconds(text: str) -> float:
    parts = text.split(":")
    if not 1 <= len(parts) <= 3 or not all(part.isdecimal() for part in parts):
        raise invalid("time_invalid", f"“{text}” is no time of the recording; write 12:31 or 1:02:31.", "at")
    return float(sum(int(part) * 60**power for power, part in enumerate(reversed(parts))))


def _told(edit: Edit) -> str:
    change, undone = edit.change, "  (undone)" if edit.undone_at else ""
    if edit.kind == "item":
        return f"{item_change(change)}{undone}"
    before, after = change.get("before"), change.get("text", change.get("speaker"))
    told = f"“{before}” → “{after}”" if isinstance(before, str) else ", ".join(f"{k} {v}" for k, v in change.items())
    return f"{edit.kind}  {told}{undone}"
