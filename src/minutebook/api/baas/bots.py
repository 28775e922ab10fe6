"""`/bots`: bots that join calls."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from fastapi.responses import JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.limits import RateRule, count_try
from minutebook.analysis.results import KeptTranscript
from minutebook.api.baas import render
from minutebook.api.baas.deps import ApiKey, JsonBody, LinksOf
from minutebook.api.baas.queries import bot_query
from minutebook.api.baas.routes import Routes
from minutebook.api.baas.schemas import JoinRequest, RetranscribeRequest
from minutebook.api.baas.wishes import Ground, speech_of, webhook_url_of, wish_of
from minutebook.api.deps import Read, ServicesOf, Tx
from minutebook.bots.listing import page as listing
from minutebook.bots.model import Bot, Deletion
from minutebook.bots.v1.codes import DELETIONS
from minutebook.errors import Kind, MinutebookError

if TYPE_CHECKING:
    from minutebook.wiring import Services

DELETION_RATE = RateRule("deletions of bots' data with one API key", limit=5, window_s=60)
"""The one limit that the v1 API states. Counted in the database, so that all servers count together."""

routes = Routes(prefix="/bots")


@routes.post("/")
async def join(caller: ApiKey, services: ServicesOf, body: JsonBody, tx: Tx) -> JSONResponse:
    """Send a bot, now or at `start_time`."""
    wish = wish_of(body.read(JoinRequest), _ground(services))
    bot = await services.bots.create(tx, caller.user_id, wish, api_key=caller.api_key)
    return JSONResponse({"bot_id": bot.id})


@routes.get("/meeting_data")
async def meeting_data(
    caller: ApiKey,
    services: ServicesOf,
    links: LinksOf,
    bot_id: Annotated[str, Query()],
    include_transcripts: Annotated[bool, Query()] = True,
) -> Response:
    """A bot, links to its files, and the transcript if one was asked for; at any time of its life."""
    async with services.db.reading() as read:
        bot = await services.bots.get(read, caller.user_id, bot_id.strip().lower())
        media = await services.bots.media(read, bot)
        notices = await services.bots.notices(read, bot)
        kept = await _transcript(services, read, bot) if include_transcripts else None
        event_id = await services.calendars.event_of_bot(read, bot.id)
    rows = "[]"
    if kept is not None:
        rows = await services.results.rendered(kept, partial(render.transcripts_json, bot.number))
    mine = links.made_for(caller.api_key)
    return Response(render.metadata_json(bot, media, rows, notices, mine, event_id), media_type="application/json")


@routes.get("/bots_with_metadata")
async def bots_with_metadata(
    caller: ApiKey,
    services: ServicesOf,
    read: Read,
    limit: Annotated[int, Query()] = 10,
    cursor: str | None = None,
    bot_name: str | None = None,
    meeting_url: str | None = None,
    created_after: str | None = None,
    created_before: str | None = None,
    ended_after: str | None = None,
    filter_by_extra: str | None = None,
    sort_by_extra: str | None = None,
    speaker_name: str | None = None,
) -> JSONResponse:
    """A page of the caller's bots."""
    query = bot_query(
        limit=limit,
        cursor=cursor,
        bot_name=bot_name,
        meeting_url=meeting_url,
        created_after=created_after,
        created_before=created_before,
        ended_after=ended_after,
        filter_by_extra=filter_by_extra,
        sort_by_extra=sort_by_extra,
        speaker_name=speaker_name,
    )
    page = await listing.page(read, caller.user_id, query)
    return JSONResponse(render.recent_bots(page.bots, page.speakers, page.next_cursor, services.clock.now()))


@routes.post("/retranscribe")
async def retranscribe(caller: ApiKey, services: ServicesOf, body: JsonBody, tx: Tx) -> Response:
    """Transcribe a recording (again), by whom the body says."""
    request = body.read(RetranscribeRequest)
    speech = speech_of(request.speech_to_text, request.transcription_custom_parameters, services.sealing)
    webhook_url = webhook_url_of(request.webhook_url, services.webhooks.checked_url)
    await services.bots.retranscribe(tx, caller.user_id, request.bot_uuid.strip().lower(), speech, webhook_url)
    return Response()


@routes.delete("/{bot_id}")
async def leave(caller: ApiKey, services: ServicesOf, bot_id: str, tx: Tx) -> Mapping[str, bool]:
    """Take a bot out of the call, or off the schedule; again and again without harm."""
    await services.bots.leave(tx, caller.user_id, bot_id.lower())
    return {"ok": True}


@routes.post("/{bot_id}/delete_data")
async def delete_data(caller: ApiKey, services: ServicesOf, bot_id: str) -> Mapping[str, Any]:
    """Delete what a bot recorded and all that was made of it; what is known of the bot itself stays."""
    # A transaction of its own: the try counts, whatever becomes of it.
    async with services.db.transaction() as tx:
        await count_try(tx, services.clock, [(DELETION_RATE, caller.api_key)])
    async with services.db.transaction() as tx:
        deletion = await services.bots.delete_data(tx, caller.user_id, bot_id.lower())
    return {"ok": deletion is not Deletion.PARTIALLY_DELETED, "status": DELETIONS[deletion]}


@routes.get("/{bot_id}/screenshots")
async def screenshots(
    caller: ApiKey, services: ServicesOf, links: LinksOf, bot_id: str, read: Read
) -> list[dict[str, Any]]:
    """Pictures of the page that the bot saw on its way in and where something failed."""
    bot = await services.bots.get(read, caller.user_id, bot_id.lower())
    return render.screenshots(bot, await services.bots.screenshots(read, bot), links.made_for(caller.api_key))


def _ground(services: "Services") -> Ground:
    return Ground(services.sealing, services.clock.now(), services.webhooks.checked_url)


async def _transcript(services: "Services", read: AsyncConnection, bot: Bot) -> KeptTranscript | None:
    """The newest transcript, when one was asked for and is there."""
    if bot.wish.speech_to_text is None or bot.recording_id is None:
        return None
    try:
        return await services.results.kept_transcript(read, bot.owner_id, bot.recording_id)
    except MinutebookError as error:
        if error.kind in {Kind.NOT_FOUND, Kind.CONFLICT}:
            return None
        raise
