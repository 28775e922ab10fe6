"""Addresses for people of whom only a name is known: where an address identifies, they need one too. Pure."""

import re
from typing import Final

from minutebook.kit.text import folded

NO_ADDRESS: Final = "no-address.test"
"""The domain of those whose address nobody wrote: reserved (RFC 2606), so that nothing ever reaches it."""
LOCAL_PART_MAX: Final = 64
"""RFC 5321."""


def made_address(name: str) -> str:
    """An address made of a name, the same for the same name."""
    words = ".".join(re.findall(r"\w+", folded(name)))[:LOCAL_PART_MAX].rstrip(".")
    return f"{words or 'nobody'}@{NO_ADDRESS}"


def written_address(email: str) -> str | None:
    """The address, if somebody wrote it; None for a made one."""
    return None if email.endswith(f"@{NO_ADDRESS}") else email
