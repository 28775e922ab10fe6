"""The names of voices as people give them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis import events as report_events
from minutebook.analysis.results import Results
from minutebook.analysis.voices import repository as names_repository
from minutebook.analysis.voices.model import NamedSpeaker, Naming, check_distinct, checked_naming
from minutebook.db.events import Events
from minutebook.errors import invalid
from minutebook.recordings.service import Recordings


class SpeakerNaming:
    """Names for the voices of their owners' transcripts: nobody else's are ever found."""

    def __init__(self, events: Events, recordings: Recordings, results: Results) -> None:
        self._events = events
        self._recordings = recordings
        self._results = results

    async def name_speakers(
        self, tx: AsyncConnection, owner_id: str, recording_id: str, namings: Sequence[Naming]
    ) -> Sequence[NamedSpeaker]:
        """Give voices names, or take them away; everything shown of the transcript follows at once, and nothing that
        the talk proposes overrules it. Raises `not_ready`, `speakers_required` and the codes of
        `voices.model.checked_naming` and `voices.model.check_distinct`."""
        recording = await self._recordings.get(tx, owner_id, recording_id, lock=True)
        report = await self._results.transcription(tx, recording)
        meeting = await self._results.meeting(tx, recording)
        if not namings:
            raise invalid("speakers_required", "Send at least one entry in `speakers`.", "speakers")
        known = [voice.id for voice in await self._results.voices(tx, recording, report)]
        given = dict(await names_repository.given_to(tx, report.id))
        for position, naming in enumerate(namings):
            checked = checked_naming(naming, position, known, meeting)
            await names_repository.give(tx, report.id, checked.speaker_id, checked.name, checked.attendee)
            given[checked.speaker_id] = (checked.name, checked.attendee)
        check_distinct(given)
        await self._events.publish(tx, report_events.report_event(report_events.SPEAKERS_NAMED, report))
        return await self._results.voices(tx, recording, report)
