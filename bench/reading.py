"""How long `/healthz` takes while ten readers page transcripts of three hours: `python -m bench.reading`.

A real server on SQLite; the transcripts (30,000 words each) are written into its database."""

import asyncio
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
from sqlalchemy import update

from minutebook.analysis.model import ReportStatus
from minutebook.analysis.reports import contents, repository
from minutebook.config import Settings
from minutebook.kit.ids import new_id
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.model import Recording
from minutebook.recordings.repository import add as add_recording
from minutebook.transcript.model import Segment, Speaker, Transcript, Word
from minutebook.wiring import Services, open_services

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.server import EMAIL, Server, client_of

READERS, SECONDS, HOURS, WORDS = 10, 30.0, 3, 30_000


def transcript() -> Transcript:
    """Three hours of talk between four people."""
    step = HOURS * 3600 / WORDS
    segments = [
        Segment(
            f"speaker_{turn % 4 + 1}",
            round(turn * 20 * step, 3),
            round((turn + 1) * 20 * step, 3),
            " ".join(f"word{(turn * 20 + place) % 5000}" for place in range(20)),
            tuple(
                Word(f"word{at % 5000}", round(at * step, 3), round((at + 0.9) * step, 3), 0.9)
                for at in range(turn * 20, turn * 20 + 20)
            ),
        )
        for turn in range(WORDS // 20)
    ]
    speakers = tuple(Speaker(f"speaker_{n}", f"Speaker {n}", HOURS * 900.0) for n in range(1, 5))
    return Transcript("en", HOURS * 3600.0, speakers, tuple(segments))


async def filled(data_dir: Path) -> list[str]:
    """Recordings with a transcription each; returns their ids."""
    made, kept = transcript(), contents.kept_transcript(transcript())
    facts, ids = contents.transcript_facts(made), []
    async with open_services(Settings(_env_file=None, data_dir=data_dir)) as services:
        for _ in range(READERS):
            ids.append(await _one(services, kept, facts))
    return ids


async def _one(services: Services, kept: str, facts: dict[str, object]) -> str:
    async with services.db.transaction() as tx:
        user = await services.accounts.user_by_email(tx, EMAIL)
        meeting = await services.meetings.create(
            tx, user.id, MeetingDraft(title="Long", attendees=[AttendeeDraft(EMAIL, "Ada")])
        )
        key, now = f"recordings/{new_id()}/original.flac", services.clock.now()
        recording = Recording(
            id=new_id(),
            meeting_id=meeting.id,
            owner_id=user.id,
            filename="a.flac",
            content_type="audio/flac",
            size=1,
            sha256="0" * 64,
            storage_key=key,
            created_at=now,
            language="en",
        )
        await add_recording(tx, recording)
        (report, *_) = await services.analysis.schedule_for(tx, recording, ["transcription"])  # type: ignore[list-item]
        values = {"status": ReportStatus.COMPLETED.value, "facts": facts}
        await tx.execute(update(repository.reports).where(repository.reports.c.id == report.id).values(**values))
        await repository.save_content(tx, report.id, kept)
    return recording.id


def measured(server: Server, token: str, ids: list[str]) -> dict[str, float]:
    """Milliseconds of `/healthz`, and how many transcripts were read meanwhile."""
    ends, reads = time.monotonic() + SECONDS, [0]

    def read(recording: str) -> None:
        with client_of(server, token) as client:
            client.timeout = httpx.Timeout(120)
            while time.monotonic() < ends:
                for path in ("analysis", "transcript.vtt"):
                    client.get(f"/api/recordings/{recording}/{path}").raise_for_status()
                    reads[0] += 1

    readers = [threading.Thread(target=read, args=(recording,)) for recording in ids]
    for reader in readers:
        reader.start()
    took = []
    with httpx.Client(base_url=server.url, timeout=60) as client:
        while time.monotonic() < ends:
            begun = time.perf_counter()
            client.get("/healthz").raise_for_status()
            took.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.02)
    for reader in readers:
        reader.join()
    cuts = statistics.quantiles(took, n=100)
    return {"p50": cuts[49], "p95": cuts[94], "longest": max(took), "asked": len(took), "read": reads[0]}


def main() -> None:
    """Fill, serve, measure, tell."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", {"MINUTEBOOK_JOBS__WORKERS": "0", "MINUTEBOOK_BOTS__CONCURRENCY": "0"})
        token = server.owner_token()
        ids = asyncio.run(filled(server.data_dir))
        server.start()
        try:
            found = measured(server, token, ids)
        finally:
            server.stop()
    sys.stdout.write(json.dumps({name: round(value, 1) for name, value in found.items()}) + "\n")


if __name__ == "__main__":
    main()
