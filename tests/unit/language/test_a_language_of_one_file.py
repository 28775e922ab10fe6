"""A language is one file: a made-up one, whose pack lies in a folder of the test's, gets whole notes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from minutebook.language import lexicon
from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import ItemKind, Note, NoteRequest, Owner
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.render.markdown import note_markdown
from minutebook.language.talk.sentences import sentences_of
from minutebook.transcript.model import Transcript
from support.talks import talk

PACKS = Path(__file__).parents[2] / "data" / "packs"
HELD_ON = date(2026, 3, 2)
TALK = """
Ada: Ni dezidas ke la granda domo restas blanka.
Bob: Mi'g sendas la longan raporton al dok. Hale in tre tagoj.
Ada: Bob, plizo pentras la malnovan pordon til veno.
Bob: Jup, migo pentras gi.
Ada: La vendisto volas la novan kontrakton kun nomoj.
Bob: Mi'g kontrolas gi til morgu.
"""


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Transcript]:
    monkeypatch.setattr(lexicon, "PACKS", [*lexicon.PACKS, PACKS])
    lexicon_of.cache_clear()
    yield replace(talk(TALK), language="tz")
    lexicon_of.cache_clear()


@pytest.fixture
def note(toy: Transcript) -> Note:
    return ExtractiveProducer().note(toy, NoteRequest(held_on=HELD_ON, attendees=("Ada", "Bob")))


def test_what_was_decided_and_promised_is_found_with_owners_and_dates(note: Note) -> None:
    actions = [(i.text, i.owner, i.due and (i.due.said, i.due.on)) for i in note.items if i.kind is ItemKind.ACTION]
    decisions = [i.text for i in note.items if i.kind is ItemKind.DECISION]
    bob = Owner("speaker_2")

    assert decisions == ["La granda domo restas blanka"]
    assert [(text, due) for text, _, due in actions] == [
        ("Sendas la longan raporton al dok. Hale", ("in tre tagoj", date(2026, 3, 5))),
        ("Pentras la malnovan pordon", ("veno", date(2026, 3, 6))),
        ("Kontrolas gi", ("morgu", date(2026, 3, 3))),
    ]
    assert all(owner is not None and owner.speaker == bob.speaker for _, owner, _ in actions)
    assert note.unsupported == ()
    assert note.notices == ()


def test_what_a_word_points_at_is_cited(note: Note) -> None:
    pointing = next(i for i in note.items if i.text == "Kontrolas gi")

    assert pointing.context == "La vendisto volas la novan kontrakton kun nomoj."


def test_words_and_sentences_follow_the_file(toy: Transcript) -> None:
    pack = lexicon_of("tz")

    assert pack.words.normal_words("Mi'g venas, migo!") == ["mi", "gona", "venas", "mi", "gona"]
    assert [n.value for n in pack.words.numbers_in(["tridek", "du", "ses", "cent"])] == [32, 600]
    assert pack.words.stem("raportojn") == pack.words.stem("raporton")
    assert pack.dates.resolve("venonta luno", HELD_ON) == date(2026, 3, 9)
    assert "Hale in tre tagoj." in sentences_of(toy)[1].text


def test_the_note_has_the_headings_of_the_language(note: Note, toy: Transcript) -> None:
    assert "Dezidoj" in note_markdown(note, toy)
    assert "Taskoj" in note_markdown(note, toy)


def test_a_date_rule_that_is_not_known_is_refused(
    toy: Transcript, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pack = (PACKS / "tz.toml").read_text(encoding="utf-8").replace('means = "weekday"', 'means = "moonday"')
    (tmp_path / "tz.toml").write_text(pack, encoding="utf-8")
    monkeypatch.setattr(lexicon, "PACKS", [*lexicon.PACKS[:1], tmp_path])
    lexicon_of.cache_clear()

    with pytest.raises(ValueError, match="not moonday"):
        lexicon_of("tz")
