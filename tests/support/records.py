"""What tests of meetings, recordings and analyses share: a scripted talk instead of a recogniser, and a caller."""

import io
import json
import wave
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from minutebook.analysis.tasks import analysis_tasks
from minutebook.jobs.fake import InlineJobs
from minutebook.language.producers.choice import producer_of
from minutebook.recordings.tasks import recording_tasks
from minutebook.speech.diarization import ChunkVoices
from minutebook.speech.languages import Elsewhere, HeardLanguage
from minutebook.speech.media import Pcm
from minutebook.speech.pipeline import Chunk, SpeechPipeline
from minutebook.speech.ports import Recognised
from minutebook.transcript.model import Turn, Word
from minutebook.wiring import Services

ADA = {"email": "ada@example.com", "displayName": "Ada Lovelace"}
TOM = {"email": "tom@example.com", "displayName": "Tom Kilburn"}

TALK = (
    ("speaker_1", 0.5, 4.0, "Good morning everybody, let us talk about the launch."),
    ("speaker_2", 4.5, 9.0, "I will send the figures to the board by Thursday."),
    ("speaker_1", 9.5, 13.0, "Great. We decided to move the launch to the tenth of March."),
)


def wav(seconds: float = 15.0) -> bytes:
    """A wave file of silence."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(int(seconds * 16_000) * 2))
    return buffer.getvalue()


class ScriptedPipeline(SpeechPipeline):
    """The real pipeline's frame, with a script in place of ears. `before_words` is called before each chunk is
    recognised; it may raise."""

    def __init__(self, services: Services, talk: Sequence[tuple[str, float, float, str]] = TALK) -> None:
        super().__init__(services.settings.speech, services.settings.models_dir)
        self.talk = talk
        self.before_words: Callable[[Chunk], None] = lambda _chunk: None
        self.recognised: list[tuple[int, str]] = []
        self.at_most: list[int | None] = []

    def voices(self, pcm: Pcm, chunk: Chunk) -> ChunkVoices:
        return ChunkVoices(
            chunk.start_s,
            chunk.end_s,
            np.zeros(0, np.int64),
            np.zeros((0, 589, 3), np.uint8),
            np.zeros((0, 2), np.int64),
            np.zeros((0, 192), np.float32),
        )

    def turns(self, voices: Sequence[ChunkVoices], diarize: bool = True, at_most: int | None = None) -> list[Turn]:
        self.at_most.append(at_most)
        return [Turn(speaker, start, end) for speaker, start, end, _ in self.talk]

    def knows(self, language: str) -> bool:
        return language != "ga"

    def language(self, pcm: Pcm, turns: Sequence[Turn], familiar: Collection[str] = ()) -> HeardLanguage:
        return HeardLanguage("en")

    def recognise(
        self,
        pcm: Pcm,
        chunk: Chunk,
        turns: Sequence[Turn],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
        elsewhere: Sequence[Elsewhere] = (),
    ) -> list[Recognised]:
        self.before_words(chunk)
        self.recognised.append((chunk.index, language))
        own = [line for line in self.talk if chunk.start_s <= line[1] < chunk.end_s]
        if progress is not None:
            progress(sum(end - start for _, start, end, _ in own))
        return [Recognised(Turn(speaker, start, end), _words(start, end, text)) for speaker, start, end, text in own]


def _words(start: float, end: float, text: str) -> tuple[Word, ...]:
    texts = text.split()
    step = (end - start) / len(texts)
    return tuple(Word(w, start + i * step, start + (i + 1) * step, 0.9) for i, w in enumerate(texts))


@dataclass
class Worker:
    """Runs what the server has enqueued, when it is told to."""

    services: Services
    ears: ScriptedPipeline | None = None
    pipeline: ScriptedPipeline = field(init=False)
    jobs: InlineJobs = field(init=False)

    def __post_init__(self) -> None:
        services = self.services
        self.pipeline = self.ears or ScriptedPipeline(services)
        self.jobs = InlineJobs(services.db)
        self.jobs.tasks = {
            **recording_tasks(services.recordings),
            **analysis_tasks(
                services.db,
                services.storage,
                services.recordings,
                services.scheduler,
                services.results,
                self.pipeline,
                producer_of(services.settings.llm),
                services.settings.speech,
                services.settings.data_dir / "scratch",
                sealing=services.sealing,
                clock=services.clock,
            ),
        }

    async def drain(self) -> int:
        """Run everything that waits."""
        return await self.jobs.drain()


@dataclass
class Paxs:
    """A signed-in caller of the API."""

    http: httpx.AsyncClient
    token: str

    async def call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **kwargs)

    async def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.call("GET", path, **kwargs)

    async def create_session(self, **fields: Any) -> dict[str, Any]:
        answer = await self.call("POST", "/api/sessions", json={"title": "Weekly", "attendees": [ADA, TOM], **fields})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def send(self, session_id: str | None, file: tuple[str, bytes, str | None], **kwargs: Any) -> httpx.Response:
        fields = {} if session_id is None else {"session_id": session_id}
        return await self.call(
            "POST", "/api/recordings", data={**fields, **kwargs.pop("data", {})}, files={"file": file}, **kwargs
        )

    async def upload(self, session_id: str, content: bytes | None = None) -> dict[str, Any]:
        answer = await self.send(session_id, ("weekly.wav", content or wav(), "audio/wav"))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def reports(self, recording_id: str, **params: str) -> dict[str, dict[str, Any]]:
        answer = await self.get(f"/api/recordings/{recording_id}/analysis", params=params)
        assert answer.status_code == 200, answer.text
        return {report["analysis_type"]: report for report in answer.json()}


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error; fails when the body is not an error with a sentence."""
    error = answer.json()["error"]
    assert error["message"].endswith((".", "?")), error
    return answer.status_code, error["code"]


def content_of(report: dict[str, Any]) -> Any:
    """A report's content, out of its string."""
    return json.loads(report["report_content"])


def stored_files(services: Services) -> list[str]:
    """Every object in local storage, by path."""
    root = services.settings.data_dir / "objects"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) if root.exists() else []


def folder(path: Path) -> list[str]:
    """What is in a folder, if it is there."""
    return sorted(p.name for p in path.iterdir()) if path.exists() else []
