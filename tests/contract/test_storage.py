"""The storage port over memory, local files and a real S3 server."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from pydantic import SecretStr

from minutebook.config import Settings
from minutebook.errors import Kind, MinutebookError
from minutebook.storage import storage_of
from minutebook.storage.places import local_storage, remove_stale
from minutebook.storage.ports import Storage
from support.backends import S3

KEY = "recordings/0199/original.flac"
MIB = 1024 * 1024


@pytest.fixture(params=["memory", "local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "s3":
        return storage_of(request.getfixturevalue("s3_settings"))
    url = "memory://" if request.param == "memory" else None
    return storage_of(Settings(_env_file=None, data_dir=tmp_path, storage_url=url))


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece


async def read(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in storage.stream(key, start, end)])


async def test_a_stream_comes_back_as_it_was(storage: Storage) -> None:
    data = [os.urandom(MIB * 3 // 4) for _ in range(25)]  # several parts of a multipart upload
    stored = await storage.put_stream(KEY, pieces(*data))
    whole = b"".join(data)
    assert (stored.key, stored.size, stored.sha256) == (KEY, len(whole), hashlib.sha256(whole).hexdigest())
    assert await read(storage, KEY) == whole
    head = await storage.head(KEY)
    assert head is not None
    assert head.size == len(whole)


@pytest.mark.parametrize("data", [b"", b"x"], ids=["empty", "one byte"])
async def test_small_objects(storage: Storage, data: bytes) -> None:
    stored = await storage.put_bytes("work/a", data)
    assert stored.size == len(data)
    assert await storage.get_bytes("work/a") == data
    assert await read(storage, "work/a") == data


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, None, b"0123456789"), (3, 5, b"34"), (8, 99, b"89"), (10, None, b""), (50, 60, b""), (4, 4, b"")],
)
async def test_ranges(storage: Storage, start: int, end: int | None, expected: bytes) -> None:
    await storage.put_bytes(KEY, b"0123456789")
    assert await read(storage, KEY, start, end) == expected


async def test_a_range_across_reads(storage: Storage) -> None:
    data = os.urandom(9 * MIB)
    await storage.put_bytes(KEY, data)
    assert await read(storage, KEY, 4 * MIB - 1, 8 * MIB + 1) == data[4 * MIB - 1 : 8 * MIB + 1]


async def test_writing_again_replaces(storage: Storage) -> None:
    await storage.put_bytes(KEY, b"first and longer")
    await storage.put_bytes(KEY, b"second")
    assert await storage.get_bytes(KEY) == b"second"


async def test_what_is_not_there(storage: Storage) -> None:
    assert await storage.head("work/none") is None
    await storage.delete("work/none")
    await storage.delete_prefix("work/none")
    for reading in (storage.get_bytes("work/none"), read(storage, "work/none"), read(storage, "work/none", 2, 3)):
        with pytest.raises(MinutebookError) as caught:
            await reading
        assert caught.value.kind is Kind.NOT_FOUND


async def test_deleting_a_prefix_ends_at_names(storage: Storage) -> None:
    for key in ("recordings/1/a", "recordings/1/deep/b", "recordings/10/c", "other/1/d"):
        await storage.put_bytes(key, b"x")
    await storage.delete_prefix("recordings/1/")
    left = [key for key in ("recordings/1/a", "recordings/1/deep/b", "recordings/10/c", "other/1/d")
            if await storage.head(key)]  # fmt: skip
    assert left == ["recordings/10/c", "other/1/d"]


async def test_download(storage: Storage, tmp_path: Path) -> None:
    data = os.urandom(5 * MIB)
    await storage.put_bytes(KEY, data)
    await storage.download(KEY, tmp_path / "new folder" / "file.flac")
    assert (tmp_path / "new folder" / "file.flac").read_bytes() == data
    with pytest.raises(MinutebookError):
        await storage.download("work/none", tmp_path / "none")
    assert sorted(path.name for path in (tmp_path).rglob("none*")) == []


async def test_check_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    await storage.check()
    assert list((tmp_path / "objects").rglob("probes/*")) == []


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a\\b", "a b", "ä", "x" * 999]
)
async def test_keys_that_are_none(storage: Storage, key: str) -> None:
    for call in (storage.put_bytes(key, b"x"), storage.get_bytes(key), storage.delete(key), storage.head(key)):
        with pytest.raises(MinutebookError) as caught:
            await call
        assert caught.value.code == "storage_key_invalid"


async def left_behind(storage: Storage, request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Whatever an upload that did not succeed has left, visible or not."""
    found = [KEY] if await storage.head(KEY) else []
    found += [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    if "s3_settings" in request.fixturenames or request.node.callspec.params["storage"] == "s3":
        server: S3 = request.getfixturevalue("s3_server")
        found += ["unfinished upload"] * server.unfinished()
    return found


async def test_too_much_is_refused(storage: Storage, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with pytest.raises(MinutebookError) as caught:
        await storage.put_stream(KEY, pieces(*[b"x" * MIB] * 30), max_bytes=25 * MIB)
    assert (caught.value.kind, caught.value.field) == (Kind.TOO_LARGE, "file")
    assert await left_behind(storage, request, tmp_path) == []
    await storage.put_stream(KEY, pieces(b"x" * 10), max_bytes=10)


async def test_a_stream_that_fails(storage: Storage, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (20 * MIB)
        raise ConnectionResetError("the sender went away")

    with pytest.raises(ConnectionResetError):
        await storage.put_stream(KEY, broken())
    assert await left_behind(storage, request, tmp_path) == []


async def test_a_stream_that_is_cancelled(storage: Storage, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    sent = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * MIB
        sent.set()
        await asyncio.Event().wait()
        yield b""

    upload = asyncio.create_task(storage.put_stream(KEY, endless()))
    await sent.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert await left_behind(storage, request, tmp_path) == []


async def test_cancelled_at_the_last_moment(storage: Storage, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Whenever the cancellation comes: either the object is there and the call returned, or neither."""
    for turns in (0, 1, 2, 3, 5, 8, 13, 40):
        upload = asyncio.create_task(storage.put_bytes(KEY, b"x" * MIB))
        for _ in range(turns):
            await asyncio.sleep(0)
        upload.cancel()
        try:
            await upload
        except asyncio.CancelledError:
            assert await left_behind(storage, request, tmp_path) == []
        else:
            assert await storage.head(KEY)
            await storage.delete(KEY)


async def test_no_room(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk: the same kind of error from the same call."""
    program = """
import asyncio, resource, sys
from pathlib import Path
from minutebook.errors import MinutebookError
from minutebook.storage.places import local_storage
resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, 1024 * 1024))
async def main():
    try:
        await local_storage(Path(sys.argv[1])).put_bytes("a/b", b"x" * (20 * 1024 * 1024))
    except MinutebookError as error:
        print(error.kind, error.code, error.message)
asyncio.run(main())
"""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("unavailable storage_full There is no room left"), done
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_bucket_that_does_not_answer(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, storage_url="s3://nowhere/x", storage_endpoint="http://127.0.0.1:1",
        storage_access_key="a", storage_secret_key="b",
    )  # fmt: skip
    with pytest.raises(MinutebookError) as caught:
        await storage_of(settings).check()
    assert (caught.value.kind, caught.value.code) == (Kind.UNAVAILABLE, "storage_unavailable")


def test_an_address_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(MinutebookError) as caught:
        storage_of(Settings(_env_file=None, data_dir=tmp_path, storage_url="ftp://x"))
    assert caught.value.field == "storage_url"


async def test_what_a_crash_left_is_removed_by_age(tmp_path: Path) -> None:
    storage = local_storage(tmp_path)
    await storage.put_bytes("a/kept", b"x")
    for name in ("a/half#1", "a/fresh#22"):
        (tmp_path / name).write_bytes(b"half")
    os.utime(tmp_path / "a/half#1", (1, 1))
    assert remove_stale(tmp_path, before=1000.0) == 1
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["fresh#22", "kept"]


async def test_a_small_object_is_one_request() -> None:
    """Up to 8 MiB: no upload is begun and completed around it. Counted at a server that notes every request."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b" HTTP/", 1)[0].decode())
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        await reader.readexactly(length)
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=16 * MIB)
    async with server:
        port = server.sockets[0].getsockname()[1]
        bucket = Settings(
            _env_file=None,
            storage_url="s3://b",
            storage_endpoint=f"http://127.0.0.1:{port}",
            storage_access_key="a",
            storage_secret_key=SecretStr("s"),
        )
        storage = storage_of(bucket)
        await storage.put_bytes("work/a", b"x" * 1000)
        await storage.put_stream("work/b", pieces(*[b"x" * MIB] * 8))
    assert [line.partition("?")[0] for line in asked] == ["PUT /b/work/a", "PUT /b/work/b"]


UPLOADER = """
import asyncio, sys
from minutebook.config import Settings
from minutebook.storage import storage_of
async def endless():
    for _ in range(20):
        yield b"x" * 1024 * 1024
    print("sent", flush=True)
    await asyncio.Event().wait()
asyncio.run(storage_of(Settings()).put_stream("recordings/1/a", endless()))
"""


async def test_what_a_killed_upload_left_is_aborted(s3_settings: Settings, s3_server: S3) -> None:
    environment = {
        f"MINUTEBOOK_STORAGE_{name}": value
        for name, value in (
            ("URL", str(s3_settings.storage_url)),
            ("ENDPOINT", s3_server.endpoint),
            ("ACCESS_KEY", S3.access_key),
            ("SECRET_KEY", S3.secret_key),
        )
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", UPLOADER, env=os.environ | environment, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"sent\n"
    process.kill()
    await process.wait()
    assert s3_server.unfinished() >= 1
    storage = storage_of(s3_settings)
    now = datetime.now(UTC)
    assert await storage.abort_unfinished(now - timedelta(hours=1)) == 0
    assert await storage.abort_unfinished(now + timedelta(minutes=1)) == 1
    assert s3_server.unfinished() == 0


async def test_the_listing_tells_versions_apart(storage: Storage) -> None:
    await storage.put_bytes("recordings/a/original.flac", b"one")
    await storage.put_bytes("recordings/b/original.flac", b"of b")
    first = {stored.key: stored async for stored in storage.listing()}
    assert {key: stored.size for key, stored in first.items()} == {
        "recordings/a/original.flac": 3,
        "recordings/b/original.flac": 4,
    }
    await storage.put_bytes("recordings/a/original.flac", b"two")
    await storage.delete("recordings/b/original.flac")
    (second,) = [stored async for stored in storage.listing()]
    assert second.etag not in {"", first[second.key].etag}


async def test_an_upload_under_way_is_not_listed(storage: Storage) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield os.urandom(12 * MIB)
        assert [stored async for stored in storage.listing()] == []
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await storage.put_stream(KEY, endless())


async def test_pieces_become_an_object(storage: Storage) -> None:
    whole = os.urandom(3 * MIB + 17)
    for at in (0, MIB, 2 * MIB):
        await storage.put_piece(KEY, at, whole[at : at + MIB] if at < 2 * MIB else whole[at:])
        assert await storage.head(KEY) is None
    stored = await storage.join(KEY, len(whole))
    assert (stored.size, stored.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert await read(storage, KEY) == whole
    assert await storage.join(KEY, len(whole)) == stored  # somebody asks again, having missed the answer


async def test_a_piece_sent_again_replaces_itself(storage: Storage) -> None:
    await storage.put_piece(KEY, 0, b"abcd")
    await storage.put_piece(KEY, 4, b"efghij")  # stored, but never noted: its sender starts again there
    await storage.put_piece(KEY, 4, b"ef")
    await storage.put_piece(KEY, 6, b"ghij")
    assert (await storage.join(KEY, 10)).size == 10
    assert await read(storage, KEY) == b"abcdefghij"


async def test_pieces_go_with_their_folder(storage: Storage, tmp_path: Path) -> None:
    await storage.put_piece(KEY, 0, b"abcd")
    await storage.delete_prefix("recordings/0199/")
    with pytest.raises(MinutebookError) as caught:
        await storage.join(KEY, 4)
    assert caught.value.kind is Kind.NOT_FOUND
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_look_writes_nothing_and_finds_what_is_there(storage: Storage) -> None:
    await storage.put_bytes("work/a", b"x")
    await storage.look()
    assert [each.key async for each in storage.listing()] == ["work/a"]


async def test_a_bucket_that_is_missing_is_told(s3_settings: Settings) -> None:
    storage = storage_of(s3_settings.model_copy(update={"storage_url": "s3://nobody-made-this/x"}))
    with pytest.raises(MinutebookError) as told:
        await storage.look()
    assert (told.value.code, told.value.retryable) == ("storage_bucket_missing", True)
    assert "MINUTEBOOK_STORAGE_URL" in told.value.message


async def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    storage = storage_of(Settings(_env_file=None, data_dir=tmp_path))
    await storage.put_bytes("work/a", b"x")
    await storage.look()
    shutil.rmtree(tmp_path)
    with pytest.raises(MinutebookError, match="folder"):
        await storage.look()


class SlowParts(BaseHTTPRequestHandler):
    """As much of S3 as an upload that breaks off asks for; a part takes as long as nobody takes the upload back."""

    asked: list[str]
    part_came: Event
    taken_back: Event

    def do_POST(self) -> None:
        self._answer(b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")

    def do_PUT(self) -> None:
        self.part_came.set()
        self.taken_back.wait(0.5)
        self._answer()

    def do_DELETE(self) -> None:
        self.taken_back.set()
        self._answer()

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _answer(self, body: bytes = b"") -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append(self.command)
        self.send_response(200)
        for name, value in (("ETag", '"e"'), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.mark.parametrize("more", [b"", b"x" * MIB], ids=["part is full", "part is begun"])
async def test_an_upload_is_taken_back_when_no_part_of_it_is_under_way(tmp_path: Path, more: bytes) -> None:
    """S3 may keep a part that arrives after its upload was taken back, and lists it nowhere."""
    here: dict[str, Any] = {"asked": [], "part_came": Event(), "taken_back": Event()}
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (SlowParts,), here)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings = Settings(
            _env_file=None,
            data_dir=tmp_path,
            storage_url="s3://bucket/prefix",
            storage_endpoint=f"http://127.0.0.1:{server.server_port}",
            storage_access_key="a",
            storage_secret_key=SecretStr("b"),
        )

        async def broken() -> AsyncIterator[bytes]:
            yield b"x" * (15 * MIB)
            yield b"x" * (MIB - 1)  # with one byte more its second part is complete
            yield more
            await asyncio.to_thread(here["part_came"].wait)
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await storage_of(settings).put_stream(KEY, broken())
        server.shutdown()
    assert here["asked"] in (["POST", *["PUT"] * count, "DELETE"] for count in (1, 2))
