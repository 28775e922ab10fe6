"""Deleting what a bot recorded. Rows are locked from the meeting down to the bot, as everywhere."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import Bot, Deletion
from minutebook.bots.repository import bots as repository
from minutebook.bots.repository import commands as commands_repository
from minutebook.bots.repository import pieces as pieces_repository
from minutebook.bots.states import BotState
from minutebook.bots.storage_keys import bot_prefix
from minutebook.errors import Kind, MinutebookError
from minutebook.meetings.service import Meetings
from minutebook.recordings.service import Recordings


async def delete_data(
    tx: AsyncConnection, bot: Bot, meetings: Meetings, recordings: Recordings, now: datetime
) -> Deletion:
    """Delete the meeting of a bot, through whose event recording, reports, tracks and files go, and everything that is
    stored for the bot itself. See `Bots.delete_data`."""
    if bot.data_deleted:
        return Deletion.ALREADY_DELETED
    if bot.state.is_live or (bot.state is BotState.ENDED and bot.recording_id is None):
        message = "This bot is in its call, or its recording is being put together. Have it leave, and try again."
        raise MinutebookError(Kind.CONFLICT, "bot_running", message)
    had_meeting = bot.meeting_id is not None and await _meeting_deleted(tx, bot, meetings)
    pieces = await pieces_repository.remove_of(tx, bot.id)
    screenshots = await pieces_repository.remove_screenshots_of(tx, bot.id)
    await commands_repository.remove_of(tx, bot.id)
    if not (had_meeting or pieces or screenshots or bot.exited_at):
        return Deletion.NO_DATA_FOUND
    await recordings.dispose(tx, bot_prefix(bot.id))
    await pieces_repository.name_speakers(tx, bot.number, ())
    await repository.change(tx, bot.id, now, data_deleted=True)
    return Deletion.DELETED


async def _meeting_deleted(tx: AsyncConnection, bot: Bot, meetings: Meetings) -> bool:
    """False when somebody else deleted the meeting at the same time."""
    try:
        await meetings.delete(tx, bot.owner_id, bot.meeting_id or "")
    except MinutebookError as error:
        if error.kind is Kind.NOT_FOUND:
            return False
        raise
    return True
