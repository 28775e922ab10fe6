"""Versions of a note, compared word by word."""

from minutebook.api.web.versions import Change, Piece, compared, how_much
from minutebook.wiring import Services
from support.people import Held, Person
from support.records import Worker


async def test_two_notes_are_compared(ada: Person, grace: Person, held: Held, services: Services) -> None:
    assert (await ada.open(f"{held.path}/versions")).status_code == 200
    fields = {"instruction": "Only actions", "meeting_type": "team"}
    assert (await ada.send(f"{held.path}/ask", fields)).status_code == 303
    await Worker(services).drain()
    assert f'href="{held.path}/versions"' in (await ada.open(held.path)).text
    page = (await ada.open(f"{held.path}/versions")).text
    assert '<option value="2" selected>Version 2: Only actions' in page
    assert '<option value="1" selected>' in page
    same = (await ada.open(f"{held.path}/versions?before=2&after=2")).text
    assert "<ins>" not in same
    assert "Both versions say the same." in same
    assert (await ada.open(f"{held.path}/versions?before=7&after=x")).status_code in {200, 400}
    assert (await grace.open(f"{held.path}/versions")).status_code == 404


def test_words_are_compared() -> None:
    before = ["Launch on Monday · Dana", "Who writes?", "Gone"]
    after = ["Launch on Tuesday · Dana", "Who writes?"]
    assert list(compared(before, after)) == [
        [
            Piece(Change.SAME, "Launch on"),
            Piece(Change.REMOVED, "Monday"),
            Piece(Change.ADDED, "Tuesday"),
            Piece(Change.SAME, "· Dana"),
        ],
        [Piece(Change.SAME, "Who writes?")],
        [Piece(Change.REMOVED, "Gone")],
    ]
    assert list(compared([], [])) == []
    assert list(compared(["来週 Google Meet で話す"], ["今週 Google Meet で話す"])) == [
        [Piece(Change.REMOVED, "来"), Piece(Change.ADDED, "今"), Piece(Change.SAME, "週 Google Meet で話す")]
    ]
    assert list(compared([], ["New"])) == [[Piece(Change.ADDED, "New")]]


def test_how_much_has_changed() -> None:
    before = ["Launch on Monday · Dana", "Who writes?", "Gone", "Stays"]
    after = ["Launch on Tuesday · Dana", "Who writes?", "Stays", "New"]
    assert how_much(list(compared(before, after))) == {"same": 2, "added": 1, "removed": 1, "changed": 1}
    assert how_much(list(compared([], []))) == {"same": 0, "added": 0, "removed": 0, "changed": 0}
