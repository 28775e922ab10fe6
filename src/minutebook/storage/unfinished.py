"""Multipart uploads that were begun and neither completed nor taken back: a process that was killed could not. They are
in no listing of the bucket and paid for all the same. The storage library cannot list them; S3's two requests for it
are signed here."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree

import httpx

from minutebook.errors import Kind, MinutebookError
from minutebook.storage.failures import AGAIN_S

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_NOTHING: Final = hashlib.sha256(b"").hexdigest()
_TIMEOUT_S: Final = 30.0
_PAGES: Final = 100


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where to ask, and as whom. `prefix` ends with a slash or is empty."""

    endpoint: str
    region: str
    name: str
    prefix: str
    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class _Unfinished:
    key: str
    upload_id: str
    begun_at: datetime


async def abort_unfinished(bucket: Bucket, before: datetime) -> int:
    """Give up the uploads below the bucket's prefix that were begun before a moment; returns how many. Raises
    `storage_unavailable`."""
    aborted = 0
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
            for found in await _listed(client, bucket):
                if found.begun_at < before:
                    await _ask(client, bucket, "DELETE", found.key, {"uploadId": found.upload_id})
                    aborted += 1
    except httpx.HTTPError as error:
        message = (
            f"Unfinished uploads cannot be cleared ({type(error).__name__}): the bucket does not answer as it should."
        )
        raise MinutebookError(
            Kind.UNAVAILABLE, "storage_unavailable", message, retryable=True, retry_after_s=AGAIN_S
        ) from error
    return aborted


async def _listed(client: httpx.AsyncClient, bucket: Bucket) -> list[_Unfinished]:
    found: list[_Unfinished] = []
    marker: dict[str, str] = {}
    for _ in range(_PAGES):
        query = {"uploads": "", "prefix": bucket.prefix, **marker}
        answer = await _ask(client, bucket, "GET", "", query)
        page = ElementTree.fromstring(answer.content)  # noqa: S314 - the operator's own storage
        found += _uploads_in(page)
        if _text(page, "IsTruncated") != "true":
            break
        marker = {"key-marker": _text(page, "NextKeyMarker"), "upload-id-marker": _text(page, "NextUploadIdMarker")}
    return found


def _uploads_in(page: ElementTree.Element) -> Iterator[_Unfinished]:
    for each in page.iterfind("{*}Upload"):
        begun_at = datetime.fromisoformat(_text(each, "Initiated"))
        yield _Unfinished(_text(each, "Key"), _text(each, "UploadId"), begun_at.astimezone(UTC))


def _text(element: ElementTree.Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""


async def _ask(
    client: httpx.AsyncClient, bucket: Bucket, method: str, key: str, query: Mapping[str, str]
) -> httpx.Response:
    path = quote(f"/{bucket.name}" + (f"/{key}" if key else ""), safe="/-_.~")
    asked = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(query.items()))
    url = httpx.URL(f"{bucket.endpoint.rstrip('/')}{path}?{asked}")
    headers = _signed(bucket, method, url.netloc.decode(), path, asked, datetime.now(UTC))
    answer = await client.request(method, url, headers=headers)
    # 404: somebody else has taken it back meanwhile, or there is no upload at all.
    if answer.status_code != 404:
        answer.raise_for_status()
    return answer


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _signed(bucket: Bucket, method: str, host: str, path: str, query: str, now: datetime) -> dict[str, str]:
    """The headers of a request without a body, by Signature Version 4 ("Create a signed AWS API request" in the IAM
    user guide)."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"host": host, "x-amz-content-sha256": _NOTHING, "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = hashlib.sha256(f"{method}\n{path}\n{query}\n{lines}\n{names}\n{_NOTHING}".encode()).hexdigest()
    scope = f"{day}/{bucket.region}/s3/aws4_request"
    key = f"AWS4{bucket.secret_key}".encode()
    for part in (day, bucket.region, "s3", "aws4_request"):
        key = _mac(key, part)
    signature = _mac(key, f"{_ALGORITHM}\n{stamp}\n{scope}\n{canonical}").hex()
    credential = f"{bucket.access_key}/{scope}"
    headers["Authorization"] = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
