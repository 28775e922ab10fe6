"""The scripts that tell, inside a platform's page, who is there and speaks: put together from files and facts."""

import json
from collections.abc import Sequence
from importlib.resources import files

from minutebook.bots.platforms.facts.model import PageFacts
from minutebook.bots.platforms.facts.reading import load_pages


def load_page_script(platform: str, pages: Sequence[PageFacts] = ()) -> str:
    """The platform's page script, called with the selectors of its kinds of pages and `naming.js`, and the reader of
    chats; empty when its folder has none."""
    script = files(__package__).joinpath(platform, "page.js")
    if not script.is_file():
        return ""
    selectors: dict[str, list[str]] = {}
    for page in pages or load_pages(platform):
        for name, each in page.script.items():
            selectors.setdefault(name, []).extend(each)
    naming, chat = (files(__package__).joinpath(name).read_text("utf-8").strip() for name in ("naming.js", "chat.js"))
    given = json.dumps(selectors)
    return (
        f"({script.read_text('utf-8').strip().removesuffix(';')})({given}, {naming});\n"
        f"({chat.removesuffix(';')})({given});\n"
    )
