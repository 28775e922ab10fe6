"""Uploads through the HTTP door: the form's rules, and that nothing stays of what is refused."""

import hashlib
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from minutebook.api.app import create_app
from minutebook.config import Settings
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.recordings.model import Incoming, Received
from minutebook.recordings.service import UPLOAD_LIFE
from minutebook.wiring import Services, build_services
from support.browser import IssueToken
from support.records import Paxs, Worker, error_of, stored_files, wav

UNKNOWN = "01935b1c-0000-7000-8000-000000000000"
BOUNDARY = "b0undary"


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


def form(*parts: tuple[str, bytes], end: bool = True) -> bytes:
    """A multipart body from (headers, content) pairs."""
    body = b"".join(b"--b0undary\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts)
    return body + (b"--b0undary--\r\n" if end else b"")


def session_part(session_id: str) -> tuple[str, bytes]:
    return ('Content-Disposition: form-data; name="session_id"', session_id.encode())


def file_part(data: bytes, name: str = "a.wav") -> tuple[str, bytes]:
    return (f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: audio/wav', data)


async def post(
    ada: Paxs, body: object, content_type: str = f"multipart/form-data; boundary={BOUNDARY}", **kwargs: Any
) -> httpx.Response:
    headers = {"Content-Type": content_type}
    return await ada.call("POST", "/api/recordings", content=body, headers=headers, **kwargs)


@pytest.mark.parametrize("file_first", [False, True])
async def test_parts_come_in_either_order(ada: Paxs, services: Services, file_first: bool) -> None:
    session = await ada.create_session()
    data = wav(2.0)
    parts = [session_part(session["id"]), file_part(data)]
    answer = await post(ada, form(*(reversed(parts) if file_first else parts)))
    assert answer.status_code == 201, answer.text
    recording = answer.json()
    assert recording["session_id"] == session["id"]
    assert (recording["filename"], recording["content_type"], recording["size"]) == ("a.wav", "audio/wav", len(data))
    assert recording["sha256"] == hashlib.sha256(data).hexdigest()
    assert (await ada.get(f"/api/recordings/{recording['id']}")).json() == recording
    assert (await ada.get(f"/api/sessions/{session['id']}")).json()["recording"] == recording
    assert stored_files(services) == [f"recordings/{recording['id']}/original.wav"]


async def test_the_session_must_be_a_form_field(ada: Paxs, services: Services) -> None:
    session = await ada.create_session()
    in_query = {"params": {"session_id": session["id"]}}
    refused = await ada.send(None, ("a.wav", wav(), "audio/wav"), **in_query)
    assert error_of(refused) == (400, "session_id_required")
    assert "form" in refused.json()["error"]["message"]
    other = await ada.send(session["id"], ("a.wav", wav(), "audio/wav"), params={"session_id": UNKNOWN})
    assert error_of(other) == (400, "session_id_differs")
    assert stored_files(services) == []
    both = await ada.send(session["id"], ("a.wav", wav(), "audio/wav"), **in_query)
    assert both.status_code == 201


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (("a.wav", wav(1), None), "media_type_missing"),
        (("a.wav", wav(1), "application/octet-stream"), "media_type_missing"),
        (("a.wav", wav(1), "audio/mpeg"), "media_type_mismatch"),
        (("a.mp3", wav(1), "audio/mpeg"), "content_mismatch"),
        (("a.txt", b"hello", "text/plain"), "unsupported_format"),
        (("a", wav(1), "audio/wav"), "unsupported_format"),
        (("a.wav", b"", "audio/wav"), "file_empty"),
        (("a.wav", b"hello", "audio/wav"), "content_mismatch"),
    ],
)
@pytest.mark.parametrize("file_first", [False, True])
async def test_files_that_are_refused(
    ada: Paxs, services: Services, file: tuple[str, bytes, str | None], code: str, file_first: bool
) -> None:
    session = await ada.create_session()
    name, data, content_type = file
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    head += f"\r\nContent-Type: {content_type}" if content_type else ""
    parts = [session_part(session["id"]), (head, data)]
    answer = await post(ada, form(*(reversed(parts) if file_first else parts)))
    assert error_of(answer) == (400, code)
    assert answer.json()["error"]["field"] == "file"
    assert "MP3" in answer.json()["error"]["message"]
    assert await nothing_stays(services)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (form(session_part("{id}")), "file_required"),
        (form(file_part(wav(1))), "session_id_required"),
        (form(), "session_id_required"),
        (form(session_part(""), file_part(wav(1))), "session_id_required"),
        (form(session_part("{id}"), file_part(wav(1)), file_part(wav(1))), "file_ambiguous"),
        (form(file_part(wav(1)), session_part("{id}"), session_part(UNKNOWN)), "session_id_differs"),
        (form(session_part("{id}"), file_part(wav(1)), end=False), "form_incomplete"),
        (form(session_part("{id}"), file_part(wav(1)))[:-500], "form_incomplete"),
        (form(session_part("{id}"), file_part(wav(1), "")), "filename_required"),
        (form(session_part("{id}"), ('Content-Disposition: form-data; name="file"', b"x")), "filename_required"),
        (form(session_part("{id}"), *[('Content-Disposition: form-data; name="x"', b"")] * 25), "form_too_many_parts"),
        (form(session_part("{id}"), ("X: " + "y" * 20_000, b"")), "form_invalid"),
        (form(('Content-Disposition: form-data; name="session_id"', b"\xff\xfe")), "field_invalid"),
        (form(('Content-Disposition: form-data; name="session_id"', b"x" * 70_000)), "field_too_long"),
        (form(('Content-Disposition: form-data; name="language"', b"English!")), "language_invalid"),
        (form(('Content-Disposition: form-data; name="num_speakers"', b"0")), "num_speakers_invalid"),
        (form(('Content-Disposition: form-data; name="num_speakers"', "٢".encode())), "num_speakers_invalid"),
        (form(('Content-Disposition: form-data; name="num_speakers"', b"9" * 5000)), "num_speakers_invalid"),
        (b"", "form_incomplete"),
        (b"no form at all", "form_invalid"),
    ],
)
async def test_forms_that_are_refused(ada: Paxs, services: Services, body: bytes, code: str) -> None:
    session = await ada.create_session()
    assert error_of(await post(ada, body.replace(b"{id}", session["id"].encode()))) == (400, code)
    assert await nothing_stays(services)


async def test_an_unknown_session_is_refused_in_either_order(ada: Paxs, services: Services) -> None:
    for parts in ([session_part(UNKNOWN), file_part(wav(1))], [file_part(wav(1)), session_part(UNKNOWN)]):
        assert error_of(await post(ada, form(*parts))) == (404, "session_not_found")
        assert await nothing_stays(services)


async def test_a_connection_that_ends_leaves_nothing_behind(ada: Paxs, services: Services, app: FastAPI) -> None:
    session = await ada.create_session()
    whole = form(session_part(session["id"]), file_part(wav(60)))
    sent = 0

    async def receive() -> dict[str, object]:
        nonlocal sent
        if sent < len(whole) // 2:
            sent += 65_536
            return {"type": "http.request", "body": whole[sent - 65_536 : sent], "more_body": True}
        return {"type": "http.disconnect"}

    answered: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        answered.append(message)

    headers = {
        "authorization": f"Bearer {ada.token}",
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "content-length": str(len(whole)),
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/recordings",
        "raw_path": b"/api/recordings",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("minutebook.example", 80),
        "client": ("127.0.0.1", 5000),
    }
    await app(scope, receive, send)
    assert answered[0]["status"] == 400
    assert stored_files(services) == []
    assert (await ada.get(f"/api/sessions/{session['id']}")).json()["recording"] is None


async def test_a_file_beyond_the_limit_is_refused(
    services: Services, settings: Settings, ada: Paxs, user_token: IssueToken
) -> None:
    session = await ada.create_session()
    small = settings.model_copy(update={"http": settings.http.model_copy(update={"max_upload_bytes": 10_000})})
    limited = build_services(small, services.db, services.storage, services.jobs, services.clock)
    transport = httpx.ASGITransport(create_app(limited))
    async with httpx.AsyncClient(transport=transport, base_url="http://minutebook.example") as http:
        paxs = Paxs(http, ada.token)
        answer = await paxs.send(session["id"], ("a.wav", wav(1), "audio/wav"))
        assert error_of(answer) == (413, "file_too_large")
        declared = await paxs.send(session["id"], ("a.wav", wav(10), "audio/wav"))
        assert declared.status_code == 413
    assert await nothing_stays(services)


async def test_a_body_that_is_no_form_is_refused(ada: Paxs) -> None:
    assert error_of(await post(ada, b"x", "text/plain")) == (415, "unsupported_media_type")
    assert error_of(await post(ada, b"x", "multipart/form-data")) == (400, "boundary_missing")
    assert error_of(await post(ada, b"{", "application/json")) == (400, "body_not_json")
    assert error_of(await post(ada, b'{"url": "https://a.example/"}', "application/json")) == (
        400,
        "session_id_required",
    )


async def test_a_new_upload_replaces_the_old_one(ada: Paxs, services: Services) -> None:
    worker = Worker(services)
    session = await ada.create_session()
    first = await ada.upload(session["id"])
    await worker.drain()
    second = await ada.upload(session["id"])
    assert (await ada.get(f"/api/recordings/{first['id']}/analysis")).status_code == 404
    assert (await ada.get(f"/api/sessions/{session['id']}")).json()["recording"]["id"] == second["id"]
    await worker.drain()
    assert all(f"recordings/{second['id']}/" in path for path in stored_files(services))
    assert {r["status"] for r in (await ada.reports(second["id"])).values()} == {"completed"}


async def test_filenames_are_made_safe(ada: Paxs) -> None:
    session = await ada.create_session()
    answer = await ada.send(session["id"], ("../../etc/pass\twd ü\u202e.wav", wav(1), "audio/wav"))
    assert answer.status_code == 201
    assert "/" not in answer.json()["filename"]
    long = await ada.send(session["id"], ("x" * 400 + ".wav", wav(1), "audio/wav"))
    assert len(long.json()["filename"]) == 255
    assert long.json()["filename"].endswith(".wav")


async def test_uploads_that_never_completed_are_swept(services: Services, ada: Paxs, clock: VirtualClock) -> None:
    session = await ada.create_session()

    async def chunks() -> AsyncIterator[bytes]:
        yield wav(1)

    received = await services.recordings.receive(Incoming("a.wav", "audio/wav", chunks()))
    assert len(stored_files(services)) == 1
    assert await services.recordings.sweep() == 0
    clock.advance(UPLOAD_LIFE.total_seconds() + 1)
    assert await services.recordings.sweep() == 1
    assert stored_files(services) == []
    with pytest.raises(MinutebookError, match="too long"):
        await attached(services, session["id"], received)


async def attached(services: Services, session_id: str, received: Received) -> None:
    async with services.db.transaction() as tx:
        await services.recordings.attach(tx, await owner(services), session_id, received)


async def owner(services: Services) -> str:
    async with services.db.reading() as read:
        return (await services.accounts.user_by_email(read, "ada@example.com")).id


async def nothing_stays(services: Services) -> bool:
    """Neither an object, nor a plan to delete one, nor a recording."""
    async with services.db.reading() as read:
        rows = [
            (await read.execute(text(f"select count(*) from {table}"))).scalar_one()
            for table in ("recordings", "storage_disposals", "reports")
        ]
    return stored_files(services) == [] and rows == [0, 0, 0]
