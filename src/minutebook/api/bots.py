"""`/api/bots/{bot_id}/…`: a bot's call while it lasts, and each participant's sound. For access tokens, and for the
keys of the v1 API."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response, Security
from fastapi.security import APIKeyHeader, SecurityScopes
from pydantic import BaseModel, Field

from minutebook.api.baas.deps import KEY_HEADERS, key_holder
from minutebook.api.deps import Db, OAuthOf, Read, ServicesOf, Standing, StandingOf, Token, caller
from minutebook.api.paxs.schemas import errors
from minutebook.api.stored_files import disposition, file_answers, served
from minutebook.bots.record.people import Person, people_of
from minutebook.errors import Kind, MinutebookError, not_found

router = APIRouter(prefix="/api/bots/{bot_id}", tags=["bots"])

_api_key = APIKeyHeader(name=KEY_HEADERS[0], scheme_name="ApiKey", auto_error=False)


async def _owner(
    required: SecurityScopes,
    request: Request,
    services: ServicesOf,
    db: Db,
    oauth: OAuthOf,
    token: Token,
    _described: Annotated[str | None, Depends(_api_key)],
) -> str:
    """Whose bots may be seen; 401 and 403 as for every other token, 401 for a key that is not known."""
    if not token and any(request.headers.get(name, "").strip() for name in KEY_HEADERS):
        return (await key_holder(request, services)).user_id
    return (await caller(required, request, db, oauth, token)).user_id


async def _standing(request: Request, services: ServicesOf, by_token: StandingOf, token: Token) -> Standing:
    key = next((value for name in KEY_HEADERS if (value := request.headers.get(name, "").strip())), None)
    if token or key is None:
        return by_token
    return Standing(services, lambda read: services.accounts.api_key(read, key))


Watcher = Annotated[str, Security(_owner, scopes=["session"])]
Listener = Annotated[str, Security(_owner, scopes=["media"])]
BotStanding = Annotated[Standing, Depends(_standing)]


class ParticipantOut(BaseModel):
    """Somebody who is or was in the call, not the bot itself."""

    number: int = Field(description="Counts from 1 in the order in which they were first seen.")
    name: str = Field(description="As they were last called; empty where the page tells no name.")
    present: bool = Field(description="Whether they are in the call now.")
    same_as: int | None = Field(description="The number of the participant who this one is, come back.")
    has_audio: bool = Field(description="Whether `speakers/{number}/audio` has their sound alone.")


class ParticipantsOut(BaseModel):
    """Everybody who is or was in the call."""

    participants: list[ParticipantOut]


@router.get("/participants", summary="Who is in the call", responses=errors(404))
async def participants(owner_id: Watcher, services: ServicesOf, bot_id: str) -> ParticipantsOut:
    """Who is in the call, as known some seconds ago; after the call, who was."""
    async with services.db.reading() as read:
        bot = await services.bots.get(read, owner_id, bot_id)
    people = await people_of(services.db, services.storage, bot)
    return ParticipantsOut(participants=[_participant(each) for each in people])


_PNG = {200: file_answers("image/png", "The picture.")[200], **errors(404)}


@router.get("/screenshot", summary="What the bot saw last", responses=_PNG, response_class=Response)
async def screenshot(owner_id: Listener, services: ServicesOf, bot_id: str, read: Read) -> Response:
    """The newest picture of the page; in the call one is taken every 30 seconds."""
    bot = await services.bots.get(read, owner_id, bot_id)
    taken = await services.bots.screenshots(read, bot)
    if not taken:
        raise not_found("screenshot")
    data = await services.storage.get_bytes(taken[-1].key)
    headers = {"Cache-Control": "private, no-store", "Last-Modified": f"{taken[-1].taken_at:%a, %d %b %Y %H:%M:%S GMT}"}
    return Response(data, media_type="image/png", headers=headers)


_FLAC = {**file_answers("audio/flac", "FLAC, on the recording's own clock."), **errors(404, 409, 416)}


@router.get("/speakers/{number}/audio", summary="One participant's sound", responses=_FLAC, response_class=Response)
async def audio(
    request: Request,
    owner_id: Listener,
    services: ServicesOf,
    standing: BotStanding,
    bot_id: str,
    number: Annotated[int, Path(ge=1, lt=2**31)],
) -> Response:
    """What this participant said, alone, as long as the recording; `not_ready` before the call is over. Those who share
    one sound, as everybody does on Zoom, have none."""
    async with services.db.reading() as read:
        bot = await services.bots.get(read, owner_id, bot_id)
    if not bot.state.is_final and bot.recording_id is None:
        message = "The recording is there when the call is over and its pieces are put together."
        raise MinutebookError(Kind.CONFLICT, "not_ready", message, retryable=True)
    people = await people_of(services.db, services.storage, bot)
    person = next((each for each in people if each.number == number), None)
    stored = await services.storage.head(person.track) if person is not None and person.track is not None else None
    if person is None or person.track is None or stored is None:
        raise not_found("track")
    key, name = person.track, f"{number} {person.name}".strip()
    headers = {
        "ETag": f'"{bot.recording_id}-{number}-{stored.size}"',
        "Content-Disposition": disposition(f"{name}.flac", "attachment"),
    }

    def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
        return standing.guarded(services.storage.stream(key, start, end))

    return served(request, "audio/flac", stored.size, headers, chunks)


def _participant(person: Person) -> ParticipantOut:
    return ParticipantOut(
        number=person.number,
        name=person.name,
        present=person.is_present,
        same_as=person.same_as,
        has_audio=person.track is not None,
    )
