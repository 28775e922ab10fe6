"""The description of the API at `/openapi.json`."""

from typing import Any

from fastapi import FastAPI

_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")


class Application(FastAPI):
    """FastAPI, which describes its own 422 for bad input; here bad input is a 400 with the body of every error."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            for operations in document["paths"].values():
                for operation in operations.values():
                    operation["responses"].pop("422", None)
            for name in _FRAMEWORKS_OWN:
                document.get("components", {}).get("schemas", {}).pop(name, None)
        return super().openapi()


def form_or_json(required: list[str], properties: dict[str, str]) -> dict[str, Any]:
    """The description of a body of text fields that may come as JSON or as a form: field → what it means."""
    fields = {name: {"type": "string", "description": meaning} for name, meaning in properties.items()}
    content = {"schema": {"type": "object", "required": required, "properties": fields}}
    media_types = ("application/json", "application/x-www-form-urlencoded")
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, content)}}
