"""Style sheets, scripts and pictures. Their address carries what they hold, so that browsers may keep them for good."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER: Final = Path(__file__).parent / "static"
MARK: Final = "v-"


@cache
def _version() -> str:
    """Changes with any of the files: modules import each other by relative addresses, so one mark is for all."""
    whole = hashlib.sha256()
    for file in sorted(FOLDER.rglob("*")):
        if file.is_file():
            whole.update(f"{file.relative_to(FOLDER)}\n".encode())
            whole.update(file.read_bytes())
    return MARK + whole.hexdigest()[:12]


def file_url(name: str) -> str:
    """Where browsers find a file."""
    return f"/static/{_version()}/{name}"


class PageFiles(StaticFiles):
    """Files that browsers may keep: for good under their present mark, for an hour without one."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or the error of `StaticFiles`."""
        first, _, rest = path.partition("/")
        marked = first.startswith(MARK) and bool(rest)
        response = await super().get_response(rest if marked else path, scope)
        kept = "public, max-age=31536000, immutable" if first == _version() else "public, max-age=3600"
        MutableHeaders(raw=response.raw_headers)["Cache-Control"] = kept
        return response
