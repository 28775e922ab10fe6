"""Names as the world's clients and keyboards write them."""

import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from minutebook.wiring import Services
from support.records import Paxs, Worker, wav

NFD = unicodedata.normalize("NFD", "Café Zürich Müller")


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: Callable[..., Awaitable[str]]) -> Paxs:
    return Paxs(client, await user_token())


async def uploaded(ada: Paxs, disposition: bytes) -> dict[str, Any]:
    session = (await ada.create_session())["id"].encode()
    body = (
        b'--x\r\nContent-Disposition: form-data; name="session_id"\r\n\r\n' + session + b"\r\n"
        b"--x\r\nContent-Disposition: form-data; " + disposition + b"\r\nContent-Type: audio/wav\r\n\r\n"
        + wav(1.0) + b"\r\n--x--\r\n"
    )  # fmt: skip
    answer = await ada.call(
        "POST", "/api/recordings", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (
            b"name=file; filename=\"=?utf-8?B?UsOpdW5pb24ud2F2?=\"; filename*=utf-8''R%C3%A9union.wav",
            "Réunion.wav",
        ),
        (b"name=\"file\"; filename*=utf-8''R%C3%A9union.wav", "Réunion.wav"),
        (b'name="file"; filename*="UTF-8\'fr\'R%C3%A9union.wav"', "Réunion.wav"),
        (b'name="file"; filename*=iso-8859-1\'de\'M%FCller.wav; filename="other.wav"', "Müller.wav"),
        (b'name=file; filename="=?iso-8859-1?Q?M=FCller=2Ewav?="', "Müller.wav"),
        (b'name=file; filename="=?utf-8?B?UsOpdW5p?= =?utf-8?B?b24ud2F2?="', "Réunion.wav"),
        (b'name="file"; filename="File with %22quotes%22.wav"', 'File with "quotes".wav'),
        (b'name="file"; filename="two%0D%0Alines.wav"', "two lines.wav"),
        (b'name="file"; filename="100%25 sure %41.wav"', "100%25 sure %41.wav"),
        ('name="file"; filename="Réunion; \\"q\\".wav"'.encode(), 'Réunion; "q".wav'),
        (b'name="file"; filename="a; filename*=utf-8\'\'evil.wav"', "a; filename*=utf-8''evil.wav"),
        (b'name="file"; filename="kept.wav"; filename*=utf-8\'\'%C3.wav', "kept.wav"),
        (b'name="file"; filename="kept.wav"; filename*=klingon\'\'x.wav', "kept.wav"),
        (b'name="file"; filename="=?utf-8?B?not base64?=.wav"', "=?utf-8?B?not base64?=.wav"),
        (b"name=\"file\"; filename*=utf-8''..%2F..%2Fetc%2Fa.wav", "a.wav"),
        (f'name="file"; filename="{NFD}.wav"'.encode(), "Café Zürich Müller.wav"),
    ],
)
async def test_a_file_keeps_its_name(ada: Paxs, disposition: bytes, name: str) -> None:
    assert (await uploaded(ada, disposition))["filename"] == name


@pytest.mark.parametrize("typed", ["Zürich", unicodedata.normalize("NFD", "zürich"), "MÜLLER", "cafÉ müller", "Ｃafé"])
async def test_a_decomposed_title_is_found_as_it_is_typed(ada: Paxs, typed: str) -> None:
    session = await ada.create_session(title=NFD, description=NFD)
    assert (session["title"], session["description"]) == ("Café Zürich Müller",) * 2
    found = (await ada.get("/api/sessions", params={"q": typed})).json()
    assert found["total"] == 1


async def test_names_that_differ_in_their_spelling_alone_are_one(ada: Paxs) -> None:
    attendee = {"email": "z@example.com", "displayName": unicodedata.normalize("NFD", "Zoë Müller")}
    session = await ada.create_session(attendees=[attendee])
    assert session["attendees"][0]["displayName"] == "Zoë Müller"
    name, sections = "Protokoll für Zoë", [{"kinds": ["decision"]}]
    for spelling, status in ((name, 201), (unicodedata.normalize("NFD", name), 409)):
        template = {"name": spelling, "sections": sections}
        assert (await ada.call("POST", "/api/note-templates", json=template)).status_code == status


async def test_a_correction_is_kept_composed(ada: Paxs, services: Services) -> None:
    session = await ada.create_session()
    recording = await ada.upload(session["id"])
    await Worker(services).drain()
    edit = {"segment": 0, "word": 0, "text": unicodedata.normalize("NFD", "Grüß")}
    path = f"/api/recordings/{recording['id']}/transcript"
    assert (await ada.call("PATCH", path, json={"edits": [edit]})).status_code == 200
    assert "Grüß morning" in (await ada.get(f"{path}.txt")).text
