"""Listens to a voice of a recording that is to be remembered, and seals what it sounds like."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from minutebook.analysis.making.recognition import turns_of
from minutebook.analysis.making.scratch import Scratch, clear, left_behind
from minutebook.analysis.making.tools import Tools
from minutebook.errors import Kind, MinutebookError, not_found
from minutebook.jobs.outages import outage_of
from minutebook.jobs.ports import Json, PutOffError, Steps, Task
from minutebook.kit.clock import Clock
from minutebook.sealing import Sealing
from minutebook.speech.media import DecodeLimits
from minutebook.speech.voiceprints import Vector, Voiceprint
from minutebook.voices import repository
from minutebook.voices.model import LEAST_S, Known
from minutebook.voices.repository import Enrolment


@dataclass(frozen=True, slots=True)
class Enrolling:
    """One worker's way of listening to voices that are to be remembered."""

    tools: Tools
    sealing: Sealing
    clock: Clock

    def task(self) -> Task:
        """The durable task. Its one step tells only whether it was done: a vector is no step's result."""

        async def task(steps: Steps, args: Mapping[str, Json]) -> None:
            enrolment_id = str(args["enrolment_id"])
            try:
                await steps.run("listen", lambda: self._listen(enrolment_id), attempts=3)
            except MinutebookError as error:
                outage = outage_of(error) if steps.patient else None
                if outage is not None:
                    raise PutOffError(outage) from error
                await self._give_up(enrolment_id, error.code)

        return task

    async def _listen(self, enrolment_id: str) -> Json:
        async with self.tools.db.reading() as tx:
            wanted = await repository.enrolment(tx, enrolment_id)
        if wanted is None or wanted.learnt_at is not None:
            return False
        root = self.tools.scratch.with_name("voices")
        await self._clear_left_behind(root)
        try:
            heard = await self._heard(wanted, root / wanted.id)
        finally:
            await clear(root / wanted.id)
        return await self._learn(wanted, heard)

    async def _heard(self, wanted: Enrolment, folder: Path) -> Voiceprint:
        tools = self.tools
        async with tools.db.reading() as tx:
            recording = await tools.recordings.load(tx, wanted.recording_id)
            source = await tools.results.source(tx, wanted.recording_id)
        if recording is None or source is None:
            raise not_found("recording")
        recording.check_sound(Kind.CONFLICT)
        pcm = await Scratch(folder, tools.storage, recording, DecodeLimits(tools.speech.max_duration_s)).pcm()
        turns, only = turns_of(source.transcript), [wanted.speaker_id]
        prints = await asyncio.to_thread(tools.pipeline.voiceprints, pcm, turns, only)
        heard = prints.get(wanted.speaker_id)
        if heard is None or heard.seconds < LEAST_S:
            message = f"This voice is heard alone for less than {LEAST_S:g} seconds: too short to remember it by."
            raise MinutebookError(Kind.CONFLICT, "voice_too_short", message)
        return heard

    async def _learn(self, wanted: Enrolment, heard: Voiceprint) -> bool:
        """Add to the person's vector, once whatever happens; not when they were forgotten meanwhile."""
        async with self.tools.db.transaction() as tx:
            person = await repository.load(tx, wanted.person_id, lock=True)
            current = await repository.enrolment(tx, wanted.id)
            if person is None or current is None or current.learnt_at is not None:
                return False
            sealed = (await repository.sealed_vectors(tx, person.owner_id)).get(person.id)
            await repository.seal(tx, person.id, self._sealed(sealed, heard.vector))
            await repository.learnt(tx, wanted.id, self.clock.now())
            await repository.save(
                tx,
                replace(
                    person,
                    enrolments=person.enrolments + 1,
                    seconds=round(person.seconds + heard.seconds, 1),
                    problem=None,
                    updated_at=self.clock.now(),
                ),
            )
        return True

    def _sealed(self, sealed: str | None, vector: Vector) -> str:
        if sealed is None:
            return self.sealing.seal(Known(vector.astype("float64"), 1).to_text())
        return self.sealing.seal(Known.from_text(self.sealing.open(sealed)).with_another(vector).to_text())

    async def _give_up(self, enrolment_id: str, code: str) -> None:
        async with self.tools.db.transaction() as tx:
            wanted = await repository.enrolment(tx, enrolment_id)
            person = await repository.load(tx, wanted.person_id, lock=True) if wanted else None
            if person is not None:
                await repository.drop(tx, enrolment_id)
                await repository.save(tx, replace(person, problem=code, updated_at=self.clock.now()))

    async def _clear_left_behind(self, root: Path) -> None:
        """Copies that a worker left which was stopped for good."""
        folders = left_behind(root, ())
        async with self.tools.db.reading() as tx:
            awaited = await repository.awaited(tx, [folder.name for folder in folders])
        await clear(*left_behind(root, awaited))
