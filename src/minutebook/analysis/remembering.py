"""People whose voices are remembered across meetings, because they agreed. Every method acts for an owner: what one
account remembers is told to no other, whoever a meeting is shared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import User
from minutebook.analysis import events as report_events
from minutebook.analysis.kinds import ENROL_TASK
from minutebook.analysis.model import Report
from minutebook.analysis.reports import repository as reports_repository
from minutebook.analysis.results import Results
from minutebook.analysis.voices import repository as names_repository
from minutebook.analysis.voices.model import NamedSpeaker, NameSource
from minutebook.db.events import Events
from minutebook.errors import Kind, MinutebookError, not_found
from minutebook.jobs.ports import Job, Jobs, QueueName
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.preferences import repository as preferences_repository
from minutebook.recordings.service import Recordings
from minutebook.sealing import Sealing
from minutebook.voices import repository
from minutebook.voices.model import (
    LEAST_S,
    PEOPLE_MAX,
    Consent,
    Known,
    Remembered,
    alike,
    checked_statement,
    receipt,
)
from minutebook.voices.repository import Enrolment

RECEIPTS_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class ShownVoice:
    """A remembered person as the owner sees them: the meetings in which they were heard (`learnt`) or recognised, by
    id; the names of those who sound too much like them; whether a recording is still to be listened to."""

    person: Remembered
    learnt: Sequence[str]
    meetings: Sequence[str]
    alike: Sequence[str]
    is_learning: bool


class Remembering:
    """Remembers voices, and forgets them with everything that was guessed by them."""

    def __init__(
        self, jobs: Jobs, events: Events, clock: Clock, sealing: Sealing, recordings: Recordings, results: Results
    ) -> None:
        self._jobs = jobs
        self._events = events
        self._clock = clock
        self._sealing = sealing
        self._recordings = recordings
        self._results = results

    async def is_on(self, tx: AsyncConnection, owner_id: str) -> bool:
        """Whether this account remembers voices."""
        return (await preferences_repository.load(tx, owner_id)).remember_voices

    async def switch(self, tx: AsyncConnection, owner_id: str, *, on: bool) -> Sequence[Mapping[str, Any]]:
        """Remember voices from now on, or forget all of them and remember none; returns the receipts."""
        wished = await preferences_repository.load(tx, owner_id)
        await preferences_repository.save(tx, owner_id, replace(wished, remember_voices=on))
        people = [] if on else await repository.of_owner(tx, owner_id)
        return [await self.forget(tx, owner_id, person.id) for person in people]

    async def list(self, tx: AsyncConnection, owner_id: str) -> Sequence[ShownVoice]:
        """Everybody who is remembered, the first one first."""
        people = await repository.of_owner(tx, owner_id)
        ids = [person.id for person in people]
        names = {person.id: person.name for person in people}
        sealed = await repository.sealed_vectors(tx, owner_id)
        lookalikes = alike({each: Known.from_text(self._sealing.open(text)).vector for each, text in sealed.items()})
        enrolments = await repository.enrolments_of(tx, ids)
        guesses = await names_repository.guessed_in(tx, ids)
        learnt = [(each.person_id, each.recording_id) for each in enrolments if each.learnt_at is not None]
        guessed = [(person, report.recording_id) for person, report in await self._reports(tx, guesses)]
        meeting_of = await self._meetings(tx, [recording for _, recording in (*learnt, *guessed)])
        awaited = {each.person_id for each in enrolments if each.learnt_at is None}
        return [
            ShownVoice(
                person,
                _distinct(meeting_of, learnt, person.id),
                _distinct(meeting_of, guessed, person.id),
                [names[other] for other in lookalikes.get(person.id, ())],
                person.id in awaited,
            )
            for person in people
        ]

    async def remember(
        self, tx: AsyncConnection, user: User, recording_id: str, speaker_id: str, statement: str
    ) -> Remembered:
        """Have a voice of this user's own recording remembered under its name, with the statement of how the person
        agreed; somebody who is remembered already is known better afterwards. The voice is listened to by a worker.

        Raises `recording_not_found`, `voices_off`, `not_ready`, `sound_removed`, `speaker_not_found`, `voice_unnamed`,
        `voice_too_short`, `consent_required`, `voices_too_many` and the codes of text.
        """
        recording = await self._recordings.get(tx, user.id, recording_id, lock=True)
        if not await self.is_on(tx, user.id):
            message = "This account remembers no voices. Switch it on in the settings first."
            raise MinutebookError(Kind.CONFLICT, "voices_off", message)
        recording.check_sound(Kind.CONFLICT)
        speakers = await self._results.speakers(tx, user.id, recording.id)
        speaker = next((each for each in speakers if each.id == speaker_id), None)
        if speaker is None:
            raise not_found("speaker")
        _check_rememberable(speaker)
        consent = Consent(user.email, checked_statement(statement), self._clock.now())
        person = await self._person(tx, user.id, speaker, consent)
        await repository.save(tx, person)
        await self._ask(tx, person, recording.id, speaker.id)
        return person

    async def forget(self, tx: AsyncConnection, owner_id: str, person_id: str) -> Mapping[str, Any]:
        """Forget a person: their vector is gone, and so is every name that was guessed by it. Returns the receipt,
        which is kept; `voice_not_found`."""
        person = await repository.load(tx, person_id, lock=True)
        if person is None or person.owner_id != owner_id:
            raise not_found("voice", person_id)
        guessed = [(person_id, report_id) for report_id in await names_repository.withdraw(tx, person_id)]
        reports = [report for _, report in await self._reports(tx, guessed)]
        await repository.forget(tx, person_id)
        for report in reports:
            await self._events.publish(tx, report_events.proposed_event(report.id, report.recording_id, owner_id))
        now = self._clock.now()
        document = receipt(person, sorted({report.recording_id for report in reports}), now)
        await repository.keep_receipt(tx, new_id(), owner_id, now, document)
        return document

    async def receipts(self, tx: AsyncConnection, owner_id: str) -> Sequence[Mapping[str, Any]]:
        """Of those who were forgotten, the newest first."""
        return await repository.receipts_of(tx, owner_id, RECEIPTS_SHOWN)

    async def _person(self, tx: AsyncConnection, owner_id: str, speaker: NamedSpeaker, consent: Consent) -> Remembered:
        people = await repository.of_owner(tx, owner_id)
        found = next((each for each in people if each.is_called(speaker.name, speaker.attendee)), None)
        if found is not None:
            email = speaker.attendee or found.email
            return replace(found, name=speaker.name, email=email, consent=consent, updated_at=consent.at, problem=None)
        if len(people) >= PEOPLE_MAX:
            message = f"At most {PEOPLE_MAX} voices are remembered. Forget some first."
            raise MinutebookError(Kind.CONFLICT, "voices_too_many", message)
        return Remembered(new_id(), owner_id, speaker.name, speaker.attendee, consent, 0, 0.0, consent.at, consent.at)

    async def _ask(self, tx: AsyncConnection, person: Remembered, recording_id: str, speaker_id: str) -> None:
        """Have the voice listened to, unless it was in this recording or is about to be."""
        known = await repository.enrolments_of(tx, [person.id])
        if any(each.recording_id == recording_id for each in known):
            return
        enrolment = Enrolment(new_id(), person.id, recording_id, speaker_id, None)
        await repository.ask_for(tx, enrolment)
        args = {"enrolment_id": enrolment.id}
        job = Job(ENROL_TASK, f"enrol:{enrolment.id}", args, QueueName.SPEECH, owner_id=person.owner_id)
        await self._jobs.enqueue(tx, job)

    async def _reports(self, tx: AsyncConnection, guessed: Sequence[tuple[str, str]]) -> Sequence[tuple[str, Report]]:
        found = await reports_repository.of_ids(tx, [report_id for _, report_id in guessed])
        return [(person, found[report_id]) for person, report_id in guessed if report_id in found]

    async def _meetings(self, tx: AsyncConnection, recording_ids: Sequence[str]) -> Mapping[str, str]:
        loaded = [await self._recordings.load(tx, each) for each in dict.fromkeys(recording_ids)]
        return {recording.id: recording.meeting_id for recording in loaded if recording is not None}


def _check_rememberable(speaker: NamedSpeaker) -> None:
    if speaker.source in {NameSource.NONE, NameSource.VOICE}:
        message = "Give this voice its name first: only a name that somebody gave can be remembered."
        raise MinutebookError(Kind.CONFLICT, "voice_unnamed", message)
    if speaker.talk_time_s < LEAST_S:
        message = f"This voice speaks for less than {LEAST_S:g} seconds: too short to remember it by."
        raise MinutebookError(Kind.CONFLICT, "voice_too_short", message)


def _distinct(meeting_of: Mapping[str, str], pairs: Sequence[tuple[str, str]], person_id: str) -> Sequence[str]:
    own = (meeting_of[recording] for person, recording in pairs if person == person_id and recording in meeting_of)
    return list(dict.fromkeys(own))
