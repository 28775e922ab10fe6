"""Recordings that the organiser has at the meeting's platform: listed, and imported. For access tokens, and for the
keys of the v1 API."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from minutebook.api.bodies import Body
from minutebook.api.bots import Listener, Watcher
from minutebook.api.deps import ServicesOf
from minutebook.api.paxs.schemas import errors
from minutebook.imports.model import Brought, Importable, Imported, Listed

router = APIRouter(tags=["imports"])

_OF_BOT = "/api/bots/{bot_id}/recordings"


class ImportableOut(BaseModel):
    """A recording at its platform."""

    id: str
    title: str
    started_at: datetime | None
    duration_s: float | None
    size: int | None = Field(description="In bytes, where the platform says it.")
    session_id: str | None = Field(description="The meeting here into which it was imported.")


class ImportablesOut(BaseModel):
    """The recordings of a meeting that the connected accounts can read, oldest first."""

    provider: str
    recordings: list[ImportableOut]
    reason: str | None = Field(description="Why there are none, as far as it is known.")


class ImportIn(Body):
    """Which recording of which meeting."""

    meeting_url: str
    recording_id: str = Field(description="As the list calls it.")
    near: datetime | None = Field(None, description="As it was given for the list.")


class ImportOut(BaseModel):
    """A recording that is here now, in a meeting of its own."""

    session_id: str
    provider: str
    started_at: datetime | None
    already_imported: bool = Field(description="It had been imported before: nothing was fetched.")


_LISTS = errors(400, 404, 409, 503)
_BRINGS = {
    200: {"model": ImportOut, "description": "It had been imported before."},
    **errors(400, 404, 409, 413, 415, 503),
}
Address = Annotated[str, Query(description="The meeting's address, or an invitation with it.")]
Near = Annotated[datetime | None, Query(description="About when the meeting was; its latest time without it.")]


@router.get(_OF_BOT, summary="Recordings of a bot's meeting at its platform", responses=_LISTS)
async def of_bot(owner_id: Watcher, services: ServicesOf, bot_id: str) -> ImportablesOut:
    """What the organiser recorded, where the organiser's account is connected: for a bot that could not get in."""
    platform, wanted = await services.imports.wanted_of_bot(owner_id, bot_id)
    return _listed(await services.imports.look(owner_id, platform, wanted))


@router.post(f"{_OF_BOT}/{{recording_id}}/import", status_code=201, summary="Import one of them", responses=_BRINGS)
async def import_for_bot(
    owner_id: Listener, services: ServicesOf, response: Response, bot_id: str, recording_id: str
) -> ImportOut:
    """Fetch the recording into a meeting of its own and have it transcribed. The answer comes when it is here, which
    takes as long as the download. The same recording twice is one meeting: 200 says so."""
    platform, wanted = await services.imports.wanted_of_bot(owner_id, bot_id)
    brought = await services.imports.bring(owner_id, platform, wanted, recording_id, bot_id=bot_id)
    return _brought(response, brought)


@router.get("/api/imports", summary="Recordings of a meeting at its platform", responses=_LISTS)
async def of_address(
    owner_id: Watcher, services: ServicesOf, meeting_url: Address, near: Near = None
) -> ImportablesOut:
    """What the organiser recorded of the meeting at this address."""
    platform, wanted = services.imports.wanted(meeting_url, near)
    return _listed(await services.imports.look(owner_id, platform, wanted))


@router.post("/api/imports", status_code=201, summary="Import a recording", responses=_BRINGS)
async def import_by_address(owner_id: Listener, services: ServicesOf, response: Response, body: ImportIn) -> ImportOut:
    """As for a bot."""
    platform, wanted = services.imports.wanted(body.meeting_url, body.near)
    return _brought(response, await services.imports.bring(owner_id, platform, wanted, body.recording_id))


def _listed(listed: Listed) -> ImportablesOut:
    recordings = [_importable(each, listed.imported.get(each.key)) for each in listed.found.recordings]
    return ImportablesOut(provider=listed.provider, recordings=recordings, reason=listed.found.reason)


def _importable(found: Importable, imported: Imported | None) -> ImportableOut:
    return ImportableOut(
        id=found.key,
        title=found.title,
        started_at=found.started_at,
        duration_s=found.duration_s,
        size=found.size,
        session_id=imported.meeting_id if imported else None,
    )


def _brought(response: Response, brought: Brought) -> ImportOut:
    response.status_code = 200 if brought.already else 201
    imported = brought.imported
    return ImportOut(
        session_id=imported.meeting_id,
        provider=imported.provider,
        started_at=imported.started_at,
        already_imported=brought.already,
    )
