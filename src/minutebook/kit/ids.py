"""Identifiers and secrets."""

import hashlib
import secrets
import time
import uuid


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): sorts by creation time, so newest-first pages read an index in order."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Whether `text` is a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def new_secret(prefix: str) -> str:
    """An opaque bearer secret of 256 random bits; the prefix lets people and scanners recognise it."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def fingerprint(secret: str) -> str:
    """What is stored instead of a random secret. Plain SHA-256 suffices: 256 random bits cannot be guessed. Whatever
    somebody sends in place of a secret has one, lone surrogates too."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
