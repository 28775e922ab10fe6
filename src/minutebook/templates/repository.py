"""All SQL of note templates."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text, UniqueConstraint, delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.language.model import MeetingType
from minutebook.templates.model import NoteTemplate, name_key, section_from_json

templates = Table(
    "note_templates",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("sections", JSON, nullable=False),
    Column("instruction", Text, nullable=False),
    Column("meeting_type", String(32)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner_id", "name_key", name="uq_note_templates_owner_id_name_key"),
    UniqueConstraint("owner_id", "meeting_type", name="uq_note_templates_owner_id_meeting_type"),
)


async def add(tx: AsyncConnection, template: NoteTemplate) -> None:
    """Store a new template; an `IntegrityError` says that its name or its type of meeting is taken."""
    values = _columns(template)
    await tx.execute(insert(templates).values(id=template.id, owner_id=template.owner_id, **values))


async def change(tx: AsyncConnection, template: NoteTemplate) -> None:
    """Overwrite a template; an `IntegrityError` says that its name or its type of meeting is taken."""
    await tx.execute(update(templates).where(templates.c.id == template.id).values(**_columns(template)))


async def remove(tx: AsyncConnection, template_id: str) -> None:
    """Delete a template."""
    await tx.execute(delete(templates).where(templates.c.id == template_id))


async def of_owner(tx: AsyncConnection, owner_id: str) -> Sequence[NoteTemplate]:
    """All templates of this owner, by name."""
    query = select(templates).where(templates.c.owner_id == owner_id)
    return sorted(map(_template, await tx.execute(query)), key=lambda template: name_key(template.name))


def _columns(template: NoteTemplate) -> dict[str, object]:
    return {
        "name": template.name,
        "name_key": name_key(template.name),
        "sections": [asdict(section) for section in template.sections],
        "instruction": template.instruction,
        "meeting_type": template.meeting_type.value if template.meeting_type else None,
        "created_at": template.created_at,
        "updated_at": template.updated_at,
    }


def _template(row: Row[tuple[object, ...]]) -> NoteTemplate:
    return NoteTemplate(
        id=row.id,
        owner_id=row.owner_id,
        name=row.name,
        sections=tuple(section_from_json(section) for section in row.sections),
        instruction=row.instruction,
        meeting_type=MeetingType(row.meeting_type) if row.meeting_type else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
