"""Secrets that must be read again (keys that clients hand over for later use) are stored sealed, and addresses that
open something for a while are signed; both with one key of the installation."""

import base64
import hashlib
import hmac
import os
from pathlib import Path

from minutebook.errors import Kind, MinutebookError

KEY_BYTES = 32


def load_or_make_key(path: Path) -> bytes:
    """The installation's key from its file, made at first use (readable by its owner alone). Two processes that start
    at once end up with one key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    if not path.exists():
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(KEY_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link never replaces: whoever comes second finds the first one's key.
            os.link(part, path)
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return base64.urlsafe_b64decode(path.read_bytes())


def key_from(text: str) -> bytes:
    """The key for a configured secret of any length."""
    return hashlib.sha256(text.encode()).digest()


class Sealing:
    """Seals, opens and signs with the installation's key. Each use has a key of its own, derived from it."""

    def __init__(self, key: bytes) -> None:
        from cryptography.fernet import Fernet

        self._key = key
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derived("seal")))

    def seal(self, secret: str) -> str:
        """The secret as text that says nothing without the key."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """The secret itself; raises `secret_unreadable` when it was sealed with another key."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            message = (
                "A stored secret cannot be read: it was sealed with another key. Give all machines the same "
                "MINUTEBOOK_SECRET_KEY, or put the data directory's secret.key back."
            )
            raise MinutebookError(Kind.UNAVAILABLE, "secret_unreadable", message) from None

    def sign(self, purpose: str, text: str) -> str:
        """A signature of `text` (HMAC-SHA-256, in URL-safe letters), good for `purpose` alone."""
        digest = hmac.new(self._derived(purpose), text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:24]).decode()

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Whether the signature is ours; takes the same time whatever it is."""
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode("utf-8", "replace"))

    def derived_secret(self, purpose: str) -> bytes:
        """32 bytes that only this installation knows, for `purpose`."""
        return self._derived(purpose)

    def _derived(self, purpose: str) -> bytes:
        return hmac.new(self._key, purpose.encode(), hashlib.sha256).digest()
