"""`/api/note-templates`: how notes are to look, under names."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from minutebook.api.bodies import Body
from minutebook.api.deps import AnalysisCaller, Read, ServicesOf, Tx
from minutebook.api.paxs.schemas import errors
from minutebook.templates.model import NoteTemplate, SectionDraft, TemplateDraft

router = APIRouter(prefix="/api/note-templates", tags=["note templates"])


class NoteSectionIn(Body):
    """A section: items of these kinds (`decision`, `action`, `question`, `topic`), kind by kind, under a heading."""

    kinds: list[str] = Field([], max_length=50)
    heading: str | None = Field(None, description="The kinds' names in the recording's language when missing.")


class NoteTemplateIn(Body):
    """A template to be made, or what to change of one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Stand-up",
                    "sections": [{"kinds": ["action"], "heading": "To do"}, {"kinds": ["question"]}],
                    "instruction": "Who does what until when",
                    "meeting_type": "team",
                }
            ]
        }
    )

    name: str | None = Field(None, description="Unique among the user's templates, without regard to case.")
    sections: list[NoteSectionIn] | None = Field(
        None, max_length=50, description="At least one; a kind is in one only."
    )
    instruction: str | None = Field(None, description="Used when a request brings none.")
    meeting_type: str | None = Field(None, description="Used for notes of this type of meeting when none is named.")

    def sent(self) -> Mapping[str, Any]:
        """Only what was sent, by the capability's names."""
        values: dict[str, Any] = {name: getattr(self, name) for name in sorted(self.model_fields_set)}
        if self.sections is not None:
            values["sections"] = [SectionDraft(each.kinds, each.heading) for each in self.sections]
        return values


class NoteSectionOut(BaseModel):
    """A section; `heading` is null where the kinds' names are used."""

    kinds: list[str]
    heading: str | None


class NoteTemplateOut(BaseModel):
    """A template."""

    id: str
    name: str
    sections: list[NoteSectionOut]
    instruction: str | None
    meeting_type: str | None
    created_at: datetime
    updated_at: datetime


class NoteTemplatesOut(BaseModel):
    """All of the user's templates."""

    templates: list[NoteTemplateOut]


@router.post("", status_code=201, summary="Create a note template", responses=errors(400, 409))
async def create(caller: AnalysisCaller, services: ServicesOf, body: NoteTemplateIn, tx: Tx) -> NoteTemplateOut:
    """Make a template; `name` and `sections` are required. A name, and a type of meeting, belongs to one template."""
    return _rendered(await services.templates.create(tx, caller.user_id, TemplateDraft(**body.sent())))


@router.get("", summary="List note templates", responses=errors())
async def all_of_them(caller: AnalysisCaller, services: ServicesOf, read: Read) -> NoteTemplatesOut:
    """Your templates, by name."""
    found = await services.templates.list(read, caller.user_id)
    return NoteTemplatesOut(templates=[_rendered(template) for template in found])


@router.get("/{template_id}", summary="Get a note template", responses=errors(404))
async def get(caller: AnalysisCaller, services: ServicesOf, template_id: str, read: Read) -> NoteTemplateOut:
    """One template."""
    return _rendered(await services.templates.get(read, caller.user_id, template_id))


@router.patch("/{template_id}", summary="Change a note template", responses=errors(400, 404, 409))
async def change(
    caller: AnalysisCaller, services: ServicesOf, template_id: str, body: NoteTemplateIn, tx: Tx
) -> NoteTemplateOut:
    """Change what is sent and keep the rest; `null` takes `instruction` or `meeting_type` away. Notes that were made
    with the template stay as they are."""
    return _rendered(await services.templates.update(tx, caller.user_id, template_id, body.sent()))


@router.delete("/{template_id}", status_code=204, summary="Delete a note template", responses=errors(404))
async def delete(caller: AnalysisCaller, services: ServicesOf, template_id: str, tx: Tx) -> None:
    """Delete a template. Notes that were made with it stay as they are."""
    await services.templates.delete(tx, caller.user_id, template_id)


def _rendered(template: NoteTemplate) -> NoteTemplateOut:
    sections = [NoteSectionOut(kinds=list(each.kinds), heading=each.heading) for each in template.sections]
    return NoteTemplateOut(
        id=template.id,
        name=template.name,
        sections=sections,
        instruction=template.instruction or None,
        meeting_type=template.meeting_type,
        created_at=template.created_at,
        updated_at=template.updated_at,
    )
