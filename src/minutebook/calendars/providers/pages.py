"""Lists that come in pages, with an end to them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from minutebook.calendars import ports
from minutebook.calendars.providers.calls import Json
from minutebook.errors import MinutebookError

MOST_PAGES: Final = 1000
"""A provider that always has another page is not waited for."""

Params = Mapping[str, str]
Further = tuple[str, Params]
"""An address and its parameters; none for one that carries its own."""


async def pages_of(
    name: str, first: Further, ask: Callable[[str, Params], Awaitable[Json]], further: Callable[[Json], Further | None]
) -> list[Json]:
    """All pages, from the first one on; `further` says where the next one is."""
    pages: list[Json] = []
    asked: list[Further] = []
    following: Further | None = first
    while following is not None:
        if following in asked:
            raise ports.unavailable(name, "a page of its list leads back to one before.")
        if len(pages) == MOST_PAGES:
            raise too_many_pages(name)
        asked.append(following)
        pages.append(await ask(*following))
        following = further(pages[-1])
    return pages


def too_many_pages(name: str) -> MinutebookError:
    """The error for a list without an end."""
    return ports.unavailable(name, f"its list has more than {MOST_PAGES} pages.")
