"""Listening for remembered voices in a recording, and to a voice that is to be remembered."""

import logging
from collections.abc import Sequence

from minutebook.analysis.making.workspace import Workspace
from minutebook.preferences import repository as preferences_repository
from minutebook.sealing import Sealing
from minutebook.transcript.model import Transcript, Turn
from minutebook.voices import repository as voices_repository
from minutebook.voices.model import LEAST_HEARD_S, Known, Match, recognised

log = logging.getLogger("minutebook.analysis")


def turns_of(transcript: Transcript) -> list[Turn]:
    """When each speaker speaks by the words of a transcript."""
    return [Turn(each.speaker, each.start, each.end) for each in transcript.segments]


async def matches_of(work: Workspace, transcript: Transcript, sealing: Sealing) -> Sequence[Match]:
    """Whose remembered voices are heard, of people that the recording's owner remembers. Costs nothing where nobody is,
    and what goes wrong costs no transcript. Vectors of voices exist in memory alone, and only as long as this takes."""
    tools, owner_id = work.tools, work.recording.owner_id
    async with tools.db.reading() as tx:
        wished = await preferences_repository.load(tx, owner_id)
        sealed = await voices_repository.sealed_vectors(tx, owner_id) if wished.remember_voices else {}
    nameless = [speaker.id for speaker in transcript.speakers if not speaker.participant]
    if not sealed or not nameless:
        return ()
    pcm = await work.scratch.pcm()

    def compute(_: object) -> Sequence[Match]:
        prints = tools.pipeline.voiceprints(pcm, turns_of(transcript), nameless)
        heard = {speaker: each.vector for speaker, each in prints.items() if each.seconds >= LEAST_HEARD_S}
        known = {person: Known.from_text(sealing.open(each)).vector for person, each in sealed.items()}
        return recognised(heard, known)

    try:
        return await work.attempt.computed(compute)
    except Exception:
        log.exception("report %s has no remembered voices", work.attempt.report.id)
        return ()
