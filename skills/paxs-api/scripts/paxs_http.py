"""Calls to a PAXS server with nothing but Python's standard library: tokens, one refresh, streamed uploads."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import secrets
import ssl
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

try:
    import fcntl
except ImportError:  # Windows: one process at a time
    fcntl = None  # type: ignore[assignment]

DEFAULT_SERVER = "https://dzd.paxs.ai"
FOLDER = Path(".claude/skills/paxs-api")
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mpa": "audio/mpeg",
    "aac": "audio/aac",
    "opus": "audio/opus",
    "m4a": "audio/mp4",
    "mpeg": "video/mpeg",
    "mp4": "video/mp4",
    "flv": "video/x-flv",
    "webm": "video/webm",
    "wmv": "video/x-ms-wmv",
    "3gp": "video/3gpp",
}
ANSWER_WITHIN_S = 60
UPLOAD_ANSWER_WITHIN_S = 300
PIECE = 256 * 1024
TRANSIENT = {429, 502, 503, 504}
GET_TRIES = 4

FAILED, BAD_INPUT, SIGN_IN, NOT_THERE, LOCAL, SERVER = 1, 2, 3, 4, 5, 6
"""Exit codes."""


class Problem(Exception):  # noqa: N818  (it is what the user is told)
    """What the user is told, and the exit code that goes with it. `status` is the server's, if it answered."""

    def __init__(self, message: str, exit_code: int, status: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.status = status


def skill_folder() -> Path:
    """Where tokens and state live: beside the installed skill, else in the project's `.claude`."""
    installed = Path(__file__).resolve().parent.parent
    return installed if installed.parts[-3:] == FOLDER.parts else Path.cwd() / FOLDER


def read_private(path: Path) -> dict:
    """A JSON object from a file; empty when there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8") or "{}")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.", LOCAL) from None
    except ValueError:
        raise Problem(f"{path} is broken. Remove it and sign in again.", SIGN_IN) from None
    return content if isinstance(content, dict) else {}


def write_private(path: Path, content: Mapping[str, object]) -> None:
    """Replace the file atomically, mode 0600."""
    temporary = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o600)
        os.replace(temporary, path)
    except OSError as error:
        raise Problem(f"{path.parent} cannot be written to: {error.strerror}.", LOCAL) from None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock beside the file, so that two processes never refresh at the same time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise Problem(f"{path.parent} cannot be written to: {error.strerror}.", LOCAL) from None
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Server:
    """One PAXS server and the token file for it."""

    def __init__(self, url: str | None, tokens: Path | None) -> None:
        self.tokens = tokens or skill_folder() / ".tokens.json"
        self.url = (url or read_private(self.tokens).get("server") or DEFAULT_SERVER).rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Problem(f"{self.url} is not the address of a server.", BAD_INPUT)

    def get(self, path: str, **query: str) -> object:
        """A call without effects; repeated while the server is busy."""
        whole = path + (f"?{urlencode(query)}" if query else "")
        for attempt in range(GET_TRIES - 1):
            try:
                return self._authorised("GET", whole)
            except Problem as problem:
                if problem.status not in TRANSIENT:
                    raise
            time.sleep(2.0**attempt)
        return self._authorised("GET", whole)

    def post(self, path: str, body: Mapping[str, object], **headers: str) -> object:
        """A call with a JSON body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._authorised("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json", **named})

    def upload(self, session_id: str, file: Path, name: str) -> object:
        """Send a recording: `session_id` is a form field, the file part carries its media type."""
        form = Form(session_id, file, name)
        return self._authorised("POST", "/api/recordings", form, form.headers)

    def exchange(self, body: Mapping[str, object]) -> None:
        """A code (or a refresh token) for tokens, which are stored at once."""
        pair = self.public("POST", "/api/oauth/provider/token", body)
        if not isinstance(pair, dict) or not pair.get("access_token"):
            raise Problem("The server gave no tokens.", SERVER)
        kept = {"access_token": pair["access_token"], "refresh_token": pair.get("refresh_token"), "server": self.url}
        write_private(self.tokens, kept)

    def public(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        """A call without a token."""
        if body is None:
            return _successful(*self._send(method, path, None, {}))
        return _successful(*self._send(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"}))

    def offers_pkce(self) -> bool:
        """Whether the server describes itself as checking PKCE challenges."""
        try:
            described = self.public("GET", "/.well-known/oauth-authorization-server")
        except Problem as problem:
            if problem.status is None:
                raise
            return False
        return isinstance(described, dict) and "S256" in (described.get("code_challenge_methods_supported") or ())

    def _authorised(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> object:
        token = self._token()
        status, content = self._send(method, path, body, {**(headers or {}), "Authorization": f"Bearer {token}"})
        if status == 401:
            token = self._refreshed(token)
            status, content = self._send(method, path, body, {**(headers or {}), "Authorization": f"Bearer {token}"})
        return _successful(status, content)

    def _token(self) -> str:
        held = read_private(self.tokens)
        if not held.get("access_token"):
            raise Problem("Nobody is signed in. Sign in first.", SIGN_IN)
        if held.get("server", self.url) != self.url:
            raise Problem(f"The tokens belong to {held['server']}; sign in to {self.url} first.", SIGN_IN)
        return held["access_token"]

    def _refreshed(self, stale: str) -> str:
        with locked(self.tokens):
            current = self._token()
            if current != stale:  # another process was faster
                return current
            refresh_token = read_private(self.tokens).get("refresh_token")
            try:
                self.exchange({"grant_type": "refresh_token", "refresh_token": refresh_token})
            except Problem as problem:
                if problem.status in {400, 401}:
                    raise Problem("The server no longer accepts this sign-in. Sign in again.", SIGN_IN) from None
                raise
            return self._token()

    def _send(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        within = UPLOAD_ANSWER_WITHIN_S if isinstance(body, Form) else ANSWER_WITHIN_S
        connection = kind(parts.hostname or "", parts.port, timeout=within)
        try:
            try:
                content = iter(body) if isinstance(body, Form) else body
                connection.request(method, parts.path + path, content, {"User-Agent": "paxs-skill", **headers})
            except (BrokenPipeError, ConnectionResetError):
                if not isinstance(body, Form):
                    raise
                # A server may answer, and close, before it has read a whole recording: the answer is worth reading.
            response = connection.getresponse()
            return response.status, response.read()
        except ssl.SSLError as error:
            raise Problem(f"The connection to {self.url} is not secure: {error.reason}.", SERVER) from None
        except (OSError, http.client.HTTPException) as error:
            raise Problem(f"{self.url} cannot be reached ({error}).", SERVER) from None
        finally:
            connection.close()


class Form:
    """A multipart form with one recording, read piece by piece: memory stays constant whatever its size."""

    def __init__(self, session_id: str, file: Path, name: str) -> None:
        boundary = uuid.uuid4().hex
        media_type = MEDIA_TYPES[extension_of(name)]
        self._file = file
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="session_id"\r\n\r\n{session_id}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(name)}"\r\n'
            f"Content-Type: {media_type}\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        size = len(self._head) + file.stat().st_size + len(self._tail)
        self.headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(size)}

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self._file.open("rb") as file:
            yield from iter(lambda: file.read(PIECE), b"")
        yield self._tail


def authorization_link(server: Server, redirect_uri: str | None) -> tuple[str, dict]:
    """The link the user opens and what must be remembered until the code arrives. No redirect URI: agent flow."""
    sign_in: dict = {"state": secrets.token_urlsafe(32), "server": server.url}
    query = {"response_type": "code", "state": sign_in["state"]}
    query.update({"redirect_uri": redirect_uri} if redirect_uri else {"flow": "agent"})
    sign_in["redirect_uri"] = redirect_uri or f"{server.url}/api/oauth/provider/agent-callback"
    if server.offers_pkce():
        sign_in["code_verifier"] = secrets.token_urlsafe(32)
        digest = hashlib.sha256(sign_in["code_verifier"].encode()).digest()
        query["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        query["code_challenge_method"] = "S256"
    return f"{server.url}/api/oauth/provider/authorize?{urlencode(query)}", sign_in


def redeem(server: Server, sign_in: Mapping[str, str], code: str) -> None:
    """Exchange the code of a sign-in and store the tokens."""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": sign_in["redirect_uri"]}
    if "code_verifier" in sign_in:
        body["code_verifier"] = sign_in["code_verifier"]
    try:
        with locked(server.tokens):
            server.exchange(body)
    except Problem as problem:
        if problem.status == 400:
            raise Problem("The code of this sign-in is too old or was used before. Begin again.", SIGN_IN) from None
        raise


def extension_of(name: str) -> str:
    """The lower-case extension without its dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def _quoted(name: str) -> str:
    return quote(name, safe=" !#$&'()+,;=@[]{}~", encoding="utf-8") if not name.isascii() else name.replace('"', "%22")


def _successful(status: int, content: bytes) -> object:
    if 200 <= status < 300:
        try:
            return json.loads(content) if content else {}
        except ValueError:
            raise Problem("The answer is not JSON; is this the address of a PAXS server?", SERVER, status) from None
    exit_code = {401: SIGN_IN, 403: SIGN_IN, 404: NOT_THERE, 429: SERVER}.get(
        status, BAD_INPUT if status < 500 else SERVER
    )
    raise Problem(_sentence(content) or f"The server answered with status {status}.", exit_code, status)


def _sentence(content: bytes) -> str | None:
    try:
        body = json.loads(content)
    except ValueError:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return error.get("message")
    return body.get("error_description") or error if isinstance(error, str) else None
