"""The one client for addresses that users give.

Public addresses only. The name is resolved and checked before anything is sent, and the connection's own address is
checked again and pinned (httpx-secure), so that a name which changes its answer in between gains nothing. Redirects
pass the same checks. Every call has its own connections: no authorisation outlives a call, and any event loop may call.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import httpx
from httpx_secure import SSRFProtectionError, httpx_ssrf_protection

from minutebook.config import OutgoingSettings
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.address import AddressPolicy, literal, refused

MAX_REDIRECTS = 5
MAX_RESPONSE_BYTES = 16 * 1024 * 1024
CONNECT_S = 10.0
STREAM_TOTAL_S = 3600.0
"""A download may take this long in all, however steadily it trickles."""
MOST_FILENAME_CHARS = 255
NO_NAME = "download"
BODY_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class OutgoingBody:
    """A file on its way: the name its server gives it (or its address), the declared type without parameters, the
    stated size, and its bytes, which raise `too_large`, `fetch_timeout` or `fetch_failed` where they stop."""

    filename: str
    content_type: str | None
    size: int | None
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class OutgoingAnswer:
    """What a receiver said: the status, the headers, and the beginning of the body as it came."""

    status: int
    headers: httpx.Headers
    beginning: bytes


class StatusError(MinutebookError):
    """`fetch_failed`: a file's server answered with this status instead of the file."""

    def __init__(self, response: httpx.Response) -> None:
        plain = _failed(f"its server answered {response.status_code}", retryable=response.is_server_error)
        super().__init__(plain.kind, plain.code, plain.message, field=plain.field, retryable=plain.retryable)
        self.status = response.status_code
        self.retry_after = response.headers.get("retry-after", "")


class OutgoingClient:
    """Fetches from public addresses and from those that the operator allows."""

    def __init__(self, settings: OutgoingSettings) -> None:
        self._policy = AddressPolicy(settings.allow)
        self._timeout_s = settings.timeout_s
        self._tls: ssl.SSLContext | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        max_bytes: int = MAX_RESPONSE_BYTES,
        timeout_s: float | None = None,
        **kwargs: Any,
    ) -> httpx.Response:
        """Send a request (`kwargs` as for httpx) and read its whole answer, whatever its status.

        Raises `address_refused`, `fetch_failed` (retryable when the network failed), `fetch_timeout` when the answer
        is not complete after `timeout_s` (default: the settings'), `too_large` beyond `max_bytes`.
        """
        total_s = self._timeout_s if timeout_s is None else timeout_s
        with _explained():
            async with (
                asyncio.timeout(total_s),
                self._client(total_s) as client,
                client.stream(method, url, **kwargs) as response,
            ):
                body = b"".join([chunk async for chunk in _bounded(response.aiter_bytes(), max_bytes)])
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in BODY_HEADERS]
        return httpx.Response(response.status_code, headers=headers, content=body, request=response.request)

    async def post(
        self, url: str, content: bytes, headers: Mapping[str, str], *, timeout_s: float, keep_bytes: int
    ) -> OutgoingAnswer:
        """Hand `content` over, and return what was said to it within `timeout_s`.

        No redirect is followed: it is the answer. No more than `keep_bytes` of the body are read, and a body that
        breaks off after the status is as good as a whole one. Raises `address_refused`, `fetch_failed`,
        `fetch_timeout`.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        async with self._client(timeout_s) as client:
            with _explained():
                async with asyncio.timeout_at(deadline):
                    request = client.build_request("POST", url, content=content, headers=dict(headers))
                    response = await client.send(request, stream=True, follow_redirects=False)
            try:
                beginning = await _beginning(response, keep_bytes, deadline)
            finally:
                await response.aclose()
        return OutgoingAnswer(response.status_code, response.headers, beginning)

    def check(self, url: str) -> str:
        """Refuse what can be refused by looking at an address, without asking the network; returns its host. Raises
        `address_refused`."""
        with _explained():
            return self._checked_host(httpx.URL(url))

    @asynccontextmanager
    async def stream(
        self, url: str, *, headers: Mapping[str, str] | None = None, max_bytes: int | None = None
    ) -> AsyncIterator[OutgoingBody]:
        """Fetch a file as it comes; it is never held in memory. A redirect to another server does not get an
        `Authorization` of `headers`. Raises as `request` does, and `StatusError` for any status but 200."""
        deadline = asyncio.get_running_loop().time() + STREAM_TOTAL_S
        async with self._client(self._timeout_s) as client:
            with _explained():
                async with asyncio.timeout(self._timeout_s):
                    response = await client.send(
                        client.build_request("GET", url, headers=dict(headers or {})), stream=True
                    )
            try:
                yield _body(response, max_bytes, deadline)
            finally:
                await response.aclose()

    def _client(self, timeout_s: float) -> httpx.AsyncClient:
        if self._tls is None:
            self._tls = httpx.create_ssl_context(trust_env=False)
        client = httpx.AsyncClient(
            verify=self._tls,
            trust_env=False,
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S)),
            headers={"Accept-Encoding": "identity", "User-Agent": "Minutebook"},
            event_hooks={"request": [self._check]},
        )
        return httpx_ssrf_protection(
            client, check_globally_reachable=False, custom_validator=self._policy.permits, dns_cache_ttl=CONNECT_S
        )

    async def _check(self, request: httpx.Request) -> None:
        """Refuse a request, the first or a redirected one, before anything is sent for it."""
        url = request.url
        host = self._checked_host(url)
        if literal(host) is not None:
            return
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        for address in await _resolve(host, port):
            found = literal(address)
            if found is None:
                raise refused(f"{host} has no usable address")
            self._policy.check_address(host, found, port)

    def _checked_host(self, url: httpx.URL) -> str:
        return self._policy.check_target(
            url.scheme, url.raw_host.decode("ascii"), url.port, userinfo=bool(url.userinfo)
        )


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _failed(f"{host} cannot be found", retryable=True) from error
    return [str(entry[4][0]) for entry in found]


def _body(response: httpx.Response, max_bytes: int | None, deadline: float) -> OutgoingBody:
    if response.status_code != httpx.codes.OK:
        raise StatusError(response)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise _failed("its server sends it compressed although it was asked not to")
    stated = response.headers.get("content-length", "")
    size = int(stated) if stated.isascii() and stated.isdigit() else None
    if max_bytes is not None and size is not None and size > max_bytes:
        raise _too_large(max_bytes)
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    chunks = _explained_chunks(response.aiter_raw(), max_bytes, deadline)
    return OutgoingBody(_filename(response), content_type or None, size, chunks)


async def _beginning(response: httpx.Response, keep_bytes: int, deadline: float) -> bytes:
    kept = b""
    with suppress(httpx.RequestError, TimeoutError):
        async with asyncio.timeout_at(deadline):
            async for chunk in response.aiter_raw():
                kept += chunk
                if len(kept) >= keep_bytes:
                    break
    return kept[:keep_bytes]


async def _explained_chunks(
    chunks: AsyncIterator[bytes], max_bytes: int | None, deadline: float
) -> AsyncIterator[bytes]:
    with _explained():
        async for chunk in _bounded(chunks, max_bytes):
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError
            yield chunk


async def _bounded(chunks: AsyncIterator[bytes], max_bytes: int | None) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in chunks:
        seen += len(chunk)
        if max_bytes is not None and seen > max_bytes:
            raise _too_large(max_bytes)
        yield chunk


def _filename(response: httpx.Response) -> str:
    """The name in Content-Disposition (RFC 6266), else the last part of the address; never a path."""
    header = Message()
    header["Content-Disposition"] = response.headers.get("content-disposition", "")
    named = header.get_filename() or unquote(response.url.path)
    name = PurePosixPath(named.replace("\\", "/")).name
    plain = re.sub(r"[^\w .()\[\]+,&@'-]", "_", name).strip(" .")
    return plain[-MOST_FILENAME_CHARS:] or NO_NAME


@contextmanager
def _explained() -> Iterator[None]:
    """Failures of the network in the product's words."""
    try:
        yield
    except SSRFProtectionError as error:
        raise refused(f"{error.hostname} does not lead to a public address") from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise _error("fetch_timeout", "its server did not answer in time", retryable=True) from error
    except httpx.TooManyRedirects as error:
        raise _failed(f"it redirects more than {MAX_REDIRECTS} times") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise refused("it is no valid http:// or https:// address") from error
    except httpx.RequestError as error:
        raise _failed("the connection to its server failed", retryable=True) from error


def _failed(why: str, *, retryable: bool = False) -> MinutebookError:
    return _error("fetch_failed", why, retryable=retryable)


def _error(code: str, why: str, *, retryable: bool = False) -> MinutebookError:
    return MinutebookError(
        Kind.INVALID, code, f"The address could not be fetched: {why}.", field="url", retryable=retryable
    )


def _too_large(max_bytes: int) -> MinutebookError:
    return MinutebookError(
        Kind.TOO_LARGE,
        "too_large",
        f"What the address sends is larger than {max_bytes} bytes, the most allowed.",
        field="url",
    )
