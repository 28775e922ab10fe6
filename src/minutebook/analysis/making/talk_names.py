"""Looks in a finished transcript again for who the voices are: attendees may be listed after the recording was made."""

import asyncio
from collections.abc import Mapping

from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import Results
from minutebook.analysis.voices import repository as names_repository
from minutebook.analysis.voices.model import proposed
from minutebook.db.database import Database
from minutebook.jobs.ports import Json, Steps, Task
from minutebook.recordings.service import Recordings


def names_task(db: Database, results: Results, recordings: Recordings, scheduler: Scheduler) -> Task:
    """The durable task that proposes names anew for the newest transcript of a recording, if it is still there."""

    async def look_again(recording_id: str) -> Json:
        async with db.reading() as tx:
            source = await results.source(tx, recording_id)
        if source is None:
            return False
        proposals = await asyncio.to_thread(proposed, source.unnamed, source.meeting)
        async with db.transaction() as tx:
            recording = await recordings.load(tx, recording_id)
            if recording is not None and await results.is_there(tx, recording_id, source.report_id):
                await names_repository.propose(tx, source.report_id, proposals)
                await scheduler.tell_proposed(tx, recording, source.report_id)
        return True

    async def task(steps: Steps, args: Mapping[str, Json]) -> None:
        await steps.run("propose", lambda: look_again(str(args["recording_id"])), attempts=3)

    return task
