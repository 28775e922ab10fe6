"""Between our values and httpx: requests out, replies in, and what a broken connection means."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import httpx

from minutebook import __version__
from minutebook.client.errors import BadRequest, ConnectionFailed, LocalFailure, TlsFailed
from minutebook.client.protocol.request import Lost, OnProgress, Reply, Request, Upload
from minutebook.client.sending.steps import Send

USER_AGENT: Final = f"minutebook-client/{__version__}"
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
UPLOAD_TIMEOUT: Final = httpx.Timeout(300.0, connect=10.0)
_NEVER_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def base_address(url: str) -> str:
    """The server's address without a trailing slash; `BadRequest` when it is no HTTP address."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise BadRequest(f"{url} is not an address: {error}.", code="server_invalid", field="server") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise BadRequest(
            f"{url} is not the address of a server; it looks like https://paxs.example.com.",
            code="server_invalid",
            field="server",
        )
    return url.rstrip("/")


class _Counted:
    """A file whose reads are reported. httpx reads it in pieces of 64 KiB, so memory stays constant."""

    def __init__(self, file: BinaryIO, size: int, on_progress: OnProgress) -> None:
        self._file, self._size, self._on_progress, self._sent = file, size, on_progress, 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._sent += len(piece)
        self._on_progress(self._sent, self._size)
        return piece

    def seek(self, offset: int, whence: int = 0) -> int:
        self._sent = 0
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()


@contextmanager
def outgoing(client: httpx.Client | httpx.AsyncClient, base_url: str, send: Send) -> Iterator[httpx.Request]:
    """The httpx request for a step; the file of an upload stays open for the block."""
    request = send.request
    headers = {"User-Agent": USER_AGENT, **request.headers}
    if send.access_token:
        headers["Authorization"] = f"Bearer {send.access_token}"
    if request.upload is None:
        yield client.build_request(
            request.method,
            base_url + request.path,
            params=dict(request.query) or None,
            headers=headers,
            json=request.json,
            content=request.content,
            data=dict(request.form) if request.form else None,
            timeout=TIMEOUT,
        )
        return
    with _opened(request.upload) as file:
        yield client.build_request(
            request.method,
            base_url + request.path,
            headers=headers,
            data=dict(request.form or {}),
            files={"file": (request.upload.filename, file, request.upload.media_type)},
            timeout=UPLOAD_TIMEOUT,
        )


@contextmanager
def _opened(upload: Upload) -> Iterator[BinaryIO]:
    try:
        file = upload.path.open("rb")
    except OSError as error:
        raise LocalFailure(f"{upload.path} cannot be read: {error.strerror}.", code="not_readable") from error
    with file:
        if upload.on_progress is None:
            yield file
        else:
            size = upload.path.stat().st_size
            yield _Counted(file, size, upload.on_progress)  # type: ignore[misc]  # the part of BinaryIO httpx uses


def reply_of(response: httpx.Response) -> Reply:
    """A response whose body has been read."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, response.content)


def lost(request: Request, base_url: str, error: httpx.TransportError) -> Lost:
    """What a transport error means, in a sentence."""
    return Lost(connection_error(base_url, error), reached=not isinstance(error, _NEVER_REACHED))


def connection_error(address: str, error: httpx.TransportError) -> ConnectionFailed:
    """The client's error for httpx's."""
    if tls := _tls_reason(error):
        return TlsFailed(f"The connection to {address} is not secure: {tls}. Check the address and the certificate.")
    if isinstance(error, httpx.TimeoutException):
        return ConnectionFailed(f"{address} did not answer in time. Try again later.", code="server_timeout")
    if isinstance(error, _NEVER_REACHED):
        return ConnectionFailed(f"{address} cannot be reached ({error}). Is the address right, and the server running?")
    return ConnectionFailed(
        f"The connection to {address} broke before its answer ({error or type(error).__name__}). Try again.",
        code="connection_lost",
    )


def _tls_reason(error: BaseException | None) -> str | None:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        if isinstance(error, ssl.SSLError):
            return error.reason or str(error)
        error = error.__cause__ or error.__context__
    return None
