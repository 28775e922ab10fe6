"""Durable work of analyses, by registered name."""

from collections.abc import Mapping
from pathlib import Path

from minutebook.analysis.kinds import DERIVE_TASK, ENROL_TASK, NAMES_TASK, TRANSCRIBE_TASK
from minutebook.analysis.making.attempt import report_task
from minutebook.analysis.making.derivation import Derivation
from minutebook.analysis.making.enrolment import Enrolling
from minutebook.analysis.making.provided import Providers
from minutebook.analysis.making.talk_names import names_task
from minutebook.analysis.making.tools import Tools
from minutebook.analysis.making.transcription import Transcription
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import Results
from minutebook.config import SpeechSettings
from minutebook.db.database import Database
from minutebook.jobs.ports import Task
from minutebook.kit.clock import Clock
from minutebook.language.producers.ports import Producer
from minutebook.recordings.service import Recordings
from minutebook.sealing import Sealing
from minutebook.speech.pipeline import SpeechPipeline
from minutebook.storage.ports import Storage


def analysis_tasks(
    db: Database,
    storage: Storage,
    recordings: Recordings,
    scheduler: Scheduler,
    results: Results,
    pipeline: SpeechPipeline,
    producer: Producer,
    speech: SpeechSettings,
    scratch: Path,
    providers: Providers | None = None,
    *,
    sealing: Sealing,
    clock: Clock,
) -> Mapping[str, Task]:
    """The tasks. `pipeline` and `producer` are made once per process and shared; `scratch` is a local folder for
    copies of recordings that are being worked on; without `providers` everything is transcribed here. `sealing` opens
    and seals remembered voices."""
    tools = Tools(db, storage, recordings, scheduler, results, pipeline, producer, speech, scratch, sealing, providers)
    transcription = Transcription(tools)
    derivation = Derivation(db, scheduler, results, producer)
    return {
        TRANSCRIBE_TASK: report_task(db, scheduler, transcription.make, transcription.clean_up),
        DERIVE_TASK: report_task(db, scheduler, derivation.make, derivation.clean_up),
        NAMES_TASK: names_task(db, results, recordings, scheduler),
        ENROL_TASK: Enrolling(tools, sealing, clock).task(),
    }
