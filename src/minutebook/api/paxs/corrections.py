"""`/api/recordings/{id}/transcript`, `…/note` and `…/edits`: what people correct."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from minutebook.analysis.edits.model import Edit, change_to_json
from minutebook.analysis.edits.requests import ItemRequest, SegmentRequest
from minutebook.api.bodies import Body
from minutebook.api.deps import AnalysisCaller, Read, RecordsOf, Tx
from minutebook.api.paxs.schemas import errors

router = APIRouter(prefix="/api/recordings", tags=["corrections"])

Seconds = Annotated[float | None, Field(None, allow_inf_nan=False)]
ReportId = Annotated[
    str | None, Field(None, description="The report that was read: refused when there is a newer one.")
]


class SegmentEditIn(Body):
    """A correction of a transcript: new `text` for words, or another `speaker` for a segment. Segments and words are
    counted from 0 in the transcript as the machine made it; `last_word` is inclusive. Words can be addressed by time
    instead: those whose middle is between `start` and `end`."""

    segment: int | None = None
    word: int | None = None
    last_word: int | None = None
    start: Seconds
    end: Seconds
    text: str | None = Field(None, description="What was said there; empty when nothing was.")
    speaker: str | None = Field(None, description="The id of the voice that said the segment; `new` makes one.")


class TranscriptEditsIn(Body):
    """Corrections of the newest transcript."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"edits": [{"segment": 0, "word": 3, "text": "Lovelace"}, {"segment": 2, "speaker": "speaker_1"}]}
            ]
        }
    )

    report_id: ReportId
    remember: bool = Field(True, description="Whether the new words help to recognise the next recordings.")
    edits: list[SegmentEditIn] = Field(max_length=1000)


class ItemEditIn(Body):
    """A correction of a note's item, by its `index`: new values for `text`, `owner` (a name or a speaker's id; null for
    nobody), `due` and `due_date` (null for none), or `delete`. What is not sent stays."""

    item: int
    text: str | None = None
    owner: str | None = None
    due: str | None = None
    due_date: str | None = None
    delete: bool = False

    def request(self) -> ItemRequest:
        """As the capability takes it: only what was sent."""
        sent = self.model_fields_set & {"text", "owner", "due", "due_date"}
        return ItemRequest(self.item, {name: getattr(self, name) for name in sorted(sent)}, self.delete)


class NoteEditsIn(Body):
    """Corrections of the newest note."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"edits": [{"item": 0, "owner": "Ada"}, {"item": 1, "delete": True}]}]}
    )

    report_id: ReportId
    edits: list[ItemEditIn] = Field(max_length=1000)


class EditOut(BaseModel):
    """An entry of the journal. `kind` is `words`, `speaker` or `item`; `change` says what is changed, from which value
    of the machine's (`before`). It is in force until `undone_at`."""

    id: str
    report_id: str
    kind: str
    change: dict[str, Any]
    created_at: datetime
    undone_at: datetime | None


class EditsOut(BaseModel):
    """Entries of the journal, for each report in their order."""

    edits: list[EditOut]


@router.patch("/{recording_id}/transcript", summary="Correct the transcript", responses=errors(400, 404, 409))
async def correct_transcript(
    caller: AnalysisCaller, records: RecordsOf, recording_id: str, body: TranscriptEditsIn, tx: Tx
) -> EditsOut:
    """Correct words, or who said a segment. The transcript and its exports follow at once; what was made from it
    becomes stale. All corrections are made, or none."""
    requests = [SegmentRequest(**each.model_dump()) for each in body.edits]
    made = await records.corrections.correct_transcript(
        tx, caller.user_id, recording_id, requests, report_id=body.report_id, remember=body.remember
    )
    return _rendered(made)


@router.patch("/{recording_id}/note", summary="Correct the note", responses=errors(400, 404, 409))
async def correct_note(
    caller: AnalysisCaller, records: RecordsOf, recording_id: str, body: NoteEditsIn, tx: Tx
) -> EditsOut:
    """Correct or remove items of the note. All corrections are made, or none."""
    requests = [each.request() for each in body.edits]
    made = await records.corrections.correct_note(tx, caller.user_id, recording_id, requests, report_id=body.report_id)
    return _rendered(made)


@router.get("/{recording_id}/edits", summary="What was corrected", responses=errors(404))
async def edits(caller: AnalysisCaller, records: RecordsOf, recording_id: str, read: Read) -> EditsOut:
    """The journal of corrections, with those that were undone."""
    return _rendered(await records.corrections.edits(read, caller.user_id, recording_id))


@router.post("/{recording_id}/edits/{edit_id}/undo", summary="Undo a correction", responses=errors(404))
async def undo(caller: AnalysisCaller, records: RecordsOf, recording_id: str, edit_id: str, tx: Tx) -> EditOut:
    """Take a correction back; what it had covered is shown again. Undoing it once more changes nothing."""
    return _edit(await records.corrections.undo(tx, caller.user_id, recording_id, edit_id))


def _rendered(edits: Sequence[Edit]) -> EditsOut:
    return EditsOut(edits=[_edit(edit) for edit in edits])


def _edit(edit: Edit) -> EditOut:
    return EditOut(
        id=edit.id,
        report_id=edit.report_id,
        kind=edit.kind,
        change=change_to_json(edit.change),
        created_at=edit.created_at,
        undone_at=edit.undone_at,
    )
