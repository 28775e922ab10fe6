"""Secrets that must be read again (keys that clients hand over for later use) are stored sealed, and addresses that
open something for a while are signed; both with one key of the installation. Keys of before still open and prove."""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path

from minutebook.errors import Kind, MinutebookError

KEY_BYTES = 32


def load_or_make_keys(path: Path) -> list[bytes]:
    """The installation's keys from their file, one a line, the newest first; made at first use (readable by its owner
    alone). Two processes that start at once end up with one key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        part = _written(path, [_new_line()])
        try:
            # A link never replaces: whoever comes second finds the first one's key.
            os.link(part, path)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return keys_in(path.read_bytes(), path)


def keys_in(content: bytes, path: Path) -> list[bytes]:
    """The keys of such a file; raises `secret_key_damaged` when it is another file or a part of one."""
    try:
        keys = [base64.b64decode(line, b"-_", validate=True) for line in content.split()]
    except ValueError:
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        message = (
            f"{path} holds no key of Minutebook. Put the one of the last backup in its place. Without it what it "
            "sealed is lost (connected calendars, Zoom, keys of clients): then remove the file, and a new key is made."
        )
        raise MinutebookError(Kind.INVALID, "secret_key_damaged", message)
    return keys


def put_new_key(path: Path) -> None:
    """A new key into the file; those of before stay in it, behind."""
    load_or_make_keys(path)
    os.replace(_written(path, [_new_line(), *path.read_bytes().split()]), path)


def forget_old_keys(path: Path) -> int:
    """Only the newest key stays in the file; returns how many are gone."""
    first, *rest = path.read_bytes().split()
    os.replace(_written(path, [first]), path)
    return len(rest)


def _new_line() -> bytes:
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES))


def _written(path: Path, lines: Sequence[bytes]) -> Path:
    """A file beside `path` with these lines, safely on the disk."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"\n".join(lines))
        file.flush()
        os.fsync(file.fileno())
    return part


def key_from(text: str) -> bytes:
    """The key for a configured secret of any length."""
    return hashlib.sha256(text.encode()).digest()


class Sealing:
    """Seals, opens and signs with the installation's keys: the first one seals and signs, the others, its older ones,
    open what they have sealed and prove what they have signed. Each use has a key of its own, derived from it."""

    def __init__(self, key: bytes, *older: bytes) -> None:
        from cryptography.fernet import Fernet, MultiFernet

        self._keys = (key, *older)
        every = [Fernet(base64.urlsafe_b64encode(_derived(each, "seal"))) for each in self._keys]
        self._newest, self._every = every[0], MultiFernet(every)

    def with_older(self, *keys: bytes) -> "Sealing":
        """The same, which also opens and proves what these keys did."""
        return Sealing(*self._keys, *keys)

    def seal(self, secret: str) -> str:
        """The secret as text that says nothing without the key."""
        return self._newest.encrypt(secret.encode()).decode()

    def resealed(self, sealed: str) -> str:
        """The same secret, sealed with the newest key; as it is when it is so already. Raises `secret_unreadable`."""
        from cryptography.fernet import InvalidToken

        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return self.seal(self.open(sealed))
        return sealed

    def open(self, sealed: str) -> str:
        """The secret itself; raises `secret_unreadable` when it was sealed with another key."""
        from cryptography.fernet import InvalidToken

        try:
            return self._every.decrypt(sealed.encode()).decode()
        except InvalidToken:
            message = (
                "A stored secret cannot be read: it was sealed with another key. Give all machines the same "
                "MINUTEBOOK_SECRET_KEY, or put the data directory's secret.key back."
            )
            raise MinutebookError(Kind.UNAVAILABLE, "secret_unreadable", message) from None

    def sign(self, purpose: str, text: str) -> str:
        """A signature of `text` (HMAC-SHA-256, in URL-safe letters), good for `purpose` alone."""
        return _signature(_derived(self._keys[0], purpose), text)

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Whether the signature is ours; takes the same time whatever it is."""
        given = signature.encode("utf-8", "replace")
        proofs = [_signature(_derived(key, purpose), text).encode() for key in self._keys]
        return sum(hmac.compare_digest(proof, given) for proof in proofs) > 0

    def derived_secrets(self, purpose: str) -> list[bytes]:
        """32 bytes that only this installation knows, for `purpose`; one for each key, the newest first."""
        return [_derived(key, purpose) for key in self._keys]


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


def _signature(key: bytes, text: str) -> str:
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()
