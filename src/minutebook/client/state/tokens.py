"""Where the pair of tokens lives: read before every call, replaced atomically, guarded by a lock."""

import json
import threading
from pathlib import Path
from typing import Protocol

from minutebook.client.errors import LocalFailure, NotAuthenticated
from minutebook.client.model import Tokens
from minutebook.client.state import files
from minutebook.client.state.locks import FileLock, Lock

_ROOM = 16 * 1024  # far more than a pair takes, signed tokens included


class TokenStore(Protocol):
    """A place for one pair of tokens."""

    def load(self) -> Tokens | None:
        """The pair, or None when nobody is signed in."""
        ...

    def reserve(self) -> None:
        """Make sure that a `save` will succeed; `LocalFailure` when it would not."""
        ...

    def save(self, tokens: Tokens) -> None:
        """Replace the pair; durable when this returns."""
        ...

    def clear(self) -> None:
        """Forget the pair."""
        ...

    def lock(self) -> Lock:
        """A new handle on the one lock that all users of this place share."""
        ...


class FileTokens:
    """A private JSON file `{"access_token", "refresh_token", "server"}`.

    `server` is the base URL that the pair belongs to. It is checked where both sides know it, so that a token
    never goes to another server than the one that gave it; a file without it (another client's) is accepted.
    """

    def __init__(self, path: Path, server: str | None = None) -> None:
        self.path = path
        self.server = server.rstrip("/") if server else None
        self._temporary = path.with_name(path.name + ".new")

    def load(self) -> Tokens | None:
        content = self._content()
        if not content.get("access_token"):
            return None
        given_by = content.get("server")
        if self.server and given_by and given_by != self.server:
            raise NotAuthenticated(
                f"The tokens in {self.path} belong to {given_by}. Sign in to {self.server} with "
                f"`minutebook login --server {self.server}`, or keep several with --tokens.",
                code="tokens_of_another_server",
            )
        return Tokens(str(content["access_token"]), str(content.get("refresh_token") or ""))

    def stored_server(self) -> str | None:
        """The base URL that the stored pair belongs to, when the file says so."""
        return self._content().get("server")

    def reserve(self) -> None:
        files.reserve(self._temporary, _ROOM)

    def save(self, tokens: Tokens) -> None:
        content = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
        if self.server:
            content["server"] = self.server
        files.replace(self.path, json.dumps(content).encode(), self._temporary)

    def clear(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
            self._temporary.unlink(missing_ok=True)
        except OSError as error:
            raise LocalFailure(f"{self.path} cannot be removed: {error.strerror}.", code="not_writable") from error

    def lock(self) -> Lock:
        return FileLock(self.path.with_name(self.path.name + ".lock"))

    def _content(self) -> dict[str, str]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise LocalFailure(f"{self.path} cannot be read: {error.strerror}.", code="not_readable") from error
        if not text.strip():
            return {}
        try:
            content = json.loads(text)
        except ValueError as error:
            raise NotAuthenticated(
                f"{self.path} is not a token file. Remove it, or sign in again with `minutebook login`.",
                code="tokens_unreadable",
            ) from error
        return content if isinstance(content, dict) else {}


class _ThreadLock:
    """The same promise within one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def attempt(self) -> bool:
        return self._lock.acquire(blocking=False)

    def release(self) -> None:
        self._lock.release()


class MemoryTokens:
    """A pair that lives as long as the program, e.g. an access token made by `minutebook admin create-token`."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self._lock = _ThreadLock()

    def load(self) -> Tokens | None:
        return self._tokens

    def reserve(self) -> None:
        """Memory needs no room made."""

    def save(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def clear(self) -> None:
        self._tokens = None

    def lock(self) -> Lock:
        return self._lock
