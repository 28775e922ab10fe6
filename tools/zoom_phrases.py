"""The texts of Zoom's web client that tell a place, in all its languages: `python -m tools.zoom_phrases FOLDER FACTS`.

FOLDER is `dist/lib/lang` of the npm package `@zoom/meetingsdk`, unpacked; FACTS an operator's folder of facts. Of those
language files the texts are taken, by their names there, that the signs of Zoom's facts name as `phrases`; a text that
another phrase has already, in any language, is left out. Writes `FACTS/zoom/phrases/<language>.toml`, for one's own
use: they are Zoom's (decision 24).
"""

import argparse
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, Final

ZOOM: Final = Path(__file__).parents[1] / "src" / "minutebook" / "bots" / "platforms" / "zoom"
ENGLISH: Final = "en-US"
_TAG: Final = re.compile(r"<[^<>]*>")
_PLACEHOLDER: Final = re.compile(r"\{[0-9]\}")


def named() -> list[list[str]]:
    """The phrases that each sign names, in the facts' order."""
    facts = tomllib.loads((ZOOM / "facts.toml").read_text("utf-8"))
    return [sign["phrases"] for sign in facts["sign"] if "phrases" in sign]


def texts_in(data: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """All texts of a language file, with their names: `apac.dialog.meeting_ended`."""
    for key, value in data.items():
        name = f"{at}.{key}" if at else key
        if isinstance(value, dict):
            yield from texts_in(value, name)
        elif isinstance(value, str):
            yield name, value


def plain(text: str) -> str:
    """The text as a page shows it, `*` for what is put in; empty for one that would say nothing alone."""
    shown = " ".join(unescape(_TAG.sub("", text)).split())
    starred = _PLACEHOLDER.sub("*", shown)
    return starred if len(starred.replace("*", "")) >= 4 else ""


def chosen(folder: Path) -> dict[str, dict[str, str]]:
    """Per language the texts by name, each text once over all of them: for the sign that comes first."""
    languages = {path.stem: dict(texts_in(json.loads(path.read_text("utf-8")))) for path in folder.glob("*.json")}
    order = sorted(languages, key=lambda language: (language != ENGLISH, language))
    found: dict[str, dict[str, str]] = {language: {} for language in order}
    names = list(dict.fromkeys(name for names in named() for name in names))
    taken: set[str] = set()
    for name in names:
        for language in order:
            text = plain(languages[language].get(name, ""))
            same = re.sub(r"[\s.!?…。！？]+$", "", text.replace("’", "'")).lower()
            if text and same not in taken:
                taken.add(same)
                found[language][name] = text
    return found


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("facts", type=Path)
    given = parser.parse_args()
    folder: Path = given.folder
    version = json.loads((folder.parents[2] / "package.json").read_text("utf-8"))["version"]
    phrases: Path = given.facts / "zoom" / "phrases"
    phrases.mkdir(parents=True, exist_ok=True)
    for language, texts in chosen(folder).items():
        head = f'[facts]\nversion = "{version}"\ndate = {datetime.now(UTC):%Y-%m-%d}\n'
        head += f'source = "npm @zoom/meetingsdk {version}, dist/lib/lang/{language}.json"\n\n[phrases]\n'
        body = "".join(f'"{name}" = {json.dumps(text, ensure_ascii=False)}\n' for name, text in texts.items())
        (phrases / f"{language}.toml").write_text(head + body, "utf-8")


if __name__ == "__main__":
    main()
