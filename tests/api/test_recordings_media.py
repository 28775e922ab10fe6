"""Bytes of recordings over HTTP: ranges, previews, peaks; and recordings fetched from addresses."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from minutebook.config import Settings
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker, error_of, stored_files, wav

DATA = wav(2.0)
SIZE = len(DATA)


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
async def recording(ada: Paxs) -> dict[str, str]:
    session = await ada.create_session()
    answer = await ada.send(session["id"], ('Bericht "ü".wav', DATA, "audio/wav"))
    found: dict[str, str] = answer.json()
    return found


async def test_the_whole_file_comes_back(ada: Paxs, recording: dict[str, str]) -> None:
    answer = await ada.get(f"/api/recordings/{recording['id']}/media")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{recording["sha256"]}"'
    assert "filename*=UTF-8''Bericht" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=-5", SIZE - 5, SIZE),
        (f"bytes=-{SIZE * 2}", 0, SIZE),
        (f"bytes=5-{SIZE * 9}", 5, SIZE),
    ],
)
async def test_parts_come_back(ada: Paxs, recording: dict[str, str], asked: str, start: int, end: int) -> None:
    answer = await ada.get(f"/api/recordings/{recording['id']}/media", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, DATA[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE + 5}-{SIZE + 9}"])
async def test_parts_beyond_the_end_are_refused(ada: Paxs, recording: dict[str, str], asked: str) -> None:
    answer = await ada.get(f"/api/recordings/{recording['id']}/media", headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=a-b", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "bytes=" + "9" * 99]
)
async def test_headers_that_are_not_understood_are_ignored(ada: Paxs, recording: dict[str, str], asked: str) -> None:
    answer = await ada.get(f"/api/recordings/{recording['id']}/media", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, DATA)


async def test_conditions(ada: Paxs, recording: dict[str, str]) -> None:
    path, etag = f"/api/recordings/{recording['id']}/media", f'"{recording["sha256"]}"'
    fits = await ada.get(path, headers={"Range": "bytes=0-3", "If-Range": etag})
    assert (fits.status_code, fits.content) == (206, DATA[:4])
    changed = await ada.get(path, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, DATA)
    for known in (etag, f"W/{etag}", f'"other", {etag}', f'W/"a,b",W/{etag}, "c"', "*", " * "):
        assert (await ada.get(path, headers={"If-None-Match": known})).status_code == 304, known
    for other in ('"other"', 'W/"other", "more"', etag.strip('"'), "", '"*"'):
        assert (await ada.get(path, headers={"If-None-Match": other})).status_code == 200, other
    head = await ada.call("HEAD", path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(SIZE))
    part = await ada.call("HEAD", path, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.headers["content-length"]) == (206, "4")


async def test_preview_and_peaks_come_with_the_transcription(
    ada: Paxs, recording: dict[str, str], services: Services
) -> None:
    path = f"/api/recordings/{recording['id']}"
    assert error_of(await ada.get(f"{path}/preview")) == (409, "not_ready")
    assert error_of(await ada.get(f"{path}/peaks")) == (409, "not_ready")
    await Worker(services).drain()
    preview = await ada.get(f"{path}/preview", headers={"Range": "bytes=4-7"})
    assert (preview.status_code, preview.content, preview.headers["content-type"]) == (206, b"ftyp", "audio/mp4")
    peaks = (await ada.get(f"{path}/peaks")).json()
    assert peaks["duration_s"] == pytest.approx(2.0)
    assert len(peaks["peaks"]) == 2000
    assert set(peaks["peaks"]) == {0.0}


class _Served(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/missing.wav":
            self.send_error(404)
            return
        declared = "text/html" if self.path == "/page.wav" else "application/octet-stream"
        body = b"<html></html>" if self.path == "/page.wav" else DATA
        self.send_response(200)
        self.send_header("Content-Type", declared)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Another server, on loopback."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Served)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_private_addresses_are_not_fetched(ada: Paxs, elsewhere: str, services: Services) -> None:
    session = await ada.create_session()
    for url in (f"{elsewhere}/a.wav", "http://localhost/a.wav", "file:///etc/passwd", "http://[::1]/a.wav", "nonsense"):
        answer = await ada.call("POST", "/api/recordings", json={"session_id": session["id"], "url": url})
        status, _ = error_of(answer)
        assert status == 400, answer.text
    assert stored_files(services) == []


class TestAllowedAddresses:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        settings = Settings(_env_file=None, data_dir=tmp_path)
        settings.outgoing.allow = ["127.0.0.1"]
        return settings

    async def test_a_recording_is_fetched(self, ada: Paxs, elsewhere: str) -> None:
        session = await ada.create_session()
        body = {
            "session_id": session["id"],
            "url": f"{elsewhere}/folder/weekly.wav?x=1",
            "language": "en",
            "num_speakers": 4,
        }
        answer = await ada.call("POST", "/api/recordings", json=body)
        assert answer.status_code == 201, answer.text
        assert (answer.json()["language"], answer.json()["num_speakers"]) == ("en", 4)
        assert (answer.json()["filename"], answer.json()["content_type"]) == ("weekly.wav", "audio/wav")
        media = await ada.get(f"/api/recordings/{answer.json()['id']}/media")
        assert media.content == DATA

    @pytest.mark.parametrize("name", ["page.wav", "missing.wav", "noextension"])
    async def test_what_is_no_recording_is_refused(
        self, ada: Paxs, elsewhere: str, name: str, services: Services
    ) -> None:
        session = await ada.create_session()
        body = {"session_id": session["id"], "url": f"{elsewhere}/{name}"}
        answer = await ada.call("POST", "/api/recordings", json=body)
        assert 400 <= error_of(answer)[0] < 500
        assert stored_files(services) == []
