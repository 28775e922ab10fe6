"""Items of a note on the command line: their list, and corrections of one. Items are counted from 1, as the machine
wrote them: a number stays when another item is removed."""

from collections.abc import Mapping, Sequence
from typing import Any

from minutebook.client import AnalysisType, Edit, Paxs
from minutebook.errors import Kind, MinutebookError, invalid

Item = Mapping[str, Any]


def items_of(paxs: Paxs, recording_id: str, session_id: str) -> Sequence[Item]:
    """The items of the newest note; an error when there is none."""
    for report in paxs.analysis.reports(recording_id, session_id, AnalysisType.MEETING_NOTE):
        if report.completed:
            return list(report.content.get("items") or ())
    raise MinutebookError(Kind.NOT_FOUND, "note_not_found", "This meeting has no note yet.")


def item_line(item: Item) -> tuple[str, str]:
    """An item's number, and what it says with what is known of who does it by when."""
    known = ", ".join(str(item[name]) for name in ("owner", "due") if item.get(name))
    return f"{item['index'] + 1:>3}", f"{item['kind']}  {item['text']}{f'  ({known})' if known else ''}"


def correct_item(paxs: Paxs, recording_id: str, number: int, values: Mapping[str, str | None], remove: bool) -> Edit:
    """Give an item other values (None for those that are not to change, empty for none), or remove it."""
    changes: dict[str, object] = {
        name: value or (None if name != "text" else "") for name, value in values.items() if value is not None
    }
    if remove is bool(changes):
        raise invalid("item_change", "Say what becomes of the item: --text, --owner, --due; or --remove.", "item")
    edit = {"item": number - 1, **({"delete": True} if remove else changes)}
    try:
        return paxs.recordings.correct_note(recording_id, [edit])[0]
    except MinutebookError as error:
        if error.code == "item_unknown":
            said = f"The note has no item {number}; `minutebook correct MEETING --note` lists them."
            raise invalid("item_unknown", said, "item") from None
        raise


def item_change(change: Mapping[str, Any]) -> str:
    """A correction of an item in words."""
    number, before = change["item"] + 1, change.get("before") or {}
    if change.get("removed"):
        return f"item {number} removed: “{before.get('text', '')}”" if before.get("text") else f"item {number} removed"
    told = (f"{name} “{before.get(name) or ''}” → “{now or ''}”" for name, now in (change.get("values") or {}).items())
    return f"item {number}: {', '.join(told)}"
