"""Text that people send, made safe to keep: every database and every terminal can hold what comes out of here.

Text is kept in Unicode's composed form (NFC, UAX #15): a keyboard types `ü` as one character, a macOS file name holds
it as two, and both mean the same.
"""

import unicodedata

from minutebook.errors import invalid

_KEPT_CONTROLS = frozenset("\n\t")

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates (UAX #9): a name that holds one changes how what follows it is read. Letters carry
their direction themselves."""


def is_storable(text: str) -> bool:
    """Whether `text` holds neither NUL (Postgres refuses it) nor lone surrogates (UTF-8 cannot carry them)."""
    return not any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in text)


def clean_text(text: str, field: str, *, at_most: int) -> str:
    """`text` in NFC, without control characters, marks of direction and outer blanks, line breaks as "\\n".

    Raises `text_invalid` for what cannot be stored and `text_too_long` beyond `at_most` characters.
    """
    if not is_storable(text):
        raise invalid("text_invalid", f"`{field}` holds characters that are not text. Remove them.", field)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(c for c in lines if _is_kept(c))
    kept = unicodedata.normalize("NFC", plain).strip()
    if len(kept) > at_most:
        raise invalid("text_too_long", f"`{field}` has {len(kept)} characters; at most {at_most} are kept.", field)
    return kept


def _is_kept(character: str) -> bool:
    if character in _KEPT_CONTROLS:
        return True
    return unicodedata.category(character) != "Cc" and character not in _DIRECTIONS


def clean_line(text: str, field: str, *, at_most: int) -> str:
    """Like `clean_text`, with every run of blanks and line breaks folded to one blank."""
    return " ".join(clean_text(text, field, at_most=at_most).split())


def folded(text: str) -> str:
    """What a search that overlooks case and spelling compares: NFKC, casefolded (Unicode 3.13, NFKC_Casefold).
    Databases fold ASCII letters at most, so both sides of a comparison come from here."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
