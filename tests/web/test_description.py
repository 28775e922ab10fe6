"""`/docs`: the API as people read it."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
from jsonschema_rs import Draft202012Validator

from minutebook.api.described import described

MAIN = {"SessionIn", "SessionOut", "RecordingOut", "AnalysisIn", "ReportOut", "SpeakersIn"}


async def test_every_operation_with_its_members(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    page = await client.get("/docs", headers={"Accept": "text/html"})
    assert page.status_code == 200
    names = [each["operationId"] for operations in document["paths"].values() for each in operations.values()]
    assert [name for name in names if f'<details id="{name}">' not in page.text] == []
    assert "<code>attendees[].displayName</code>" in page.text
    assert "Idempotency-Key".lower() in page.text


async def test_nothing_comes_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert "<script" not in page.text
    fetched = re.findall(r'<(?:link|img)[^>]* (?:href|src)="([^"]+)"', page.text)
    assert fetched
    assert all(address.startswith("/static/") for address in fetched)
    for address in fetched:
        assert (await client.get(address)).status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_examples_are_what_their_schemas_say(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    shown = {name: each["examples"] for name, each in document["components"]["schemas"].items() if "examples" in each}
    assert shown.keys() >= MAIN
    inline = document["paths"]["/api/recordings"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    Draft202012Validator(inline, validate_formats=True).validate(inline["examples"][0])
    for name, examples in shown.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        for example in examples:
            Draft202012Validator(schema, validate_formats=True).validate(example)
            assert set(example) <= set(document["components"]["schemas"][name]["properties"]), name


def _contents(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every body and every answer: its operation, its media type and the content."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for holder in [operation.get("requestBody", {}), *operation["responses"].values()]:
                for media_type, content in holder.get("content", {}).items():
                    yield operation["operationId"], media_type, content


async def test_every_body_and_answer_has_an_example_that_its_schema_allows(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    without, seen = [], 0
    for name, media_type, content in _contents(document):
        schema = content["schema"]
        told = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
        examples = [content["example"]] if "example" in content else told.get("examples", [])
        if not examples and schema.get("format") != "binary":
            without.append((name, media_type))
        for example in examples:
            whole = {**schema, "components": document["components"]}
            Draft202012Validator(whole, validate_formats=True).validate(example)
            seen += 1
    assert without == []
    assert seen > 150
    # Two schemas of one name are told under the paths of their modules, which generators of clients stumble over.
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


async def test_bytes_are_described_as_bytes_alone(client: httpx.AsyncClient) -> None:
    """Generated clients parse what is called JSON, also where it is a recording."""
    paths = (await client.get("/openapi.json")).json()["paths"]
    binary = {"schema": {"type": "string", "format": "binary"}}
    for part in ("media", "preview"):
        answers = paths[f"/api/recordings/{{recording_id}}/{part}"]["get"]["responses"]
        assert answers["200"]["content"] == answers["206"]["content"] == {"application/octet-stream": binary}
    assert list(paths["/api/recordings/{recording_id}/transcript.json"]["get"]["responses"]["200"]["content"]) == [
        "application/json"
    ]


async def test_members_are_told_down_to_the_last(client: httpx.AsyncClient) -> None:
    groups = described((await client.get("/openapi.json")).json())
    (create,) = [each for each in groups["sessions"] if each.name == "sessions.create"]
    members = {each.name: each for body in create.bodies for each in body.members}
    assert members["attendees"].type == "list of object or null"
    assert members["attendees[].email"].type == "string or null"
    assert create.scopes == ["session"]
    assert '"title": "Weekly"' in create.bodies[0].example
    made = next(each for each in create.answers if each.label.startswith("201"))
    assert "recording.duration_s" in {each.name for each in made.members}
