"""Lists that come in pages, with an end to them."""

from typing import Final

from minutebook.calendars import ports
from minutebook.errors import MinutebookError

MOST_PAGES: Final = 1000
"""A provider that always has another page is not waited for."""


def too_many_pages(name: str) -> MinutebookError:
    """The error for a list without an end."""
    return ports.unavailable(name, f"its list has more than {MOST_PAGES} pages.")
