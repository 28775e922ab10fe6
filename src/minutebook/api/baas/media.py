"""`/media/bots/{bot_id}/{name}`: what a bot recorded, to whoever has a link."""

import hashlib
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import Query, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.access_log.model import Actor, Via
from minutebook.api.baas.deps import LinksOf
from minutebook.api.baas.routes import Routes
from minutebook.api.deps import Read, ServicesOf, Standing
from minutebook.api.stored_files import served
from minutebook.bots.model import Bot
from minutebook.bots.record.files import AUDIO, DIARIZATION, NETWORK_DIARIZATION, PARTICIPANTS, VIDEO
from minutebook.bots.record.links import screenshot_name
from minutebook.errors import Kind, MinutebookError, not_found

JSON_LINES: Final = "application/x-ndjson"

CONTENT_TYPES: Final = {
    AUDIO: "audio/wav",
    VIDEO: "video/mp4",
    DIARIZATION: JSON_LINES,
    NETWORK_DIARIZATION: JSON_LINES,
    PARTICIPANTS: JSON_LINES,
}
"""Of the files that are not pictures."""

PLAYABLE: Final = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
"""A browser that opens a link by itself may show or play it, nothing more."""

routes = Routes(prefix="/media/bots")


@routes.api_route("/{bot_id}/{name:path}", methods=["GET", "HEAD"])
async def media(
    request: Request,
    services: ServicesOf,
    links: LinksOf,
    bot_id: str,
    name: str,
    read: Read,
    expires: Annotated[str, Query()] = "",
    key: Annotated[str, Query()] = "",
    signature: Annotated[str, Query()] = "",
) -> Response:
    """A file of a bot's recording, whole or in part."""
    links.check(bot_id, name, expires, key, signature)
    bot = await services.bots.load(read, bot_id)
    if bot is None:
        raise not_found("file")
    request.state.actor = await _holder(services, read, bot, key)
    standing = Standing(services, lambda read: _holder(services, read, bot, key))
    found = await services.bots.media(read, bot)
    keys = {
        AUDIO: found.audio,
        VIDEO: found.mp4,
        DIARIZATION: found.diarization,
        NETWORK_DIARIZATION: found.network_diarization,
        PARTICIPANTS: found.participants,
    }
    keys |= {screenshot_name(shot.number): shot.key for shot in await services.bots.screenshots(read, bot)}
    place = keys.get(name)
    stored = await services.storage.head(place) if place is not None else None
    if place is None or stored is None:
        raise not_found("file")
    stored_key = place
    headers = {
        "ETag": f'"{hashlib.sha256(place.encode()).hexdigest()[:32]}-{stored.size}"',
        "Content-Disposition": f'inline; filename="{bot.id}-{name.replace("/", "-")}"',
        "Content-Security-Policy": PLAYABLE,
    }

    def chunks(start: int, end: int | None) -> AsyncIterator[bytes]:
        return standing.guarded(services.storage.stream(stored_key, start, end))

    return served(request, CONTENT_TYPES.get(name, "image/png"), stored.size, headers, chunks)


async def _holder(services: ServicesOf, read: AsyncConnection, bot: Bot, key: str) -> Actor:
    """For whom the link was made: an API key of the bot's owner, or, for a bot without one, the owner. Raises
    `link_revoked` when the key is, or the owner may not sign in any more."""
    try:
        if not key:
            owner = await services.accounts.user(read, bot.owner_id)
            if owner.disabled_at is None:
                return Actor(None, Via.LINK, "signed link")
        elif (found := await services.accounts.api_key_of(read, key)).user_id == bot.owner_id:
            return Actor(None, Via.LINK, found.name or found.prefix)
    except MinutebookError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
    message = "The API key for which this link was made has been revoked. Ask for the bot's data with another one."
    raise MinutebookError(Kind.FORBIDDEN, "link_revoked", message)
