"""What a form's part calls its file, as the world's clients write it.

RFC 7578 wants plain UTF-8 in `filename`. Besides that are met: `filename*` (RFC 8187; .NET, urllib3 before 1.25),
encoded words in `filename` (RFC 2047; .NET), and `%22`, `%0D`, `%0A`, the three escapes of the WHATWG's form encoding
(browsers, httpx).
"""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final
from urllib.parse import unquote_to_bytes

_PARAMETER: Final = re.compile(r";[ \t]*([^\s=;]+)[ \t]*=[ \t]*(\"(?:[^\"\\]|\\.)*\"|[^;]*)")
_EXTENDED: Final = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.*)", re.IGNORECASE)
_ENCODED_WORDS: Final = re.compile(r"(?:=\?[\w-]+\?[bq]\?[^?\s]*\?=\s*)+", re.IGNORECASE)
_FORM_ESCAPES: Final = {"%22": '"', "%0D": "\r", "%0A": "\n"}
_FORM_ESCAPE: Final = re.compile("|".join(_FORM_ESCAPES), re.IGNORECASE)


def file_name(disposition: bytes, plain: bytes | None) -> str | None:
    """The file's name by a part's Content-Disposition. `plain` is its parameter `filename`, None without one;
    `filename*` goes before it when it can be decoded."""
    extended = _extended(disposition.decode("latin-1"))
    if extended is not None or plain is None:
        return extended
    name = plain.decode("utf-8", "replace")
    if _ENCODED_WORDS.fullmatch(name):
        return _decoded_words(name)
    return _FORM_ESCAPE.sub(lambda found: _FORM_ESCAPES[found[0].upper()], name)


def _extended(disposition: str) -> str | None:
    values = (value for key, value in _PARAMETER.findall(disposition) if key.lower() == "filename*")
    told = _EXTENDED.fullmatch(next(values, "").strip().strip('"'))
    if told is None:
        return None
    try:
        return unquote_to_bytes(told[2]).decode(told[1]) or None
    except UnicodeDecodeError:
        return None


def _decoded_words(name: str) -> str:
    try:
        parts = decode_header(name)
        return "".join(p if isinstance(p, str) else p.decode(charset or "ascii") for p, charset in parts)
    except (HeaderParseError, LookupError, UnicodeDecodeError, ValueError):
        return name
