"""What transcribing needs, made once per process."""

from dataclasses import dataclass
from pathlib import Path

from minutebook.analysis.making.provided import Providers
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import Results
from minutebook.config import SpeechSettings
from minutebook.db.database import Database
from minutebook.language.producers.ports import Producer
from minutebook.recordings.service import Recordings
from minutebook.sealing import Sealing
from minutebook.speech.pipeline import SpeechPipeline
from minutebook.storage.ports import Storage


@dataclass(frozen=True, slots=True)
class Tools:
    """What transcribing needs; `scratch` is a local folder, `pipeline` is shared by all work in this process."""

    db: Database
    storage: Storage
    recordings: Recordings
    scheduler: Scheduler
    results: Results
    pipeline: SpeechPipeline
    producer: Producer
    speech: SpeechSettings
    scratch: Path
    sealing: Sealing
    providers: Providers | None = None
