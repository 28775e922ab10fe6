"""Speech providers on loopback, written from their public documentation: they check what they are sent, keep jobs, and
answer in the documented forms. What a job says is scripted."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

KEY = "a-key-of-the-caller"
Words = list[tuple[str, float, float]]


@dataclass
class Double:
    """One provider. `words` is what each job is answered with; the first `busy` looks find it working; `fail_with`
    statuses are answered instead, one per request."""

    words: Callable[[int, float], Words] = lambda _number, _seconds: [("Hello", 0.5, 0.9), ("world", 1.0, 1.4)]
    busy: int = 1
    outcome: str = "done"
    fail_with: list[int] = field(default_factory=list)
    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[bytes] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)

    def refusal(self, request: Request, key: str | None) -> JSONResponse | None:
        self.requests.append((request.method, request.url.path))
        if self.fail_with:
            status = self.fail_with.pop(0)
            return JSONResponse({"message": f"no: {status}"}, status)
        return None if key == KEY else JSONResponse({"message": "Unauthorized"}, 401)

    def is_busy(self, job: str) -> bool:
        self.looks[job] = self.looks.get(job, 0) + 1
        return self.looks[job] <= self.busy


def seconds_of(sound: bytes) -> float:
    """How long the sound is: it must really decode."""
    with av.open(io.BytesIO(sound), "r") as container:
        frames = list(container.decode(audio=0))
        found: float = sum(frame.samples / frame.sample_rate for frame in frames)
        return found


def gladia(double: Double) -> FastAPI:
    app = FastAPI()

    @app.post("/v2/upload")
    async def upload(request: Request) -> Any:
        if refused := double.refusal(request, request.headers.get("x-gladia-key")):
            return refused
        async with request.form() as form:
            audio = form["audio"]
            assert isinstance(audio, UploadFile)
            double.uploads.append(await audio.read())
        return {
            "audio_url": f"https://api.example/file/{len(double.uploads) - 1}",
            "audio_metadata": {"extension": "ogg"},
        }

    @app.post("/v2/pre-recorded", status_code=201)
    async def start(request: Request) -> Any:
        if refused := double.refusal(request, request.headers.get("x-gladia-key")):
            return refused
        body = await request.json()
        if not str(body.get("audio_url", "")).startswith("https://api.example/file/"):
            return JSONResponse({"message": "audio_url must be an URL address", "statusCode": 400}, 400)
        double.jobs.append(body)
        job = f"45463597-20b7-4af7-b3b3-{len(double.jobs) - 1:012d}"
        return {"id": job, "result_url": f"https://elsewhere.example/v2/pre-recorded/{job}"}

    @app.get("/v2/pre-recorded/{job}")
    async def result(job: str, request: Request) -> Any:
        if refused := double.refusal(request, request.headers.get("x-gladia-key")):
            return refused
        if double.is_busy(job):
            return {"id": job, "status": "queued" if double.looks[job] == 1 else "processing"}
        if double.outcome != "done":
            return {"id": job, "status": "error", "error_code": 500, "result": None}
        number = int(job[-12:])
        words = double.words(number, seconds_of(double.uploads[number]))
        said = [{"word": f" {w}", "start": a, "end": b, "confidence": 0.8} for w, a, b in words]
        utterances = [{"text": "…", "language": "en", "channel": 0, "speaker": 0, "words": said}] if said else []
        transcription = {"full_transcript": "…", "languages": ["en"], "utterances": utterances}
        return {
            "id": job,
            "status": "done",
            "error_code": None,
            "result": {"metadata": {}, "transcription": transcription},
        }

    return app


def runpod(double: Double) -> FastAPI:
    app = FastAPI()

    def key_of(request: Request) -> str | None:
        return request.headers.get("authorization", "").removeprefix("Bearer ") or None

    @app.post("/{endpoint}/run")
    async def run(endpoint: str, request: Request) -> Any:
        if refused := double.refusal(request, key_of(request)):
            return refused
        body = await request.body()
        if len(body) > 10 * 1024 * 1024:
            return JSONResponse({"error": "payload too large"}, 413)
        asked = (await request.json())["input"]
        double.uploads.append(base64.b64decode(asked.pop("audio_base64"), validate=True))
        double.jobs.append(asked)
        return {"id": f"{len(double.jobs) - 1:08d}-u1", "status": "IN_QUEUE"}

    @app.get("/{endpoint}/status/{job}")
    async def status(endpoint: str, job: str, request: Request) -> Any:
        if refused := double.refusal(request, key_of(request)):
            return refused
        if double.is_busy(job):
            return {"id": job, "status": "IN_QUEUE" if double.looks[job] == 1 else "IN_PROGRESS"}
        if double.outcome != "done":
            return {"id": job, "status": "FAILED", "error": "CUDA out of memory"}
        number = int(job[:8])
        words = double.words(number, seconds_of(double.uploads[number]))
        said = [{"word": f" {w}", "start": a, "end": b} for w, a, b in words]
        output = {"segments": [], "detected_language": "en", "transcription": "…", "word_timestamps": said}
        return {"id": job, "status": "COMPLETED", "output": output, "executionTime": 2500, "delayTime": 800}

    return app


@asynccontextmanager
async def served(app: FastAPI, double: Double) -> AsyncIterator[Double]:
    """The double at work; `double.url` is its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none")
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    double.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield double
    finally:
        server.should_exit = True
        await running
