"""Removing a user with everything they own."""

import hashlib
import logging

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.management import check_not_owner
from minutebook.accounts.model import email_key
from minutebook.accounts.service import Accounts
from minutebook.bots.storage_keys import bot_prefix
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.meetings.service import Meetings
from minutebook.recordings.model import prefix_of
from minutebook.recordings.service import Recordings
from minutebook.removal import repository
from minutebook.removal.model import Receipt

log = logging.getLogger(__name__)


class Removal:
    """Takes users away, with a receipt."""

    def __init__(
        self, db: Database, clock: Clock, accounts: Accounts, meetings: Meetings, recordings: Recordings
    ) -> None:
        self._db = db
        self._clock = clock
        self._accounts = accounts
        self._meetings = meetings
        self._recordings = recordings

    async def remove_user(self, user_id: str) -> Receipt:
        """Delete the user and all that is theirs: meetings, recordings and files, reports, bots, keys, programs, the
        log. Rows go in one transaction; files at once, or, while the storage is away, as soon as it answers. The
        receipt is kept. Errors: `user_not_found`, `owner_stays`, `bots_running`, `meeting_held`."""
        async with self._db.transaction() as tx:
            receipt = await self._remove(tx, user_id)
        try:
            while await self._recordings.sweep():
                pass
        except (MinutebookError, OSError) as error:
            log.warning("files of a removed user wait for the storage", extra={"reason": str(error)})
        return receipt

    async def _remove(self, tx: AsyncConnection, user_id: str) -> Receipt:
        user = await self._accounts.user(tx, user_id)
        check_not_owner(user)
        if await repository.busy_bots(tx, user.id):
            message = "Bots of this user are in calls. Have them leave, and try again."
            raise MinutebookError(Kind.CONFLICT, "bots_running", message)
        if held := await repository.held_meetings(tx, user.id):
            are = "1 meeting of this user is" if held == 1 else f"{held} meetings of this user are"
            message = f"{are} held. Who owns them ends the hold first (menu More on a meeting's page)."
            raise MinutebookError(Kind.CONFLICT, "meeting_held", message)
        receipt = Receipt(
            user_id=user.id,
            email_sha256=hashlib.sha256(email_key(user.email).encode()).hexdigest(),
            removed_at=self._clock.now(),
            rows=await repository.counts(tx, user.id),
            recordings=await repository.recordings(tx, user.id),
        )
        for meeting_id in await repository.ids(tx, "meetings", user.id):
            await self._meetings.delete(tx, user.id, meeting_id)
        for upload_id in await repository.ids(tx, "uploads", user.id):
            await self._recordings.dispose(tx, prefix_of(upload_id))
        for bot_id in await repository.ids(tx, "bots", user.id):
            await self._recordings.dispose(tx, bot_prefix(bot_id))
        await repository.remove(tx, user.id)
        await repository.keep(tx, new_id(), receipt)
        return receipt
