"""Note templates through the HTTP door: they are kept, they are their owners', and notes follow them."""

from typing import Any

import httpx
import pytest

from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker, content_of, error_of

ACTIONS = {"name": "Actions", "sections": [{"kinds": ["action"], "heading": "To do"}]}
UNKNOWN = "01935b1c-0000-7000-8000-000000000000"


@pytest.fixture
async def ada(client: httpx.AsyncClient, user_token: IssueToken) -> Paxs:
    return Paxs(client, await user_token())


@pytest.fixture
async def grace(client: httpx.AsyncClient, other_user_token: IssueToken) -> Paxs:
    return Paxs(client, await other_user_token())


@pytest.fixture
def worker(services: Services) -> Worker:
    return Worker(services)


async def make(paxs: Paxs, **fields: Any) -> dict[str, Any]:
    answer = await paxs.call("POST", "/api/note-templates", json={**ACTIONS, **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def change(paxs: Paxs, template: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = await paxs.call("PATCH", f"/api/note-templates/{template['id']}", json=fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def meeting(ada: Paxs, worker: Worker) -> tuple[str, str]:
    """A session and its recording, all done."""
    session = (await ada.create_session())["id"]
    recording = (await ada.upload(session))["id"]
    await worker.drain()
    return session, recording


async def note(ada: Paxs, worker: Worker, session: str, recording: str, **fields: Any) -> dict[str, Any]:
    """A new note, asked for with these fields."""
    body = {"session_id": session, "analysis_types": ["meeting note"], **fields}
    answer = await ada.call("POST", "/api/analysis/request", json=body)
    assert answer.status_code == 202, answer.text
    await worker.drain()
    return await shown_note(ada, recording)


async def shown_note(ada: Paxs, recording: str) -> dict[str, Any]:
    found: dict[str, Any] = content_of((await ada.reports(recording))["meeting note"])
    return found


def headings(shown: dict[str, Any]) -> list[str]:
    return [line[3:] for line in shown["markdown"].splitlines() if line.startswith("## ")]


async def test_templates_are_kept(ada: Paxs) -> None:
    made = await make(ada, instruction="Short", meeting_type="team")
    path = f"/api/note-templates/{made['id']}"
    assert (made["instruction"], made["meeting_type"]) == ("Short", "team")
    assert made["sections"] == [{"kinds": ["action"], "heading": "To do"}]
    assert (await ada.get(path)).json() == made
    assert (await ada.get("/api/note-templates")).json() == {"templates": [made]}
    renamed = await change(ada, made, name="Do")
    assert {**renamed, "name": "Actions", "updated_at": made["updated_at"]} == made
    bare = await change(ada, made, instruction=None, meeting_type=None, sections=[{"kinds": ["topic", "decision"]}])
    assert (bare["instruction"], bare["meeting_type"], bare["name"]) == (None, None, "Do")
    assert bare["sections"] == [{"kinds": ["topic", "decision"], "heading": None}]
    assert (await ada.get(path)).json() == bare
    assert (await ada.call("DELETE", path)).status_code == 204
    assert error_of(await ada.get(path)) == (404, "template_not_found")
    assert error_of(await ada.call("DELETE", path)) == (404, "template_not_found")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": None}, "name_required", "name"),
        ({"name": "x" * 201}, "text_too_long", "name"),
        ({"name": "\u0000"}, "text_invalid", "name"),
        ({"sections": None}, "sections_required", "sections"),
        ({"sections": []}, "sections_required", "sections"),
        ({"sections": [{}]}, "section_kinds_required", "sections[0].kinds"),
        ({"sections": [{"kinds": ["joke"]}]}, "section_kind_unknown", "sections[0].kinds"),
        ({"sections": [{"kinds": ["topic"]}, {"kinds": ["topic"]}]}, "section_kind_repeated", "sections[1].kinds"),
        ({"sections": "all"}, "sections_invalid", "sections"),
        ({"instruction": "x" * 8001}, "text_too_long", "instruction"),
        ({"meeting_type": "party"}, "meeting_type_unknown", "meeting_type"),
    ],
)
async def test_templates_that_are_refused(ada: Paxs, fields: dict[str, Any], code: str, field: str) -> None:
    answer = await ada.call("POST", "/api/note-templates", json={**ACTIONS, **fields})
    assert error_of(answer) == (400, code)
    assert answer.json()["error"]["field"] == field
    made = await make(ada)
    answer = await ada.call("PATCH", f"/api/note-templates/{made['id']}", json=fields)
    assert error_of(answer) == (400, code)


async def test_a_name_and_a_meeting_type_belong_to_one_template(ada: Paxs, grace: Paxs) -> None:
    await make(ada, meeting_type="team")
    other = await make(ada, name="Other")
    path = f"/api/note-templates/{other['id']}"
    for taken, code in (
        ({"name": "ACTIONS"}, "template_name_taken"),
        ({"meeting_type": "team"}, "template_meeting_type_taken"),
    ):
        fields = {**ACTIONS, "name": "New", **taken}
        for answer in (
            await ada.call("POST", "/api/note-templates", json=fields),
            await ada.call("PATCH", path, json=taken),
        ):
            assert error_of(answer) == (409, code)
            assert answer.json()["error"]["field"] in taken
    assert (await ada.get(path)).json() == other
    assert (await make(grace, meeting_type="team"))["name"] == "Actions"


async def test_a_named_template_shapes_the_note(ada: Paxs, worker: Worker) -> None:
    made = await make(ada, instruction="Only what is to be done")
    session, recording = await meeting(ada, worker)
    plain = await shown_note(ada, recording)
    assert headings(plain)[:3] == ["Summary", "Decisions", "Action items"]
    for named in (made["id"], "  actions "):
        shaped = await note(ada, worker, session, recording, template=named)
        assert headings(shaped) == ["To do"]
        assert "figures" in shaped["markdown"]
        assert "March" not in shaped["markdown"]
        assert [item["kind"] for item in shaped["items"]] == [item["kind"] for item in plain["items"]]
    names = [{"id": "speaker_2", "name": "Grace"}]
    await ada.call("PATCH", f"/api/recordings/{recording}/speakers", json={"speakers": names})
    assert "— Grace" in (await shown_note(ada, recording))["markdown"]


async def test_a_note_keeps_what_its_template_was(ada: Paxs, worker: Worker) -> None:
    made = await make(ada, instruction="All")
    session, recording = await meeting(ada, worker)
    shaped = await note(ada, worker, session, recording, template="Actions")
    await change(ada, made, sections=[{"kinds": ["decision"]}])
    assert await shown_note(ada, recording) == shaped
    await ada.call("DELETE", f"/api/note-templates/{made['id']}")
    assert await shown_note(ada, recording) == shaped


async def test_a_meeting_type_brings_its_template(ada: Paxs, worker: Worker) -> None:
    await make(ada, meeting_type="team")
    decisions = [{"kinds": ["decision"], "heading": "Settled"}]
    await make(ada, name="Decisions", sections=decisions, meeting_type="company", instruction="All")
    session, recording = await meeting(ada, worker)
    asked = {"instruction": "All"}
    assert headings(await note(ada, worker, session, recording, **asked, meeting_type="team")) == ["To do"]
    assert headings(await note(ada, worker, session, recording, meeting_type="company")) == ["Settled"]
    assert len(headings(await note(ada, worker, session, recording, **asked, meeting_type="department"))) > 1
    named = await note(ada, worker, session, recording, **asked, meeting_type="team", template="decisions")
    assert (headings(named), named["meeting_type"]) == (["Settled"], "team")
    named = await note(ada, worker, session, recording, **asked, template="decisions")
    assert named["meeting_type"] == "company"


async def test_the_note_of_an_upload_has_the_template_of_groups(ada: Paxs, grace: Paxs, worker: Worker) -> None:
    await make(ada, meeting_type="group")
    _, recording = await meeting(ada, worker)
    assert headings(await shown_note(ada, recording)) == ["To do"]
    _, recording = await meeting(grace, worker)
    assert "To do" not in headings(await shown_note(grace, recording))


async def test_the_instruction_is_the_requests_else_the_templates(
    ada: Paxs, worker: Worker, services: Services
) -> None:
    await make(ada, instruction="The template's")
    await make(ada, name="Silent")
    session, recording = await meeting(ada, worker)

    async def instruction() -> str:
        async with services.db.reading() as tx:
            owner = (await services.accounts.user_by_email(tx, "ada@example.com")).id
            reports = await services.analysis.progress(tx, owner, recording)
        return next(report.options.instruction for report in reports if report.type == "meeting note")

    await note(ada, worker, session, recording, template="actions")
    assert await instruction() == "The template's"
    await note(ada, worker, session, recording, template="actions", instruction="The request's")
    assert await instruction() == "The request's"
    body = {"session_id": session, "analysis_types": ["meeting note"]}
    for fields in ({}, {"template": "Silent"}):
        answer = await ada.call("POST", "/api/analysis/request", json={**body, **fields})
        assert error_of(answer) == (400, "instruction_required")


async def test_nobody_uses_anothers_template(ada: Paxs, grace: Paxs, worker: Worker) -> None:
    made = await make(grace, instruction="All")
    session, _ = await meeting(ada, worker)
    for named in (made["id"], "Actions", UNKNOWN, ""):
        body = {"session_id": session, "analysis_types": ["meeting note"], "instruction": "All", "template": named}
        assert error_of(await ada.call("POST", "/api/analysis/request", json=body)) == (404, "template_not_found")
