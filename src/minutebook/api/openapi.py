"""The description of the API at `/openapi.json`."""

import copy
from collections.abc import Iterator
from re import sub
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import JSONResponse

from minutebook.api.examples import CONTENTS, EXAMPLES

ABOUT = """Meetings become records: a speaker-attributed transcript, a note whose lines point at what was said, key
points and sentiment. This is the PAXS API of the server, with what it has on top; bots and their calendars have an API
of their own, described at `/meetingbaas/openapi.json`.

Sign in with OAuth 2 (`/.well-known/oauth-authorization-server`), or make a token on the server with
`minutebook admin create-token`, and send it as `Authorization: Bearer …`. Errors are
`{"error": {"code", "message", "field"}}`; codes stay.
"""

PARAMETERS = {
    "session_id": "The session (meeting), by its id.",
    "recording_id": "The recording, by its id.",
    "template_id": "The note template, by its id.",
    "edit_id": "The correction, by its id.",
    "key_id": "The API key, by its id.",
    "sign_in_id": "The sign-in, by its id.",
    "voice_id": "The remembered voice, by its id.",
    "program_id": "The program, by its id.",
    "user_id": "The user, by their id.",
    "calendar_id": "The calendar, by its id.",
    "bot_id": "The bot, by its id.",
    "command_id": "The command, by its id.",
    "number": "The participant, by the number in `participants`.",
    "export_format": "`txt`, `srt`, `vtt` or `md`; `json` has a description of its own.",
    "state": "The state that the sign-in began with.",
}
"""What a parameter is that its endpoint does not describe: one name, one thing."""

_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")


class Application(FastAPI):
    """FastAPI, which describes its own 422 for bad input; here bad input is a 400 with the body of every error."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["info"]["description"] = ABOUT
            document["servers"] = [{"url": "/", "description": "This server."}]
            for path, method, operation in _operations(document):
                operation["responses"].pop("422", None)
                operation["operationId"] = _readable(operation, path, method)
                _exemplify(operation)
                for parameter in operation.get("parameters", ()):
                    if meaning := PARAMETERS.get(parameter["name"]):
                        parameter.setdefault("description", meaning)
            schemas = document.get("components", {}).get("schemas", {})
            for name in _FRAMEWORKS_OWN:
                schemas.pop(name, None)
            for name in EXAMPLES.keys() & schemas.keys():
                schemas[name]["examples"] = [EXAMPLES[name]]
        return super().openapi()


router = APIRouter()

Reader = Annotated[Literal["generators"] | None, Query(alias="for")]
"""For whom a description is: for people and most programs, or for generators of clients."""


@router.get("/openapi.json", include_in_schema=False)
async def description(request: Request, reader: Reader = None) -> JSONResponse:
    """The document."""
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(for_generators(document) if reader else document)


def for_generators(document: dict[str, Any]) -> dict[str, Any]:
    """The document as generators of clients take it: each operation has one kind of body, since they send the wrong one
    or code that does not run, and all bytes are called by the one name that they know."""
    document = copy.deepcopy(document)
    for _, _, operation in _operations(document):
        if "requestBody" in operation:
            media_type, content = next(iter(operation["requestBody"]["content"].items()))
            operation["requestBody"]["content"] = {media_type: content}
        for answer in operation["responses"].values():
            for content in [*answer.get("content", {}).values()]:
                if content["schema"].get("format") == "binary":
                    answer["content"] = {"application/octet-stream": content}
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _readable(operation: dict[str, Any], path: str, method: str) -> str:
    """`sessions.create`: the tag and the function's name; the framework adds path and method to the name."""
    tail = sub(r"\W", "_", f"{path}_{method}")
    return f"{operation['tags'][0].replace(' ', '_')}.{operation['operationId'].removesuffix(tail)}"


def _exemplify(operation: dict[str, Any]) -> None:
    """Give contents without a schema of their own an example. A list's title names path and method, which generators of
    clients make names of."""
    holders = {"body": operation.get("requestBody", {}), **operation["responses"]}
    for where, holder in holders.items():
        for media_type, content in holder.get("content", {}).items():
            named = ((operation["operationId"], where, label) for label in (media_type, ""))
            example = next((CONTENTS[name] for name in named if name in CONTENTS), None)
            schema = content.get("schema", {})
            if example is not None:
                content["example"] = example
            elif schema.get("type") == "array":
                content["example"] = [EXAMPLES[schema["items"]["$ref"].rpartition("/")[2]]]
            if "$ref" not in schema:
                schema.pop("title", None)


def form_or_json(required: list[str], properties: dict[str, str]) -> dict[str, Any]:
    """The description of a body of text fields that may come as JSON or as a form: field → what it means."""
    fields = {name: {"type": "string", "description": meaning} for name, meaning in properties.items()}
    content = {"schema": {"type": "object", "required": required, "properties": fields}}
    media_types = ("application/json", "application/x-www-form-urlencoded")
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, content)}}
