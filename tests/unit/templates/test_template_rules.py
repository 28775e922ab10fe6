"""What a note template may be, and that it makes of a note what it says."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.errors import MinutebookError
from minutebook.language.model import ItemKind, NoteRequest, NoteSection, Unsupported
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.render.markdown import note_markdown
from minutebook.templates.model import (
    SectionDraft,
    checked_instruction,
    checked_meeting_type,
    checked_name,
    checked_sections,
    section_from_json,
)
from support.talks import talk

TALK = talk(
    """
    Maria: We decided to launch on Monday.
    Maria: Dana, please send the results by Wednesday noon.
    Dana: Will do. I am happy with them.
    Dana: Who pays for the venue?
    """
)
NOTE = ExtractiveProducer().note(TALK, NoteRequest(held_on=date(2026, 3, 2)))
KINDS = st.permutations(list(ItemKind))


def headings(markdown: str) -> list[str]:
    return [line[3:] for line in markdown.splitlines() if line.startswith("## ")]


@pytest.mark.parametrize(
    ("drafts", "code", "field"),
    [
        (None, "sections_required", "sections"),
        ([], "sections_required", "sections"),
        ([SectionDraft(["action"]), SectionDraft([])], "section_kinds_required", "sections[1].kinds"),
        ([SectionDraft(["joke"])], "section_kind_unknown", "sections[0].kinds"),
        ([SectionDraft(["action", "action"])], "section_kind_repeated", "sections[0].kinds"),
        ([SectionDraft(["action"]), SectionDraft(["topic", "action"])], "section_kind_repeated", "sections[1].kinds"),
        ([SectionDraft(["action"], "x" * 201)], "text_too_long", "sections[0].heading"),
        ([SectionDraft(["action"], "\x00")], "text_invalid", "sections[0].heading"),
    ],
)
def test_sections_that_are_refused(drafts: Sequence[SectionDraft] | None, code: str, field: str) -> None:
    with pytest.raises(MinutebookError) as refused:
        checked_sections(drafts)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize("name", [None, "", " \n\t"])
def test_a_template_needs_a_name(name: str | None) -> None:
    with pytest.raises(MinutebookError) as refused:
        checked_name(name)
    assert (refused.value.code, refused.value.field) == ("name_required", "name")


def test_other_fields_are_checked() -> None:
    assert checked_name("  Stand \n up ") == "Stand up"
    assert checked_instruction(None) == ""
    assert checked_meeting_type(None) is None
    with pytest.raises(MinutebookError, match="at most 8000"):
        checked_instruction("x" * 8001)
    with pytest.raises(MinutebookError) as refused:
        checked_meeting_type("party")
    assert (refused.value.code, refused.value.field) == ("meeting_type_unknown", "meeting_type")


@given(KINDS, st.integers(1, 4), st.text(max_size=20))
def test_checked_sections_are_what_was_sent_and_come_back_from_json(
    kinds: list[ItemKind], many: int, heading: str
) -> None:
    heading = unicodedata.normalize("NFC", " ".join(c for c in heading if c.isalnum()))
    sections = checked_sections([SectionDraft([kind.value], heading) for kind in kinds[:many]])
    assert [section.kinds for section in sections] == [(kind,) for kind in kinds[:many]]
    assert {section.heading for section in sections} == {heading or None}
    assert tuple(section_from_json(asdict(section)) for section in sections) == sections


def test_sections_give_order_headings_and_choice() -> None:
    assert {item.kind for item in NOTE.items} >= {ItemKind.ACTION, ItemKind.DECISION, ItemKind.QUESTION}
    shown = note_markdown(
        NOTE, TALK, sections=[NoteSection((ItemKind.QUESTION,)), NoteSection((ItemKind.ACTION,), "Do")]
    )
    assert headings(shown) == ["Questions", "Do"]
    assert "launch" not in shown.lower()
    assert shown.index("venue") < shown.index("results")


def test_kinds_can_share_a_section() -> None:
    both = NoteSection((ItemKind.ACTION, ItemKind.DECISION))
    shown = note_markdown(NOTE, TALK, sections=[both])
    assert headings(shown) == ["Action items, Decisions"]
    assert shown.index("results") < shown.index("Launch")
    assert headings(note_markdown(replace(NOTE, language="de"), TALK, sections=[both])) != headings(shown)


def test_what_the_sections_leave_out_is_left_out_of_the_unsupported_too() -> None:
    by_kind = {item.kind: item for item in NOTE.items}
    note = replace(NOTE, items=(), unsupported=(Unsupported(by_kind[ItemKind.DECISION], "not said"),))
    assert "not said" in note_markdown(note, TALK, sections=[NoteSection((ItemKind.DECISION,))])
    shown = note_markdown(note, TALK, sections=[NoteSection((ItemKind.ACTION,))])
    assert "not said" not in shown
    assert "Nothing" in shown


def test_a_heading_is_no_markup() -> None:
    shown = note_markdown(NOTE, TALK, sections=[NoteSection((ItemKind.ACTION,), "![x](http://evil.example) <b>")])
    assert "![" not in shown.replace("\\!\\[", "")
    assert "http:" not in shown
    assert "\\<b\\>" in shown
