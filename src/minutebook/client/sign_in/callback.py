"""The callback server: waits on this machine for the browser to come back with the code."""

import hmac
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from minutebook.client.errors import ConsentDenied, LocalFailure, LoginFailed, LoginTimedOut, PaxsError, WrongState

PATH = "/callback"
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:28rem;"
    "margin:20vh auto;padding:0 1rem}}</style></head>"
    "<body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
)


class CallbackServer:
    """Listens on the loopback address only, takes one answer, and closes. `port` 0 picks a free one."""

    def __init__(self, port: int) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise LocalFailure(
                f"Port {port} of this machine is in use ({error.strerror}). "
                "Choose another with --port, or sign in without one with --agent.",
                code="port_in_use",
                field="port",
            ) from error
        self.redirect_uri = f"http://localhost:{self._server.server_address[1]}{PATH}"

    def __enter__(self) -> "CallbackServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server_close()

    def wait(self, state: str, seconds: float) -> str:
        """The code that comes with `state`; an error for any other ending."""
        answer = _Answer(state)
        self._server.RequestHandlerClass = type("Handler", (_Handler,), {"answer": answer})
        serving = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        serving.start()
        try:
            answered = answer.arrived.wait(seconds)
        finally:
            self._server.shutdown()
            serving.join()
        if not answered:
            raise LoginTimedOut("Nobody signed in in time. Begin again when you are ready.")
        if answer.error is not None:
            raise answer.error
        return answer.code


class _Answer:
    """What the browser brought."""

    def __init__(self, state: str) -> None:
        self._state = state
        self.arrived = threading.Event()
        self.code = ""
        self.error: PaxsError | None = None

    def take(self, query: dict[str, list[str]]) -> None:
        given = {name: values[0] for name, values in query.items()}
        if not hmac.compare_digest(given.get("state", "").encode(), self._state.encode()):
            self.error = WrongState("The answer does not belong to this sign-in (wrong state); it was refused.")
        elif given.get("error") == "access_denied":
            self.error = ConsentDenied("Access was refused on the consent page; nothing was changed.")
        elif "error" in given or not given.get("code"):
            self.error = LoginFailed("The server ended the sign-in without a code. Begin again.")
        else:
            self.code = given["code"]


class _Handler(BaseHTTPRequestHandler):
    answer: _Answer
    timeout = 10

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path != PATH or self.answer.arrived.is_set():
            self._show(404, "Nothing here", "This address only waits for a sign-in to end.")
            return
        self.answer.take(parse_qs(url.query))
        if self.answer.error is None:
            self._show(200, "Signed in", "You can close this page and go back to the terminal.")
        else:
            self._show(400, "Not signed in", self.answer.error.message)
        self.answer.arrived.set()

    def log_message(self, format: str, *arguments: object) -> None:
        """The query holds a secret: nothing is logged."""

    def _show(self, status: int, title: str, text: str) -> None:
        body = _PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingTCPServer):
    """Browsers open connections ahead of need: one that stays silent may not block the answer."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
