"""`/api/recordings/{id}/speakers`: who the voices are."""

from fastapi import APIRouter

from minutebook.analysis.voices.model import Naming
from minutebook.api.deps import AnalysisCaller, Read, RecordsOf, Tx
from minutebook.api.paxs.render import rendered_speakers
from minutebook.api.paxs.schemas import SpeakersIn, SpeakersOut, errors

router = APIRouter(prefix="/api/recordings", tags=["analysis"])


@router.get("/{recording_id}/speakers", summary="The voices of a recording", responses=errors(404, 409))
async def speakers(caller: AnalysisCaller, records: RecordsOf, recording_id: str, read: Read) -> SpeakersOut:
    """The voices of the newest transcript, under their names."""
    return rendered_speakers(await records.results.speakers(read, caller.user_id, recording_id))


@router.patch("/{recording_id}/speakers", summary="Say who the voices are", responses=errors(400, 404, 409))
async def name_speakers(
    caller: AnalysisCaller, records: RecordsOf, recording_id: str, body: SpeakersIn, tx: Tx
) -> SpeakersOut:
    """Give voices names or attendees. Transcript, note and exports follow at once, without a new transcription."""
    namings = [Naming(each.id, each.name, each.attendee) for each in body.speakers]
    return rendered_speakers(await records.naming.name_speakers(tx, caller.user_id, recording_id, namings))
