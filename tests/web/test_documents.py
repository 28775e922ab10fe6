"""A meeting as a file: what is in it, that nothing in it runs or loads, and what it is called."""

import base64
import html
import io
import re
from urllib.parse import unquote

import pytest
from docx import Document

from minutebook.api.web.documents.paragraphs import WordDocument
from minutebook.kit.filenames import NAME_MAX_BYTES, file_stem
from minutebook.wiring import Services
from support.people import Held, Person
from support.records import Worker

HOSTILE = "</script></style><script>alert(1)</script><img src=x onerror=alert(2)>"


def outside_of_scripts(page: str) -> str:
    return re.sub(r"<(script|style)\b[^>]*>.*?</\1>", "", page, flags=re.DOTALL)


async def test_one_file_has_everything(ada: Person, held: Held) -> None:
    answer = await ada.open(f"{held.path}/download/html")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.text
    assert page.startswith("<!doctype html>")
    regions = set(re.findall(r'<h2 id="[^"]+">([^<]+)</h2>', page))
    assert regions == {"Note", "Transcript"}  # nobody has asked for more
    assert "figures to the board by Thursday" in page
    packed = re.search(r'<script type="audio/mp4;base64" id="sound">([^<]*)</script>', page)
    assert packed is not None
    sound = (await ada.open(f"{held.path}/audio")).content
    assert b"".join(base64.b64decode(part) for part in _parts(packed[1])) == sound
    # Every quote can be pressed.
    assert page.count('class="quote" data-at=') == page.count('class="q"') > 0
    # As on the meeting's page, what led to a line is folded.
    unfolded = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    shown = re.findall(r'<div class="evidence">.*?</div>', unfolded, flags=re.DOTALL)
    assert 0 < max(each.count('class="q"') for each in shown) <= 2


def _parts(text: str) -> list[str]:
    """Base64 as the file's script unpacks it: by slices of a whole number of quadruples."""
    size = 1 << 20
    return [text[at : at + size] for at in range(0, len(text), size)]


async def test_one_file_asks_for_nothing(ada: Person, held: Held) -> None:
    page = (await ada.open(f"{held.path}/download/html")).text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    told = html.unescape(policy[1])
    assert told.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in told
    assert "http" not in told
    rest = outside_of_scripts(page)
    assert not re.search(r"\b(?:src|href|action|poster)=\"(?!#)", rest)
    assert "url(" not in page
    assert not re.search(r"<(?:link|iframe|object|embed|form|base)\b", rest)


async def test_what_was_said_stays_text(ada: Person, services: Services, held: Held) -> None:
    renamed = {"title": f"Weekly {HOSTILE}", "description": HOSTILE, "attendees": 'Eve & "Co" <eve@example.com>'}
    assert (await ada.send(f"{held.path}/details", renamed)).status_code == 303
    await ada.send(f"{held.path}/segment", {"place": "1", "text": HOSTILE, "speaker": "speaker_2"})
    await Worker(services).drain()
    page = (await ada.open(f"{held.path}/download/html")).text
    assert len(re.findall(r"<script\b", page)) == 2
    assert page.count("</script>") == 2
    assert "<img" not in page
    assert "alert(1)" in html.unescape(outside_of_scripts(page))


async def test_word(ada: Person, held: Held) -> None:
    answer = await ada.open(f"{held.path}/download/docx")
    assert answer.status_code == 200
    document = Document(io.BytesIO(answer.content))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == "Weekly"
    headings = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert headings == ["Note", "Transcript"]
    assert texts[texts.index("Note") + 1].startswith(("Topics: ", "Decisions: ", "Actions: "))
    assert any("0:04" in text and "I will send the figures" in text for text in texts)


def test_word_holds_whatever_was_said() -> None:
    written = WordDocument("A & <b>\uffff", "de")
    written.add([("מחר", "b"), (" ", ""), ("a < b & c\nsecond line ", "i"), ("\ufffe", "")])
    written.add([("ends", "")], "List Bullet")
    document = Document(io.BytesIO(written.written()))
    first, last = document.paragraphs
    assert document.core_properties.title == "A & <b>"
    assert first.text == "מחר a < b & c\nsecond line "
    assert [(run.bold, run.italic) for run in first.runs] == [(True, None), (None, None), (None, True), (None, None)]
    assert "w:bidi" in first._p.xml
    assert "w:bidi" not in last._p.xml
    assert last.style is not None
    assert last.style.name == "List Bullet"


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Incident 7/8: what: now?", "Incident 7-8- what- now"),
        ("..\\..\\etc", "etc"),
        ("   ", "meeting"),
        ("CON", "CON -"),
        ("nul.txt", "nul.txt -"),
        ("Console", "Console"),
        ("Überblick – öffentlich", "Überblick – öffentlich"),
        ("سجل الاجتماع", "سجل الاجتماع"),
        ("a\x00b", "meeting"),
        ("ends with dots...", "ends with dots"),
    ],
)
def test_a_title_as_the_name_of_a_file(title: str, stem: str) -> None:
    assert file_stem(title) == stem


def test_a_long_title_is_cut_between_characters() -> None:
    cut = file_stem("ö" * 300)
    assert cut == "ö" * (NAME_MAX_BYTES // 2)


@pytest.mark.parametrize("ending", ["html", "docx", "srt", "vtt", "txt", "md", "json"])
async def test_files_have_the_meetings_name(ada: Person, held: Held, ending: str) -> None:
    await ada.send(f"{held.path}/details", {"title": "Q3/Q4: Über “Preise”", "attendees": "Ada <ada@example.com>"})
    told = (await ada.open(f"{held.path}/download/{ending}")).headers["content-disposition"]
    assert re.match(r'attachment; filename="[ -~]+"; filename\*=UTF-8\'\'', told)
    name = unquote(told.partition("UTF-8''")[2])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d Q3-Q4- Über “Preise”\." + ending, name)


async def test_files_are_their_owners(grace: Person, held: Held) -> None:
    for ending in ("html", "docx"):
        assert (await grace.open(f"{held.path}/download/{ending}")).status_code == 404
