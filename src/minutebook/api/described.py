"""The description of the API as people read it: `/openapi.json` by tag, with members instead of schemas. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DEEPEST: Final = 4
"""Levels of members that are told one by one; the API's own bodies have three."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter, or a member of a body: `attendees[].email`. `where` is `path`, `query` or `header`, empty in
    bodies."""

    name: str
    type: str
    required: bool
    meaning: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A body or an answer: how it is labelled, what it has, and an example as JSON, empty where there is none."""

    label: str
    meaning: str
    members: list[Member] = field(default_factory=list)
    example: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `scopes` are those that a token needs."""

    name: str
    method: str
    path: str
    summary: str
    meaning: str
    scopes: list[str]
    parameters: list[Member]
    bodies: list[Content]
    answers: list[Content]


def described(document: Document) -> Mapping[str, list[Operation]]:
    """The operations by tag, in the order of the document."""
    groups: dict[str, list[Operation]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(document, path, method, operation))
    return groups


def _operation(document: Document, path: str, method: str, operation: Document) -> Operation:
    return Operation(
        operation["operationId"],
        method.upper(),
        path,
        operation.get("summary", ""),
        operation.get("description", ""),
        [scope for way in operation.get("security", ()) for scopes in way.values() for scope in scopes],
        [_parameter(document, each) for each in operation.get("parameters", ())],
        list(_contents(document, operation.get("requestBody", {}))),
        [
            Content(f"{status} {body.label}".strip(), answer.get("description", ""), body.members, body.example)
            for status, answer in sorted(operation["responses"].items())
            for body in (list(_contents(document, answer)) or [Content("", "")])
        ],
    )


def _parameter(document: Document, told: Document) -> Member:
    kind = _type(document, told.get("schema", {}))
    return Member(told["name"], kind, told.get("required", False), told.get("description", ""), told["in"])


def _contents(document: Document, holder: Document) -> Iterator[Content]:
    for label, content in holder.get("content", {}).items():
        schema = _resolved(document, content.get("schema", {}))
        examples = [content["example"]] if "example" in content else schema.get("examples") or ()
        example = json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else ""
        yield Content(label, schema.get("description", ""), list(_members(document, schema, "", DEEPEST)), example)


def _members(document: Document, schema: Document, before: str, levels: int) -> Iterator[Member]:
    if levels == 0:
        return
    schema = _resolved(document, schema)
    if "items" in schema:
        yield from _members(document, schema["items"], f"{before}[]", levels)
    for name, told in schema.get("properties", {}).items():
        whole = f"{before}.{name}".lstrip(".")
        meaning = told.get("description") or ""
        yield Member(whole, _type(document, told), name in schema.get("required", ()), meaning)
        yield from _members(document, told, whole, levels - 1)


def _resolved(document: Document, schema: Document) -> Document:
    """The schema itself: behind its reference, and without the null that it may be as well."""
    if reference := schema.get("$ref"):
        return _resolved(document, document["components"]["schemas"][reference.rpartition("/")[2]])
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return _resolved(document, choices[0]) if len(choices) == 1 else schema


def _type(document: Document, schema: Document) -> str:
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(_type(document, each) for each in choices))
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " or ".join(json.dumps(each) for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(document, schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any JSON")
