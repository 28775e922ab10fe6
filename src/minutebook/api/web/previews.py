"""What a note template makes of the newest meeting that has a note, before it is kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.model import AnalysisType
from minutebook.templates.model import SectionDraft, checked_sections

if TYPE_CHECKING:
    from minutebook.wiring import Services


@dataclass(frozen=True, slots=True)
class TemplatePreview:
    """A meeting's title and, for each section of the template, its kinds of line with the lines of the meeting's note;
    None and no lines where there is no note yet."""

    title: str | None
    sections: Sequence[tuple[Sequence[str], Sequence[Mapping[str, Any]]]]


async def preview_of(
    services: "Services", read: AsyncConnection, user_id: str, drafts: Sequence[SectionDraft]
) -> TemplatePreview:
    """The template over the newest note of this user. Raises what `templates.model.checked_sections` does."""
    chosen = [section.kinds for section in checked_sections(drafts)]
    title, items = await _newest_note(services, read, user_id)
    return TemplatePreview(title, [(kinds, [each for each in items if each["kind"] in kinds]) for kinds in chosen])


async def _newest_note(
    services: "Services", read: AsyncConnection, user_id: str
) -> tuple[str | None, Sequence[Mapping[str, Any]]]:
    recent = (await services.meetings.list(read, user_id)).items
    recordings = await services.recordings.of_meetings(read, [meeting.id for meeting in recent])
    for meeting in recent:
        if recording := recordings.get(meeting.id):
            kept = await services.results.kept_reports(
                read, user_id, recording.id, analysis_type=AnalysisType.MEETING_NOTE
            )
            for shown in await services.results.shown(kept):
                if shown.content is not None:
                    return meeting.title, json.loads(shown.content)["items"]
    return None, ()
