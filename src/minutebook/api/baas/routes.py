"""Routes as v1 clients write them: with a slash at the end or without. A redirect would lose headers or bodies."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter


class Routes(APIRouter):
    """A router that serves every path in both forms. None of them is in the description of the PAXS API: this API has
    a document of its own."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        for form in (path, other):
            super().add_api_route(form, endpoint, **{**kwargs, "include_in_schema": False})
