"""Languages that are none, that the model lacks, or that go by another name: at every door."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from minutebook.config import Settings
from minutebook.wiring import Services
from support.records import Paxs, Worker, content_of, error_of, wav

UNDERSTOOD = [
    ("nb", "no"),
    ("fil", "tl"),
    ("iw", "he"),
    ("jv", "jw"),
    ("en-US", "en"),
    ("zh-CN", "zh"),
    ("German", "de"),
]
NONE = ["xx", "Klingon", "e"]


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: Callable[..., Awaitable[str]]) -> Paxs:
    return Paxs(client, await user_token())


async def sent(ada: Paxs, language: str) -> httpx.Response:
    session = await ada.create_session()
    return await ada.send(session["id"], ("a.wav", wav(), "audio/wav"), data={"language": language})


@pytest.mark.parametrize(("told", "code"), UNDERSTOOD)
async def test_an_upload_may_call_its_language_by_any_name(ada: Paxs, told: str, code: str) -> None:
    answer = await sent(ada, told)
    assert (answer.status_code, answer.json()["language"]) == (201, code)


@pytest.mark.parametrize("told", NONE)
async def test_an_unknown_language_is_refused_at_every_door(ada: Paxs, told: str) -> None:
    assert error_of(await sent(ada, told)) == (400, "language_invalid")
    session = await ada.create_session()
    await ada.upload(session["id"])
    asked = {"session_id": session["id"], "analysis_types": ["transcription"], "language": told}
    answer = await ada.call("POST", "/api/analysis/request", json=asked)
    assert error_of(answer) == (400, "language_invalid")
    assert answer.json()["error"]["field"] == "language"


async def test_a_language_that_the_model_lacks_is_detected_and_said(ada: Paxs, services: Services) -> None:
    recording = (await sent(ada, "Irish")).json()
    await Worker(services).drain()
    report = (await ada.reports(recording["id"]))["transcription"]
    assert report["status"] == "completed", report["error"]
    transcript = content_of(report)["content"]["transcription"]
    assert transcript["language"] == "en"
    assert "The speech model does not know Irish; the recording was transcribed as English." in transcript["notices"]


@pytest.mark.parametrize(("told", "code"), [*UNDERSTOOD, ("auto", None)])
def test_the_configuration_takes_the_same_names(told: str, code: str | None) -> None:
    assert Settings(_env_file=None, speech={"language": told}).speech.language == code


def test_the_configuration_refuses_what_is_no_language() -> None:
    with pytest.raises(ValueError, match="neither a language's code nor its English name"):
        Settings(_env_file=None, speech={"language": "xx"})


async def test_a_business_note_is_a_meeting_note(ada: Paxs, services: Services) -> None:
    session = await ada.create_session()
    await ada.upload(session["id"])
    await Worker(services).drain()
    asked = {"session_id": session["id"], "analysis_types": ["business note", "meeting note"], "instruction": "Short."}
    answer = await ada.call("POST", "/api/analysis/request", json=asked)
    assert answer.status_code == 202, answer.text
    assert [report["analysis_type"] for report in answer.json()] == ["meeting note"]
    unknown = await ada.call("POST", "/api/analysis/request", json={**asked, "analysis_types": ["business plan"]})
    assert error_of(unknown) == (400, "analysis_type_unknown")
    assert "meeting note" in unknown.json()["error"]["message"]
