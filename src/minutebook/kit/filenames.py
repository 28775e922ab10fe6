"""Names of files that every system can hold, made of what people call things. Pure."""

import re
from typing import Final

from minutebook.kit.text import is_storable

NAME_MAX_BYTES: Final = 200
"""File systems hold 255 bytes; the rest is room for a date, a number and an ending."""

_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
"""What Windows forbids, which is more than what others do ("Naming Files, Paths, and Namespaces")."""
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)", re.IGNORECASE)
"""Names of devices on Windows, with any ending."""


def file_stem(title: str, otherwise: str = "meeting") -> str:
    """A name without its ending for what is called `title`; `otherwise` where nothing of the title can be in one."""
    plain = _FORBIDDEN.sub("-", title if is_storable(title) else "")
    plain = " ".join(plain.split()).strip(". -")
    cut = plain.encode()[:NAME_MAX_BYTES].decode(errors="ignore").rstrip(". -")
    return f"{cut} -" if _DEVICES.match(cut) else cut or otherwise
