"""Other sites' pages may call the v1 API from a browser: its callers carry a key in a header, no cookie helps them."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS: Final = ("GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS")
UNREAD: Final = "X-Ignored-Members"
"""Names what a body had that nothing reads: a misspelling is noticed although the contract wants it accepted."""
UNREAD_MOST: Final = 10
NAME_MOST: Final = 100
EXPOSED: Final = ("Accept-Ranges", "Content-Length", "Content-Range", "ETag", "Retry-After", "X-Request-ID", UNREAD)


class CrossOrigin:
    """Answers preflights and marks answers as readable from anywhere, below these paths alone."""

    def __init__(self, app: ASGIApp, paths: Sequence[str]) -> None:
        self._app = app
        self._paths = tuple(paths)
        self._open = CORSMiddleware(
            app, allow_origins=["*"], allow_methods=METHODS, allow_headers=["*"], expose_headers=EXPOSED, max_age=7200
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._paths):
            return await self._app(scope, receive, send)

        async def for_everybody(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Without this a browser refuses to play a recording in a page of another site.
                headers = MutableHeaders(scope=message)
                headers["Cross-Origin-Resource-Policy"] = "cross-origin"
                if names := scope.get("state", {}).get("unread"):
                    headers[UNREAD] = ", ".join(_quoted(each) for each in names[:UNREAD_MOST])
            await send(message)

        await self._open(scope, receive, for_everybody)


def _quoted(name: str) -> str:
    """As a header can hold it: percent-encoded (RFC 3986), cut; quotes for a name that is empty."""
    return quote(name[:NAME_MOST], errors="replace") + "..." * (len(name) > NAME_MOST) or '""'
