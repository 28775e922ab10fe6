"""The style sheet and the icon."""

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from minutebook.api.web.render import FOLDER


class PageFiles(StaticFiles):
    """Files that browsers may keep for an hour."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER / "static")

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or the error of `StaticFiles`."""
        response = await super().get_response(path, scope)
        MutableHeaders(raw=response.raw_headers)["Cache-Control"] = "public, max-age=3600"
        return response
