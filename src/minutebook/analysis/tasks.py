"""Durable work of analyses, by registered name."""

from collections.abc import Mapping
from pathlib import Path

from minutebook.analysis.derivation import Derivation
from minutebook.analysis.kinds import DERIVE_TASK, NAMES_TASK, TRANSCRIBE_TASK
from minutebook.analysis.provided import Providers
from minutebook.analysis.run import Tools
from minutebook.analysis.service import Analysis
from minutebook.analysis.talk_names import names_task
from minutebook.analysis.transcription import Transcription
from minutebook.analysis.work import report_task
from minutebook.config import SpeechSettings
from minutebook.db.database import Database
from minutebook.jobs.ports import Task
from minutebook.language.ports import Producer
from minutebook.recordings.service import Recordings
from minutebook.speech.pipeline import SpeechPipeline
from minutebook.storage.ports import Storage


def analysis_tasks(
    db: Database,
    storage: Storage,
    recordings: Recordings,
    analysis: Analysis,
    pipeline: SpeechPipeline,
    producer: Producer,
    speech: SpeechSettings,
    scratch: Path,
    providers: Providers | None = None,
) -> Mapping[str, Task]:
    """The tasks. `pipeline` and `producer` are made once per process and shared; `scratch` is a local folder for
    copies of recordings that are being worked on; without `providers` everything is transcribed here."""
    tools = Tools(db, storage, recordings, analysis, pipeline, producer, speech, scratch, providers)
    transcription = Transcription(tools)
    derivation = Derivation(db, analysis, producer)
    return {
        TRANSCRIBE_TASK: report_task(db, analysis.scheduler, transcription.make, transcription.clean_up),
        DERIVE_TASK: report_task(db, analysis.scheduler, derivation.make, derivation.clean_up),
        NAMES_TASK: names_task(db, analysis),
    }
