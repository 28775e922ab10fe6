"""Every word of the interface is in every catalogue."""

import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from minutebook.api.web.languages import FOLDER, catalogue, languages
from support.people import Person

sys.path.insert(0, str(Path(__file__).parents[2]))
from tools.messages import collected


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
