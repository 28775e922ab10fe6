"""The interface's words: collected from templates and code into the catalogues; and how each language writes dates.

python tools/messages.py            brings every catalogue up to date; what is new in it waits for its translation
"""

import json
from io import BytesIO
from pathlib import Path

from babel.core import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from minutebook.api.web.languages import languages

WEB = Path(__file__).parents[1] / "src" / "minutebook" / "api" / "web"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "trimmed": "false", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def collected() -> Catalog:
    """Every message of templates and code, with the scopes' meanings, which the consent page shows, and the errors that
    pages tell."""
    from minutebook.api.deps import SCOPE_MEANINGS
    from minutebook.api.web.told import TOLD

    catalog = Catalog(project="Minutebook", fuzzy=False)
    for file, _line, message, comments, context in extract_from_dir(WEB, METHODS, OPTIONS, KEYWORDS):
        catalog.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    for meaning in SCOPE_MEANINGS.values():
        catalog.add(meaning, None, [("consent.py", 0)])
    for sentence in TOLD:
        catalog.add(sentence, None, [("told.py", 0)])
    return catalog


def dates_of(code: str) -> dict[str, object]:
    """How a language calls itself and writes days and moments, from the CLDR that Babel brings."""
    locale = Locale.parse(code)
    day, time = locale.date_formats["medium"].pattern, locale.time_formats["medium"].pattern
    months, halves = locale.months["format"], locale.day_periods["format"]["abbreviated"]
    return {
        "name": (locale.get_display_name() or code).capitalize(),
        "medium": day,
        "long": locale.date_formats["long"].pattern,
        "moment": locale.datetime_formats["medium"].replace("{0}", time).replace("{1}", day),
        "months": {
            name: [months[width][month] for month in range(1, 13)]
            for name, width in (("MMM", "abbreviated"), ("MMMM", "wide"))
        },
        "halves": [halves["am"], halves["pm"]],
    }


def main() -> None:
    """Bring every catalogue up to date."""
    wanted = collected()
    for code in languages():
        dates = json.dumps(dates_of(code), ensure_ascii=False, indent=2)
        (WEB / "locales" / code / "dates.json").write_text(f"{dates}\n", encoding="utf-8")
    for file in sorted((WEB / "locales").glob("*/messages.po")):
        with file.open("rb") as kept:
            catalog = read_po(kept, locale=file.parent.name)
        catalog.update(wanted, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        written = BytesIO()
        write_po(written, catalog, width=120, no_location=True, omit_header=False, sort_output=True)
        file.write_bytes(written.getvalue())


if __name__ == "__main__":
    main()
