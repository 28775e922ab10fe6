"""What can be done with note templates. Every method takes the caller's transaction and the owner it acts for."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.language.model import MeetingType
from minutebook.templates import repository
from minutebook.templates.model import (
    NoteTemplate,
    TemplateDraft,
    checked_instruction,
    checked_meeting_type,
    checked_name,
    checked_sections,
    draft_of,
    name_key,
)

TEMPLATES_MAX: Final = 100
"""Templates that one user can have: a list of them needs no pages."""


class Templates:
    """Templates of their owners: nobody else's are ever found."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def create(self, tx: AsyncConnection, owner_id: str, draft: TemplateDraft) -> NoteTemplate:
        """A new template. Raises `templates_too_many`, `template_name_taken`, `template_meeting_type_taken` and the
        codes of `model.checked_*`."""
        now = self._clock.now()
        template = NoteTemplate(
            id=new_id(),
            owner_id=owner_id,
            name=checked_name(draft.name),
            sections=checked_sections(draft.sections),
            instruction=checked_instruction(draft.instruction),
            meeting_type=checked_meeting_type(draft.meeting_type),
            created_at=now,
            updated_at=now,
        )
        if len(await self.list(tx, owner_id)) >= TEMPLATES_MAX:
            raise invalid("templates_too_many", f"A user has at most {TEMPLATES_MAX} templates. Delete one first.")
        await self._write(tx, template, repository.add)
        return template

    async def list(self, tx: AsyncConnection, owner_id: str) -> Sequence[NoteTemplate]:
        """All templates, by name."""
        return await repository.of_owner(tx, owner_id)

    async def get(self, tx: AsyncConnection, owner_id: str, template_id: str) -> NoteTemplate:
        """One template; `template_not_found` when there is none of this owner."""
        return _only(t for t in await self.list(tx, owner_id) if t.id == template_id)

    async def update(
        self, tx: AsyncConnection, owner_id: str, template_id: str, changes: Mapping[str, Any]
    ) -> NoteTemplate:
        """Change what is named, by the fields of `TemplateDraft`, and keep the rest; None takes `instruction` and
        `meeting_type` away. Raises what `create` does."""
        template = await self.get(tx, owner_id, template_id)
        draft = replace(draft_of(template), **changes)
        changed = replace(
            template,
            name=checked_name(draft.name),
            sections=checked_sections(draft.sections),
            instruction=checked_instruction(draft.instruction),
            meeting_type=checked_meeting_type(draft.meeting_type),
            updated_at=self._clock.now(),
        )
        await self._write(tx, changed, repository.change)
        return changed

    async def delete(self, tx: AsyncConnection, owner_id: str, template_id: str) -> None:
        """Delete a template; notes that were made with it stay as they are."""
        template = await self.get(tx, owner_id, template_id)
        await repository.remove(tx, template.id)

    async def chosen(
        self, tx: AsyncConnection, owner_id: str, named: str | None, meeting_type: MeetingType
    ) -> NoteTemplate | None:
        """The template that a note is made with: the `named` one, by id or name, else the one of the type of meeting,
        if there is one. Raises `template_not_found` for a name that is none's."""
        found = await self.list(tx, owner_id)
        if named is None:
            return next((t for t in found if t.meeting_type is meeting_type), None)
        key = name_key(" ".join(named.split()))
        return _only([t for t in found if t.id == named] or [t for t in found if name_key(t.name) == key])

    async def _write(
        self,
        tx: AsyncConnection,
        template: NoteTemplate,
        write: Callable[[AsyncConnection, NoteTemplate], Awaitable[None]],
    ) -> None:
        # The database decides, so that of two at the same time one is told; the savepoint keeps the transaction usable.
        try:
            async with tx.begin_nested():
                await write(tx, template)
        except IntegrityError as error:
            raise _taken(template, await self.list(tx, template.owner_id)) from error


def _only(found: Iterable[NoteTemplate]) -> NoteTemplate:
    template = next(iter(found), None)
    if template is None:
        raise not_found("template")
    return template


def _taken(template: NoteTemplate, existing: Sequence[NoteTemplate]) -> MinutebookError:
    if any(t.id != template.id and name_key(t.name) == name_key(template.name) for t in existing):
        message = f"There is a template named “{template.name}” already; choose another name."
        return MinutebookError(Kind.CONFLICT, "template_name_taken", message, field="name")
    message = f"Another template is used for `{template.meeting_type}` already; take the type from that one first."
    return MinutebookError(Kind.CONFLICT, "template_meeting_type_taken", message, field="meeting_type")
