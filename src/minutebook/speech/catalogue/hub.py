"""A model hub with the interface of huggingface.co: what a repository holds, and its files from a byte on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from minutebook.errors import Kind, MinutebookError

TIMEOUT_S: Final = 30.0
_PARTIAL: Final = 206
_BEYOND: Final = 416


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository. Large ones have their `sha256`; of small ones the hub tells git's `blob` id only."""

    path: str
    size: int
    sha256: str | None
    blob: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one commit."""

    commit: str
    files: tuple[HubFile, ...]


class Hub:
    """Reads from a hub at `url`. Every failure to reach it is a retryable `hub_unreachable`."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=url, timeout=TIMEOUT_S, follow_redirects=True, transport=transport, trust_env=transport is None
        )

    def listing(self, repository: str, revision: str = "main") -> Listing:
        """The files of a repository, as they are now or were at a commit."""
        with self._reached(repository):
            answer = self._client.get(f"/api/models/{repository}/revision/{revision}", params={"blobs": "true"})
            answer.raise_for_status()
            told = answer.json()
            return Listing(told["sha"], tuple(_file(row) for row in told["siblings"]))

    @contextmanager
    def content(self, repository: str, commit: str, path: str, start: int) -> Iterator[tuple[int, Iterator[bytes]]]:
        """The bytes of a file from `start` on; also from where they really are (0: the hub gives all or nothing)."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        url = f"/{repository}/resolve/{commit}/{path}"
        with self._reached(repository), self._client.stream("GET", url, headers=headers) as answer:
            if answer.status_code == _BEYOND:
                yield start, iter(())
                return
            answer.raise_for_status()
            yield (start if answer.status_code == _PARTIAL else 0), answer.iter_bytes()

    @contextmanager
    def _reached(self, repository: str) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
            raise MinutebookError(
                Kind.UNAVAILABLE,
                "hub_unreachable",
                f"The model hub did not give {repository}: {error}. Check the network and the setting "
                "MINUTEBOOK_SPEECH__HUB_URL, then fetch again: it goes on where it stopped.",
                retryable=True,
            ) from error


def _file(row: Mapping[str, Any]) -> HubFile:
    large = row.get("lfs") or {}
    return HubFile(str(row["rfilename"]), int(row["size"]), large.get("sha256"), str(row["blobId"]))
