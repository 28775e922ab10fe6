"""A note template: the sections of a note, what is wanted of it, and when it is used by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from minutebook.errors import invalid
from minutebook.kit.text import clean_line, clean_text, folded
from minutebook.language.model import ItemKind, MeetingType, NoteSection

NAME_MAX: Final = 200
HEADING_MAX: Final = 200
INSTRUCTION_MAX: Final = 8000


@dataclass(frozen=True, slots=True)
class NoteTemplate:
    """A template of one owner. `name` is unique among the owner's, without regard to case; `instruction` is empty when
    there is none. Notes of meetings of `meeting_type` use the template by themselves; one at most has each type."""

    id: str
    owner_id: str
    name: str
    sections: tuple[NoteSection, ...]
    instruction: str
    meeting_type: MeetingType | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SectionDraft:
    """A section as it was sent, before any check."""

    kinds: Sequence[str] = ()
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template as it was sent, before any check; None is what was not sent."""

    name: str | None = None
    sections: Sequence[SectionDraft] | None = None
    instruction: str | None = None
    meeting_type: str | None = None


def draft_of(template: NoteTemplate) -> TemplateDraft:
    """What has to be sent to get this template."""
    sections = tuple(SectionDraft(section.kinds, section.heading) for section in template.sections)
    return TemplateDraft(template.name, sections, template.instruction, template.meeting_type)


def section_from_json(data: Mapping[str, Any]) -> NoteSection:
    """The stored form (`dataclasses.asdict`) of a section back."""
    return NoteSection(tuple(map(ItemKind, data["kinds"])), data["heading"])


def name_key(name: str) -> str:
    """What names are compared by."""
    return folded(name)


def checked_name(name: str | None) -> str:
    """The name, on one line. Raises `name_required` and those of text."""
    checked = clean_line(name or "", "name", at_most=NAME_MAX)
    if not checked:
        raise invalid("name_required", "A template needs a `name`.", "name")
    return checked


def checked_instruction(instruction: str | None) -> str:
    """What is wanted of a note; empty when nothing was said. Raises the codes of text."""
    return clean_text(instruction or "", "instruction", at_most=INSTRUCTION_MAX)


def checked_meeting_type(name: str | None) -> MeetingType | None:
    """The type of meeting, if one was named. Raises `meeting_type_unknown`."""
    if name is not None and name not in set(MeetingType):
        message = f"`meeting_type` is one of: {', '.join(MeetingType)}."
        raise invalid("meeting_type_unknown", message, "meeting_type")
    return None if name is None else MeetingType(name)


def checked_sections(drafts: Sequence[SectionDraft] | None) -> tuple[NoteSection, ...]:
    """The sections, in their order. Raises `sections_required`, `section_kinds_required`, `section_kind_unknown`, and
    `section_kind_repeated` for a kind that would be shown twice."""
    if not drafts:
        message = "A template needs at least one entry in `sections`, with the `kinds` of items it shows."
        raise invalid("sections_required", message, "sections")
    sections: list[NoteSection] = []
    seen: set[ItemKind] = set()
    for position, draft in enumerate(drafts):
        section = _checked_section(draft, f"sections[{position}]")
        repeated = [kind for i, kind in enumerate(section.kinds) if kind in seen or kind in section.kinds[:i]]
        if repeated:
            message = f"`{repeated[0]}` is in the template twice; each kind has one place."
            raise invalid("section_kind_repeated", message, f"sections[{position}].kinds")
        seen.update(section.kinds)
        sections.append(section)
    return tuple(sections)


def _checked_section(draft: SectionDraft, field: str) -> NoteSection:
    known = ", ".join(ItemKind)
    if not draft.kinds:
        raise invalid("section_kinds_required", f"A section needs at least one of: {known}.", f"{field}.kinds")
    if any(kind not in set(ItemKind) for kind in draft.kinds):
        raise invalid("section_kind_unknown", f"A section's kinds are of: {known}.", f"{field}.kinds")
    heading = clean_line(draft.heading or "", f"{field}.heading", at_most=HEADING_MAX)
    return NoteSection(tuple(ItemKind(kind) for kind in draft.kinds), heading or None)
