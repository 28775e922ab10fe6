"""Recordings behind addresses that are not the server's. No token is ever sent there."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message

import httpx

from minutebook.client.errors import BadRequest, LocalFailure
from minutebook.client.sending import wire
from minutebook.client.sending.steps import Download, Inspect, Remote


def inspect(step: Inspect) -> Remote:
    """What the headers say about the address; the body is not read."""
    with _answer(step.url) as response:
        message = Message()
        message["Content-Disposition"] = response.headers.get("content-disposition", "")
        return Remote(response.headers.get("content-type", ""), message.get_filename())


def download(step: Download) -> int:
    """Into the file, piece by piece; returns the number of bytes."""
    with _answer(step.url) as response:
        try:
            with step.to.open("wb") as file:
                return sum(file.write(piece) for piece in response.iter_bytes())
        except OSError as error:
            raise LocalFailure(f"{step.url} cannot be saved: {error.strerror}.", code="not_writable") from error


@contextmanager
def _answer(url: str) -> Iterator[httpx.Response]:
    headers = {"User-Agent": wire.USER_AGENT}
    try:
        with (
            httpx.Client(timeout=wire.TIMEOUT, follow_redirects=True, headers=headers) as client,
            client.stream("GET", url) as response,
        ):
            if not response.is_success:
                raise _unfetched(url, f"it answers with status {response.status_code}")
            yield response
    except (httpx.TransportError, httpx.TooManyRedirects, httpx.InvalidURL, httpx.DecodingError) as error:
        raise _unfetched(url, str(error) or type(error).__name__) from error


def _unfetched(url: str, reason: str) -> BadRequest:
    return BadRequest(f"{url} cannot be fetched: {reason}.", code="url_unreachable", field="url")
