"""Every word of the interface is in every catalogue."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.core import Locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from sqlalchemy import update

from minutebook.api.web.catalogues import read_catalogue
from minutebook.api.web.dates import own_name, written_day, written_moment
from minutebook.api.web.languages import FOLDER, catalogue, languages
from minutebook.api.web.told import TOLD
from minutebook.bots.endings import SENTENCES
from minutebook.bots.model import Failure
from minutebook.bots.repository.bots import bots
from minutebook.wiring import Services
from support.people import Person

sys.path.insert(0, str(Path(__file__).parents[2]))
from tools.messages import collected

GERMAN = {"Accept-Language": "de-AT", "Accept": "text/html"}
ROOT = Path(__file__).parents[2]
SOURCES = [file for file in (ROOT / "src" / "minutebook").rglob("*.py") if file.name != "told.py"]


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*/messages.po")), ids=lambda file: file.parent.name)
def test_a_catalogue_is_complete(file: Path) -> None:
    with file.open("rb") as source:
        kept = read_po(source, locale=file.parent.name)
    for message in collected():
        if not message.id:
            continue
        found = kept.get(message.id[0] if isinstance(message.id, tuple) else message.id)
        assert found is not None, f"{message.id!r} is not in {file}: python tools/messages.py"
        texts = found.string if isinstance(found.string, (list, tuple)) else [found.string]
        assert all(texts), f"{message.id!r} is not translated in {file}"
        assert not found.fuzzy
        assert [str(error) for error in found.check(kept)] == []


def test_the_words_of_a_language() -> None:
    assert languages() == ("en", "de")
    assert catalogue("de").gettext("Meetings") == "Besprechungen"
    assert catalogue("en").gettext("Meetings") == "Meetings"
    assert catalogue("../de").gettext("Meetings") == "Meetings"


@pytest.mark.parametrize("code", languages())
def test_days_and_moments_are_written_as_babel_writes_them(code: str) -> None:
    begins = datetime(2026, 1, 1, 0, 5, 9, tzinfo=UTC)
    for at in (begins + timedelta(days=day, hours=day) for day in range(366)):
        assert written_day(at, "medium", code) == format_date(at, "medium", locale=code)
        assert written_day(at.date(), "long", code) == format_date(at, "long", locale=code)
        assert written_moment(at, code) == format_datetime(at, "medium", locale=code)
    assert own_name(code).lower() == (Locale.parse(code).get_display_name() or "").lower()


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*/messages.po")), ids=lambda file: file.parent.name)
def test_a_catalogue_says_what_babel_reads_in_it(file: Path) -> None:
    with file.open("rb") as source:
        kept = read_po(source, locale=file.parent.name)
    words = catalogue(file.parent.name)
    for message in kept:
        if isinstance(message.id, tuple):
            one, many = message.id
            forms = (words.ngettext(one, many, 1), words.ngettext(one, many, 2))
            assert forms == tuple(message.string or ()), message.id
        elif message.id:
            assert words.gettext(str(message.id)) == message.string


def test_what_is_not_translated_yet_stays_as_it_is() -> None:
    read = read_catalogue(
        'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);\\n"\n\n'
        'msgid "a \\"quoted\\" "\n"word\\n"\nmsgstr "ein"\n\n#, fuzzy\nmsgid "guessed"\nmsgstr "geraten"\n\n'
        'msgid "new"\nmsgstr ""\n\n#~ msgid "gone"\n#~ msgstr "weg"\n\n'
        'msgid "day"\nmsgid_plural "days"\nmsgstr[0] "den"\nmsgstr[1] "dny"\nmsgstr[2] "dní"\n'
    )
    assert [read.gettext(each) for each in ('a "quoted" word\n', "guessed", "new", "gone")] == [
        "ein", "guessed", "new", "gone",
    ]  # fmt: skip
    assert [read.ngettext("day", "days", n) for n in (1, 3, 7)] == ["den", "dny", "dní"]
    assert [read.ngettext("hour", "hours", n) for n in (1, 2)] == ["hour", "hours"]


async def test_the_reader_chooses(ada: Person) -> None:
    for wished, language in (
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,en;q=0.5", "en"),
        ("", "en"),
        ("*", "en"),
        ("x" * 10_000, "en"),
        ("de_%,;;,", "en"),
    ):
        page = await ada.open("/", headers={"Accept-Language": wished})
        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.text, wished
    ada.http.cookies.set("minutebook_language", "de")
    chosen = await ada.open("/", headers={"Accept-Language": "en"})
    assert "Besprechungen" in chosen.text


def test_an_error_that_is_translated_is_one_that_is_told() -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES)
    for sentence in set(TOLD) - set(SENTENCES.values()):
        what = sentence.removeprefix("There is no such ").rstrip(".")
        missing = f'not_found("{what}")'
        parts = [missing] if sentence.startswith("There is no such ") else re.split(r"\d+", sentence)
        assert all(part in source for part in parts), sentence


async def test_an_error_is_told_in_the_readers_language(ada: Person) -> None:
    page = await ada.open("/s/mbs_nothing", headers=GERMAN)
    assert "Dieser Link öffnet nichts" in page.text
    assert "This link opens nothing" in (await ada.open("/s/mbs_nothing", headers={"Accept": "text/html"})).text
    asked = await ada.send("/my/bots", {"meeting_url": ""}, headers=GERMAN)
    assert "Fügen Sie den Link der Konferenz ein." in asked.text


async def test_what_the_server_keeps_is_named_in_the_readers_language(ada: Person, services: Services) -> None:
    await ada.send("/settings/templates", {"name": "Board", "kind": ["decision", "action"]})
    settings = (await ada.open("/settings", headers=GERMAN)).text
    assert "<strong>Board</strong>: Entscheidungen · Aufgaben" in settings
    await ada.send("/my/bots", {"meeting_url": "https://meet.google.com/abc-defg-hij"})
    async with services.db.transaction() as tx:
        values = {"state": "failed", "failure": "captcha", "failure_message": SENTENCES[Failure.CAPTCHA]}
        await tx.execute(update(bots).values(**values))
    page = (await ada.open("/my/bots", headers=GERMAN)).text
    assert "Die Plattform verlangt einen Beweis, dass ein Mensch beitritt." in page
    assert re.search(r'value="https://meet.google.com/abc-defg-hij">.*Noch einmal schicken', page, re.DOTALL)
