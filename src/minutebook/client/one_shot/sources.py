"""What is to be processed: files and addresses, checked together before anything is created."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from minutebook.client.errors import BadRequest
from minutebook.client.protocol.formats import check_names, extension_for, is_accepted
from minutebook.client.sending.steps import Inspect, Remote, Steps


@dataclass(frozen=True, slots=True)
class Source:
    """One recording to process. Exactly one of `path` and `url` is set; `name` carries the extension."""

    name: str
    path: Path | None = None
    url: str | None = None

    @property
    def title(self) -> str:
        """The meeting's title: the file's name."""
        return self.name

    def key(self, server: str) -> str:
        """Identifies this very content on this server: a changed file is another recording."""
        if self.path is None:
            identity = str(self.url)
        else:
            facts = self.path.stat()
            identity = f"{self.path}|{facts.st_size}|{facts.st_mtime_ns}"
        return hashlib.sha256(f"{server}|{identity}".encode()).hexdigest()[:32]


def is_url(text: str) -> bool:
    """Whether an input is an address rather than a path."""
    return urlsplit(text).scheme in {"http", "https"}


def plan(inputs: Sequence[str | Path]) -> Steps[tuple[Source, ...]]:
    """The sources for the given paths and URLs, each once; an error when any of them cannot be processed.

    Nothing is sent to the server before all are known to be right. An address that does not end in a known
    extension is asked for its media type.
    """
    if not inputs:
        raise BadRequest("There is nothing to process: name at least one file or address.", field="file")
    sources: dict[object, Source] = {}
    for given in inputs:
        if is_url(str(given)):
            source = yield from _remote(str(given))
        else:
            source = _local(Path(given))
        sources.setdefault(source.path or source.url, source)
    check_names(source.name for source in sources.values())
    return tuple(sources.values())


def _local(path: Path) -> Source:
    whole = path.expanduser().resolve()
    if is_accepted(whole.name):  # of the others the format is what is wrong
        if not whole.is_file():
            raise BadRequest(f"{path} is not a file.", code="file_not_found", field="file")
        if whole.stat().st_size == 0:
            raise BadRequest(f"{path} is empty.", code="file_empty", field="file")
    return Source(whole.name, path=whole)


def _remote(url: str) -> Steps[Source]:
    name = unquote(PurePosixPath(urlsplit(url).path).name)
    if is_accepted(name):
        return Source(name, url=url)
    remote: Remote = yield Inspect(url)
    if remote.filename and is_accepted(remote.filename):
        return Source(PurePosixPath(remote.filename).name, url=url)
    extension = extension_for(remote.media_type)
    return Source(f"{name or 'recording'}.{extension}" if extension else name or url, url=url)
