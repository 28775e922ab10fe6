"""Search through the HTTP door."""

import httpx
import pytest

from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker, error_of


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


async def test_what_was_said_is_found_through_every_door(ada: Paxs, services: Services) -> None:
    session = await ada.create_session(title="Roadmap")
    await ada.upload(session["id"])
    await Worker(services).drain()
    other = await ada.create_session(title="Standup")

    page = (await ada.get("/api/search", params={"q": "decide launch"})).json()
    (found,) = page["items"]
    assert (found["session_id"], found["title"], page["next_cursor"], page["read_as"]) == (
        session["id"],
        "Roadmap",
        None,
        {},
    )
    said = next(hit for hit in found["hits"] if hit["part"] == "transcript")
    assert said["text"] == "Great. We decided to move the launch to the tenth of March."
    assert said["start_s"] == pytest.approx(9.5)
    assert [part["text"] for part in said["snippet"] if part["found"]] == ["decided", "launch"]

    for q in ("decide launch", '"move the launch"', "roadmap figures", "tom decided"):
        listed = (await ada.get("/api/sessions", params={"q": q})).json()
        assert ([m["id"] for m in listed["items"]], listed["total"]) == ([session["id"]], 1), q
    question = "who decided the launch of elephants?"
    shortened = (await ada.get("/api/search", params={"q": question})).json()
    assert shortened["left_out"] == ["who", "the", "of", "elephants"]
    assert [item["session_id"] for item in shortened["items"]] == [session["id"]]
    listed = (await ada.get("/api/sessions", params={"q": question})).json()
    assert ([m["id"] for m in listed["items"]], listed["total"]) == ([session["id"]], 1)
    for q in ('"launch the move"', "standup decided"):
        assert (await ada.get("/api/sessions", params={"q": q})).json()["total"] == 0, q
    assert (await ada.get("/api/sessions", params={"q": "standup"})).json()["items"][0]["id"] == other["id"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"q": "x" * 301}, "text_too_long"),
        ({"q": "a\x00b"}, "text_invalid"),
        ({"q": "a", "cursor": "nonsense"}, "cursor_invalid"),
        ({"q": "a", "since": "yesterday"}, "since_invalid"),
    ],
)
async def test_searches_that_are_refused(ada: Paxs, params: dict[str, str], code: str) -> None:
    assert error_of(await ada.get("/api/search", params=params)) == (400, code)
