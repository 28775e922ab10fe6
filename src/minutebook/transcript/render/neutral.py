"""What was said, and what people are called, in formats that would read some of it as markup.

Each format's own way: Markdown has a backslash for every mark; WebVTT has character references (in `subtitles`); SubRip
and plain text have no way to escape, so that what would open a tag there is written with a sign that looks alike.
"""

import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_MARKUP: Final = re.compile(
    r"[\\`*_\[\]<>|~$]|&(?=#?\w{1,32};)|(?<=\w)@(?=\w)"
    r"|(?<![a-z0-9])(?:(?:https?|ftp|file|mailto|xmpp|data|javascript|vbscript):|www\.)",
    re.IGNORECASE,
)
"""Marks of CommonMark and of GitHub's dialect (tables, strikethrough, formulas, addresses that become links)."""
_BLOCK: Final = re.compile(r"^([#+=-])|^(\d+)(?=[.)])")
_TAG: Final = re.compile(r"<(?=\s*(?:[^\W\d_]|[/!?]|$))([^<>]*)(>?)")
_OVERRIDE: Final = re.compile(r"\{(?=\s*(?:\\|\w+\s*:))([^{}]*)(\}?)")
"""Formatting in braces, which players of SubRip take from other formats: `{\\an8}` (SSA), `{y:i}` (MicroDVD)."""


def in_markdown(text: str) -> str:
    """Text on one line that Markdown shows as it is: no heading, list, link, image or HTML of its own; addresses are
    shown and do not become links."""
    plain = _MARKUP.sub(lambda mark: f"{mark[0][:-1]}\\{mark[0][-1]}", _CONTROL.sub(" ", text).strip())
    return _BLOCK.sub(lambda mark: f"\\{mark[1]}" if mark[1] else f"{mark[2]}\\", plain)


def in_plain_text(text: str) -> str:
    """Text without anything that a subtitle player, or a program that takes text for HTML, would read as a tag:
    `<b>` is written `‹b›` and `{\\an8}` is written `(\\an8)`. "3 < 4" and "<3" stay."""
    tagless = _TAG.sub(lambda tag: f"‹{tag[1]}{tag[2] and '›'}", text)
    return _OVERRIDE.sub(lambda mark: f"({mark[1]}{mark[2] and ')'}", tagless)
