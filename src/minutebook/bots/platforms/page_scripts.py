"""The scripts that tell, inside a platform's page, who is there and speaks: put together from files and facts; and the
pages of the bot's own."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from minutebook.bots.platforms.facts.model import LocalPage, PageFacts
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


def load_local_page(platform: str, local: LocalPage, access: Mapping[str, str]) -> str | None:
    """The HTML of a page of the bot's own; None where the access lacks something that it is given."""
    given = {member: access.get(name) for member, name in local.given.items()}
    if not all(given.values()):
        return None
    script = files(__package__).joinpath(platform, local.script).read_text("utf-8").strip().removesuffix(";")
    # What is given may hold anything, and must not end the script.
    argument = json.dumps(given).replace("<", "\\u003c")
    head = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"></head><body>'
    return f"{head}\n<script>({script})({argument});</script>\n"
