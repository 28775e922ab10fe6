"""`/my/bots`: sending bots into calls, how they fare, and the messages that were sent about them."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import User
from minutebook.api.deps import Read, ServicesOf, Tx
from minutebook.api.errors import failure_of
from minutebook.api.web.forms import PostedForm
from minutebook.api.web.frame import SignedIn, shown
from minutebook.bots.commands import CommandKind, checked_text
from minutebook.bots.listing.page import OverviewQuery, overview
from minutebook.bots.live.voice import SAYS_MAX
from minutebook.bots.model import BotWish, SpeechToText
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.text import clean_line
from minutebook.webhooks.model import MessageQuery

router = APIRouter(prefix="/my/bots", include_in_schema=False)

SHOWN_MOST = 50
NAME_MAX = 100
URL_MAX = 4000
USUAL_NAME = "Minutebook"


@router.get("")
async def bots(request: Request, user: SignedIn, services: ServicesOf, read: Read) -> Response:
    """The form, the bots, and the messages."""
    return await _page(request, user, services, read)


@router.get("/list")
async def listed(request: Request, user: SignedIn, services: ServicesOf, read: Read) -> Response:
    """The bots alone, as they are now."""
    return shown(request, user, "parts/bots.html", await _bots(services, read, user))


@router.get("/{bot_id}/screenshots/{number}")
async def screenshot(user: SignedIn, services: ServicesOf, bot_id: str, number: int, read: Read) -> Response:
    """What a bot saw, as a PNG."""
    bot = await services.bots.get(read, user.id, bot_id)
    taken = {each.number: each for each in await services.bots.screenshots(read, bot)}
    if number not in taken:
        raise not_found("screenshot")
    data = b"".join([chunk async for chunk in services.storage.stream(taken[number].key)])
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type="image/png", headers=headers)


@router.post("")
async def send(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, tx: Tx) -> Response:
    """Send a bot; its recording becomes a meeting with transcript, note, key points and mood."""
    try:
        url = clean_line(form.get("meeting_url", ""), "meeting_url", at_most=URL_MAX)
        name = clean_line(form.get("bot_name", ""), "bot_name", at_most=NAME_MAX) or USUAL_NAME
        if not url:
            raise invalid("meeting_url_required", "Paste the link of the call.", "meeting_url")
        wish = BotWish(meeting_url=url, bot_name=name, speech_to_text=SpeechToText())
        await services.bots.create(tx, user.id, wish, api_key=None)
    except MinutebookError as error:
        return await _page(request, user, services, tx, error, form)
    return RedirectResponse("/my/bots", 303)


@router.post("/{bot_id}/leave")
async def leave(user: SignedIn, form: PostedForm, services: ServicesOf, bot_id: str, tx: Tx) -> Response:
    """Have a bot leave its call, or not go there at all."""
    await services.bots.leave(tx, user.id, bot_id)
    return RedirectResponse("/my/bots", 303)


LIVE = {
    "pause": CommandKind.PAUSE,
    "resume": CommandKind.RESUME,
    "screenshot": CommandKind.SCREENSHOT,
    "chat": CommandKind.CHAT,
}
"""The buttons of a bot in its call; *say* makes a sound first."""


@router.post("/{bot_id}/tell")
async def tell(request: Request, user: SignedIn, form: PostedForm, services: ServicesOf, bot_id: str) -> Response:
    """Tell a bot in its call something."""
    act, live = form.get("act", ""), services.live_commands
    try:
        text, sound, kind = None, None, LIVE.get(act, CommandKind.SAY)
        if act in {"chat", "say"}:
            text = checked_text(form.get("text", ""), SAYS_MAX)
        if act == "say":
            async with services.db.reading() as read:
                await live.ready(read, user.id, bot_id, kind, None)
            sound = await live.keep_sound(bot_id, await services.bot_voice.sound_of_text(text or ""))
        elif act not in LIVE:
            raise invalid("act_unknown", "A bot cannot be told this.", "act")
        async with services.db.transaction() as tx:
            await live.give(tx, user.id, bot_id, kind, text=text, sound=sound)
    except MinutebookError as error:
        if error.kind is Kind.NOT_FOUND:
            raise
        async with services.db.reading() as read:
            return await _page(request, user, services, read, error)
    return RedirectResponse("/my/bots", 303)


@router.post("/messages/{message_id}/replay")
async def replay(user: SignedIn, form: PostedForm, services: ServicesOf, message_id: str, tx: Tx) -> Response:
    """Have a message sent once more."""
    found = await services.webhooks.show(tx, message_id)
    if found.message.event.owner_id != user.id:
        raise not_found("message")
    await services.webhooks.replay(tx, message_id)
    return RedirectResponse("/my/bots#messages", 303)


async def _bots(services: ServicesOf, read: AsyncConnection, user: User) -> Mapping[str, object]:
    """The bots, and the newest screenshot of each that has one."""
    found, _ = await overview(read, user.id, OverviewQuery(limit=SHOWN_MOST))
    taken = {bot.id: await services.bots.screenshots(read, bot) for bot in found}
    told = {bot.id: await services.live_commands.list(read, bot) for bot in found if bot.state.is_live}
    paused = {bot.id for bot in found if bot.state.is_live and await services.live_commands.is_paused(read, bot.id)}
    over = [bot for bot in found if bot.state.is_final]
    return {
        "bots": found,
        "pictures": {bot_id: shots[-1] for bot_id, shots in taken.items() if shots},
        "told": told,
        "paused": paused,
        "importable": {bot.id for bot in over if services.imports.supports(bot.wish.meeting_url)},
        "has_voice": services.settings.bots.voice is not None,
    }


async def _page(
    request: Request,
    user: User,
    services: ServicesOf,
    read: Read,
    error: MinutebookError | None = None,
    form: PostedForm | None = None,
) -> Response:
    context = {
        **await _bots(services, read, user),
        "messages": await services.webhooks.list(read, MessageQuery(owner_id=user.id, limit=SHOWN_MOST)),
        "meeting_url": (form or {}).get("meeting_url", ""),
        "bot_name": (form or {}).get("bot_name", USUAL_NAME),
    }
    return shown(request, user, "bots.html", context, failure=failure_of(error) if error else None)
