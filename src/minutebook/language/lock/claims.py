"""What a line says: its text, the context it shows and the answer it gives."""

import re
from collections.abc import Iterable

from minutebook.language.model import Item


def claim_parts(item: Item) -> Iterable[str]:
    """The pieces of a line, each by itself; what stands in brackets is one."""
    told = (part for part in (item.text, item.answer, item.context) if part)
    return (piece.strip() for part in told for piece in re.split(r"[()]", part) if piece.strip())


def claims(item: Item) -> str:
    """All of them in a row."""
    return " . ".join(claim_parts(item))
