"""Transcripts to take away, over HTTP."""

import httpx
import pytest

from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker, error_of


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
async def transcript(ada: Paxs, services: Services) -> str:
    recording = await ada.upload((await ada.create_session())["id"])
    await Worker(services).drain()
    path = f"/api/recordings/{recording['id']}"
    await ada.call("PATCH", f"{path}/speakers", json={"speakers": [{"id": "speaker_2", "name": "T & K <i>"}]})
    return f"{path}/transcript"


@pytest.mark.parametrize(
    ("extension", "media_type", "parts"),
    [
        ("txt", "text/plain", ["[0:04] T & K ‹i›: I will send the figures", "[0:00] Speaker 1: Good morning"]),
        ("srt", "application/x-subrip", ["1\n00:00:00,500 --> 00:00:04,000\nSpeaker 1: Good morning everybody,"]),
        ("vtt", "text/vtt", ["WEBVTT\n\n", "00:00:04.500 --> ", "<v T &amp; K &lt;i&gt;>I will send"]),
        ("md", "text/markdown", ["**T & K \\<i\\>** (0:04): I will send the figures"]),
    ],
)
async def test_formats(ada: Paxs, transcript: str, extension: str, media_type: str, parts: list[str]) -> None:
    answer = await ada.get(f"{transcript}.{extension}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["content-disposition"] == f'attachment; filename="transcript.{extension}"'
    for part in parts:
        assert part in answer.text


async def test_json_is_the_contracts_object(ada: Paxs, transcript: str) -> None:
    value = (await ada.get(f"{transcript}.json")).json()
    assert [s["name"] for s in value["speakers"]] == ["Speaker 1", "T & K <i>"]
    assert value["speakers"][0]["talk_time_s"] == pytest.approx(7.0)
    assert value["segments"][0]["words"][0] == {"word": "Good", "start": 0.5, "end": 0.889, "probability": 0.9}
    assert value["summary"]


async def test_exports_that_are_refused(ada: Paxs, transcript: str) -> None:
    assert error_of(await ada.get(f"{transcript}.pdf")) == (400, "format_unknown")
    recording = await ada.upload((await ada.create_session())["id"])
    answer = await ada.get(f"/api/recordings/{recording['id']}/transcript.txt")
    assert error_of(answer) == (409, "not_ready")
