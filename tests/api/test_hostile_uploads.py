"""Files that are broken, lie, or want something: each ends as a refusal or as a failed report with a code and a
sentence, and the server goes on."""

from pathlib import Path

import httpx
import pytest

from minutebook.wiring import Services
from support.browser import IssueToken
from support.hostile_files import ACCEPTED_HOSTILE, HOSTILE
from support.media_files import EXTENSIONS, media_type_for, write_recording
from support.records import Paxs, Worker, error_of, folder


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
def worker(services: Services) -> Worker:
    return Worker(services)


@pytest.mark.parametrize("name", sorted(HOSTILE))
async def test_hostile_files(ada: Paxs, worker: Worker, services: Services, tmp_path: Path, name: str) -> None:
    (tmp_path / "files").mkdir()
    path = HOSTILE[name](tmp_path / "files")
    session = await ada.create_session()
    answer = await ada.send(session["id"], (path.name, path.read_bytes(), media_type_for(path)))
    if answer.status_code != 201:
        status, _ = error_of(answer)
        assert 400 <= status < 500
        assert name not in ACCEPTED_HOSTILE
    else:
        await worker.drain()
        report = (await ada.reports(answer.json()["id"]))["transcription"]
        if name in ACCEPTED_HOSTILE:
            assert report["status"] == "completed", report["error"]
        elif report["status"] != "completed":
            assert report["error"]["code"].startswith("media_"), report["error"]
            assert report["error"]["message"].endswith(".")
        assert folder(services.settings.data_dir / "scratch") == []
    assert (await ada.get("/api/sessions")).status_code == 200


@pytest.mark.parametrize("extension", EXTENSIONS)
async def test_every_accepted_format_becomes_a_transcript(
    ada: Paxs, worker: Worker, tmp_path: Path, extension: str
) -> None:
    path = write_recording(tmp_path / f"recording{extension}", 15.0)
    session = await ada.create_session()
    answer = await ada.send(session["id"], (path.name, path.read_bytes(), media_type_for(path)))
    assert answer.status_code == 201, answer.text
    await worker.drain()
    reports = await ada.reports(answer.json()["id"])
    assert {report["status"] for report in reports.values()} == {"completed"}, reports
    preview = await ada.get(f"/api/recordings/{answer.json()['id']}/preview")
    assert preview.status_code == 200
