"""`/api/bots/{bot_id}/…`: what a bot is told in its call. Each call answers at once with a command, whose state says
what became of it."""

import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field

from minutebook.api.bodies import Body
from minutebook.api.bots import BotStanding, Watcher
from minutebook.api.deps import Read, ServicesOf, Tx
from minutebook.api.paxs.schemas import errors
from minutebook.bots.commands import TEXT_MAX, CommandKind, CommandState, checked_text
from minutebook.bots.live.service import Told
from minutebook.bots.live.voice import SAYS_MAX, SOUND_MAX_BYTES, sound_of_file
from minutebook.bots.record.chat import chat_of
from minutebook.errors import Kind, MinutebookError, invalid

SOUND_PATH_END = "/sound"

router = APIRouter(prefix="/api/bots/{bot_id}", tags=["bots"])

Key = Annotated[
    str | None, Header(alias="Idempotency-Key", description="A repeated request with the same key is one command.")
]


class ChatIn(Body):
    """A line for the chat."""

    text: str = Field(description=f"At most {TEXT_MAX} characters; a page that takes fewer gets its beginning.")


class SayIn(Body):
    """Words for the bot's microphone."""

    text: str = Field(description=f"At most {SAYS_MAX} characters.")


class CommandOut(BaseModel):
    """Something that a bot was told, and what became of it."""

    id: str
    kind: CommandKind
    state: CommandState = Field(
        description="`waiting` for the bot, `given` to it, then `done`, `failed`, or `expired`: it came to it too late."
    )
    text: str | None = Field(description="What is to be written or said.")
    message: str | None = Field(description="Why it was not done.")
    created_at: datetime
    expires_at: datetime = Field(description="Later than this the bot does not begin it any more.")
    answered_at: datetime | None


class CommandsOut(BaseModel):
    """What a bot was told, newest first, at most 100."""

    commands: list[CommandOut]


class ChatLineOut(BaseModel):
    """A line of the chat."""

    at_s: float = Field(description="When the bot saw it first, in seconds from the start of the recording.")
    author: str = Field(description="Empty where the page tells no name.")
    text: str


class ChatOut(BaseModel):
    """What was written in the chat, as far as the bot saw it."""

    lines: list[ChatLineOut]


_TOLD = {**errors(400, 404, 409)}


@router.post("/chat", status_code=202, summary="Write into the chat", responses=_TOLD)
async def chat(
    owner_id: Watcher, services: ServicesOf, tx: Tx, bot_id: str, body: ChatIn, key: Key = None
) -> CommandOut:
    """Have the bot write a line. It opens the chat for that, and reads it from then on."""
    text = checked_text(body.text)
    return _out(await services.live_commands.give(tx, owner_id, bot_id, CommandKind.CHAT, text=text, key=key))


@router.post("/chat/open", status_code=202, summary="Have the chat opened", responses=_TOLD)
async def open_chat(owner_id: Watcher, services: ServicesOf, tx: Tx, bot_id: str, key: Key = None) -> CommandOut:
    """Have the bot open the chat, so that it reads what is there and what comes. Platforms show it beside the call: it
    is in the recorded picture, too."""
    return _out(await services.live_commands.give(tx, owner_id, bot_id, CommandKind.OPEN_CHAT, key=key))


@router.get("/chat", summary="What was written in the chat", responses=errors(404))
async def chat_lines(owner_id: Watcher, services: ServicesOf, bot_id: str) -> ChatOut:
    """The chat, some seconds old, as far as the bot had it open; after the call, all of that."""
    async with services.db.reading() as read:
        bot = await services.bots.get(read, owner_id, bot_id)
    lines = await chat_of(services.db, services.storage, bot)
    return ChatOut(lines=[ChatLineOut(at_s=each.at_s, author=each.author, text=each.text) for each in lines])


@router.post("/say", status_code=202, summary="Say a text", responses=_TOLD)
async def say(owner_id: Watcher, services: ServicesOf, bot_id: str, body: SayIn, key: Key = None) -> CommandOut:
    """Have the bot say a text with the server's voice (`MINUTEBOOK_BOTS__VOICE`); `voice_missing` where there is none.
    It switches its microphone on for that, and leaves it on."""
    text = checked_text(body.text, SAYS_MAX)
    live = services.live_commands
    async with services.db.reading() as read:
        known = await live.ready(read, owner_id, bot_id, CommandKind.SAY, key)
    stored = None if known else await live.keep_sound(bot_id, await services.bot_voice.sound_of_text(text))
    async with services.db.transaction() as tx:
        return _out(await live.give(tx, owner_id, bot_id, CommandKind.SAY, text=text, sound=stored, key=key))


_SOUND = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    SOUND_PATH_END,
    status_code=202,
    summary="Play a sound file",
    responses=errors(400, 404, 409, 413),
    openapi_extra=_SOUND,
)
async def sound(
    request: Request, owner_id: Watcher, services: ServicesOf, standing: BotStanding, bot_id: str, key: Key = None
) -> CommandOut:
    """Have the bot play a sound: the bytes of a file of any usual format, at most two minutes and 32 MB."""
    live = services.live_commands
    async with services.db.reading() as read:
        await live.ready(read, owner_id, bot_id, CommandKind.SAY, key)
    with tempfile.TemporaryDirectory(prefix="minutebook-sound-") as folder:
        received = await _received(standing.arriving(request.stream()), Path(folder) / "sound")
        stored = await live.keep_sound(bot_id, await sound_of_file(received))
    async with services.db.transaction() as tx:
        return _out(await live.give(tx, owner_id, bot_id, CommandKind.SAY, sound=stored, key=key))


@router.post("/screenshot", status_code=202, summary="Take a screenshot now", responses=_TOLD)
async def take_screenshot(owner_id: Watcher, services: ServicesOf, tx: Tx, bot_id: str, key: Key = None) -> CommandOut:
    """Have the bot take a picture of the page now; `GET screenshot` has it a moment after this is `done`."""
    return _out(await services.live_commands.give(tx, owner_id, bot_id, CommandKind.SCREENSHOT, key=key))


@router.post("/pause", status_code=202, summary="Pause the recording", responses=_TOLD)
async def pause(owner_id: Watcher, services: ServicesOf, tx: Tx, bot_id: str, key: Key = None) -> CommandOut:
    """Record nothing from now on: the bot stays, and its record has silence, a black picture and a notice there."""
    return _out(await services.live_commands.give(tx, owner_id, bot_id, CommandKind.PAUSE, key=key))


@router.post("/resume", status_code=202, summary="Resume the recording", responses=_TOLD)
async def resume(owner_id: Watcher, services: ServicesOf, tx: Tx, bot_id: str, key: Key = None) -> CommandOut:
    """Record again."""
    return _out(await services.live_commands.give(tx, owner_id, bot_id, CommandKind.RESUME, key=key))


@router.get("/commands", summary="What the bot was told", responses=errors(404))
async def commands(owner_id: Watcher, services: ServicesOf, bot_id: str, read: Read) -> CommandsOut:
    """The newest commands and what became of them."""
    bot = await services.bots.get(read, owner_id, bot_id)
    return CommandsOut(commands=[_out(each) for each in await services.live_commands.list(read, bot)])


@router.get("/commands/{command_id}", summary="What became of a command", responses=errors(404))
async def command(owner_id: Watcher, services: ServicesOf, bot_id: str, command_id: str, read: Read) -> CommandOut:
    """One command; ask again while it is `waiting` or `given`."""
    bot = await services.bots.get(read, owner_id, bot_id)
    return _out(await services.live_commands.get(read, bot, command_id))


async def _received(body: AsyncIterator[bytes], to: Path) -> Path:
    size = 0
    with to.open("wb") as file:
        async for chunk in body:
            size += len(chunk)
            if size > SOUND_MAX_BYTES:
                message = f"The sound is larger than {SOUND_MAX_BYTES // 2**20} MB."
                raise MinutebookError(Kind.TOO_LARGE, "sound_too_large", message)
            file.write(chunk)
    if not size:
        raise invalid("sound_required", "The body is empty: send the bytes of a sound file.")
    return to


def _out(told: Told) -> CommandOut:
    command = told.command
    return CommandOut(
        id=command.id,
        kind=command.kind,
        state=told.state,
        text=command.text,
        message=told.message,
        created_at=command.created_at,
        expires_at=command.expires_at,
        answered_at=command.answered_at,
    )
