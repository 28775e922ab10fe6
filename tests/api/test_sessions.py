"""Meetings through the HTTP door."""

import asyncio
import json

import httpx
import pytest
from sqlalchemy import func, select

from minutebook.db.database import metadata
from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import ADA, TOM, Paxs, Worker, error_of, stored_files


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


async def test_a_meeting_has_what_was_sent_and_defaults_for_the_rest(ada: Paxs, clock: VirtualClock) -> None:
    attendee = {"email": "Ada@Example.com", "displayName": " Ada \n Lovelace "}
    answer = await ada.call("POST", "/api/sessions", json={"attendees": [attendee]})
    assert answer.status_code == 201
    meeting = answer.json()
    assert meeting["title"] == "2026-03-02 09:00 UTC"
    assert meeting["description"] == ""
    assert meeting["attendees"] == [
        {"email": "Ada@example.com", "displayName": "Ada Lovelace", "role": "Unknown", "source": "manual"}
    ]
    assert (meeting["status"], meeting["recording"]) == ("created", None)
    assert (await ada.get(f"/api/sessions/{meeting['id']}")).json() == meeting


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "attendees_required", "attendees"),
        ({"attendees": []}, "attendees_required", "attendees"),
        ({"attendees": None}, "attendees_required", "attendees"),
        ({"attendees": "ada"}, "attendees_invalid", "attendees"),
        ({"attendees": [{"displayName": "Ada"}]}, "attendee_email_required", "attendees[0].email"),
        ({"attendees": [ADA, {"email": "x", "displayName": "X"}]}, "attendee_email_invalid", "attendees[1].email"),
        ({"attendees": [{"email": "a@b.example"}]}, "attendee_name_required", "attendees[0].displayName"),
        ({"attendees": [{**ADA, "displayName": " \t"}]}, "attendee_name_required", "attendees[0].displayName"),
        ({"attendees": [{**ADA, "source": "rumour"}]}, "attendee_source_unknown", "attendees[0].source"),
        ({"attendees": [ADA, {**ADA, "email": "ADA@example.com"}]}, "attendee_duplicate", "attendees[1].email"),
        ({"attendees": [ADA], "title": "x" * 301}, "text_too_long", "title"),
        ({"attendees": [ADA], "title": "a\x00b"}, "text_invalid", "title"),
        ({"attendees": [ADA], "description": "\ud800"}, "text_invalid", "description"),
        ({"attendees": [ADA], "title": 7}, "title_invalid", "title"),
        ({"attendees": [ADA], "titel": "Weekly"}, "member_unknown", "titel"),
        ({"attendees": [ADA, {**ADA, "rôle": "chair"}]}, "member_unknown", "attendees[1].rôle"),
        ({"attendees": [ADA], "x" * 5000: 1}, "member_unknown", f"{'x' * 100}…"),
        ({"attendees": [ADA], "\ud800": 1}, "member_unknown", "?"),
    ],
)
async def test_meetings_that_are_refused(ada: Paxs, body: dict[str, object], code: str, field: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await ada.call("POST", "/api/sessions", content=json.dumps(body), headers=headers)
    assert error_of(answer) == (400, code)
    assert answer.json()["error"]["field"] == field


async def test_a_repeated_creation_gives_the_same_meeting(ada: Paxs) -> None:
    key = {"Idempotency-Key": "weekly-1"}
    body = {"title": "Weekly", "attendees": [ADA]}
    answers = await asyncio.gather(*(ada.call("POST", "/api/sessions", json=body, headers=key) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await ada.get("/api/sessions")).json()["total"] == 1

    other = await ada.call("POST", "/api/sessions", json={**body, "title": "Other"}, headers=key)
    assert error_of(other) == (409, "idempotency_key_reused")
    empty = await ada.call("POST", "/api/sessions", json=body, headers={"Idempotency-Key": " "})
    assert error_of(empty) == (400, "idempotency_key_invalid")


async def test_keys_belong_to_their_owner_and_go_with_their_meeting(
    ada: Paxs, client: httpx.AsyncClient, other_user_token: IssueToken
) -> None:
    grace = Paxs(client, await other_user_token())
    key, body = {"Idempotency-Key": "k"}, {"attendees": [ADA]}
    mine = (await ada.call("POST", "/api/sessions", json=body, headers=key)).json()
    hers = (await grace.call("POST", "/api/sessions", json={"attendees": [TOM]}, headers=key)).json()
    assert mine["id"] != hers["id"]
    await ada.call("DELETE", f"/api/sessions/{mine['id']}")
    again = (await ada.call("POST", "/api/sessions", json=body, headers=key)).json()
    assert again["id"] != mine["id"]


async def test_pages_are_newest_first(ada: Paxs, clock: VirtualClock) -> None:
    for number in range(5):
        clock.advance(60)
        await ada.create_session(title=f"Meeting {number}")
    page = (await ada.get("/api/sessions", params={"page": 2, "page_size": 2})).json()
    assert [meeting["title"] for meeting in page["items"]] == ["Meeting 2", "Meeting 1"]
    assert (page["page"], page["page_size"], page["total"]) == (2, 2, 5)
    beyond = (await ada.get("/api/sessions", params={"page": 9})).json()
    assert (beyond["items"], beyond["total"]) == ([], 5)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"page": "0"}, "page_invalid"),
        ({"page": "x"}, "page_invalid"),
        ({"page": "99999999999999999999"}, "page_invalid"),
        ({"page_size": "0"}, "page_size_invalid"),
        ({"page_size": "101"}, "page_size_invalid"),
        ({"q": "a\x00"}, "text_invalid"),
        ({"q": "x" * 301}, "text_too_long"),
    ],
)
async def test_pages_that_are_refused(ada: Paxs, params: dict[str, str], code: str) -> None:
    assert error_of(await ada.get("/api/sessions", params=params)) == (400, code)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("budget", ["Budget ÄRGER 100%"]),
        ("ärger", ["Budget ÄRGER 100%"]),
        ("100%", ["Budget ÄRGER 100%"]),
        ("%", ["Budget ÄRGER 100%"]),
        ("_", []),
        ("tom weekly", ["Weekly"]),
        ("TOM@EXAMPLE", ["Weekly"]),
        ("secret", ["Weekly"]),
        ("tom budget", []),
        ("", ["Weekly", "Budget ÄRGER 100%"]),
    ],
)
async def test_search_looks_at_titles_descriptions_and_people(
    ada: Paxs, clock: VirtualClock, query: str, titles: list[str]
) -> None:
    await ada.create_session(title="Budget ÄRGER 100%", attendees=[ADA])
    clock.advance(1)
    await ada.create_session(title="Weekly", description="a secret plan", attendees=[TOM])
    found = (await ada.get("/api/sessions", params={"q": query})).json()
    assert [meeting["title"] for meeting in found["items"]] == titles


async def test_a_change_keeps_what_it_does_not_name(ada: Paxs, clock: VirtualClock) -> None:
    meeting = await ada.create_session(description="old")
    clock.advance(5)
    path = f"/api/sessions/{meeting['id']}"
    changed = (await ada.call("PATCH", path, json={"title": "New"})).json()
    assert (changed["title"], changed["description"], changed["attendees"]) == ("New", "old", meeting["attendees"])
    assert changed["updated_at"] > meeting["updated_at"]
    assert error_of(await ada.call("PATCH", path, json={"attendees": []})) == (400, "attendees_required")
    assert (await ada.get(path)).json() == changed


async def test_deleting_takes_everything_along(ada: Paxs, services: Services) -> None:
    worker = Worker(services)
    meeting = await ada.create_session()
    recording = await ada.upload(meeting["id"])
    await worker.drain()
    assert stored_files(services) != []

    assert (await ada.call("DELETE", f"/api/sessions/{meeting['id']}")).status_code == 204
    await worker.drain()
    assert stored_files(services) == []
    for path in (
        f"/api/sessions/{meeting['id']}",
        f"/api/recordings/{recording['id']}",
        f"/api/recordings/{recording['id']}/analysis",
        f"/api/recordings/{recording['id']}/transcript.txt",
    ):
        assert (await ada.get(path)).status_code == 404
    assert await _rows(services) == {}


async def _rows(services: Services) -> dict[str, int]:
    """Tables of these capabilities that still hold rows, besides the disposals that are due later."""
    names = ("meetings", "attendees", "meeting_requests", "recordings", "reports", "report_contents", "speaker_names")
    counts = {}
    async with services.db.reading() as read:
        for name in names:
            count = (await read.execute(select(func.count()).select_from(metadata.tables[name]))).scalar_one()
            if count:
                counts[name] = count
    return counts
