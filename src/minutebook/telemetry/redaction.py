"""Keeps secrets out of log lines. Pure.

What this cannot recognise must not be logged in the first place: passwords, file contents, transcript text.
"""

import re

HIDDEN = "[hidden]"
LONGEST = 2000
"""Longer values are cut: nothing that we mean to say is longer, and texts that slip in stay fragments."""

SEARCHED = 8 * LONGEST
"""What lies beyond is not looked through, and cut off in any case."""

_SECRETS = (
    # Our own bearer secrets: a prefix and 32 random bytes in base64url (kit.ids.new_secret).
    re.compile(r"\b[a-z]{2,12}_[A-Za-z0-9_-]{43}\b"),
    # Secrets of webhooks (Standard Webhooks): a prefix and base64.
    re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{8,}"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)(?<=basic )[A-Za-z0-9+/=]{8,}"),
    # A state of OAuth is a secret; states of other things are short words.
    re.compile(r"(?i)(?<![a-z])state[\"']?\s*[=:]\s*[\"']?(?P<value>[^\s\"'&,;}]{16,})"),
    # Passwords in addresses: scheme://user:password@host
    re.compile(r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"),
    # Secrets in query strings and in key=value or "key": "value" text.
    re.compile(
        r"(?i)(?<![a-z])(?:access_token|refresh_token|token|code|code_verifier|client_secret|secret|password|api_key"
        r"|signature|form_token)"
        r"[\"']?\s*[=:]\s*[\"']?(?P<value>[^\s\"'&,;}]{4,})"
    ),
)


def redacted(text: str) -> str:
    """The text with everything that looks like a secret replaced, and no longer than `LONGEST` characters."""
    text = text[:SEARCHED]
    for pattern in _SECRETS:
        text = pattern.sub(_hide, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _hide(match: re.Match[str]) -> str:
    value = match.groupdict().get("value")
    return match[0].removesuffix(value) + HIDDEN if value else HIDDEN
