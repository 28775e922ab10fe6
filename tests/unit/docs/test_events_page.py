"""docs/events.md lists the events that the code publishes, all of them and no other."""

import re
from importlib import import_module
from pathlib import Path

import minutebook

ROOT = Path(__file__).parents[3]
SOURCES = sorted(Path(minutebook.__file__).parent.glob("*/events.py"))


def published_kinds() -> set[str]:
    kinds = set()
    for path in SOURCES:
        module = import_module(f"minutebook.{path.parent.name}.events")
        values = {value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
        kinds |= {value for value in values if re.fullmatch(r"[a-z_]+\.[a-z_]+", value)}
    return kinds


def test_the_page_lists_every_event_and_no_other() -> None:
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z_]+\.[a-z_]+)`", page, flags=re.MULTILINE)
    assert sorted(listed) == sorted(published_kinds())
