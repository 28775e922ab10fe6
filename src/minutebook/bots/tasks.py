"""Durable work of bots, by registered name."""

import logging
from collections.abc import Mapping
from typing import Final

from minutebook.bots.finishing import Finishing, stored_from_json
from minutebook.bots.lifecycle import FINISH_TASK, bot_of_finish_key
from minutebook.bots.service import Bots
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.jobs.ports import Json, Steps, Task

log = logging.getLogger("minutebook.bots")

ATTEMPTS: Final = 5


def bot_tasks(db: Database, bots: Bots, finishing: Finishing) -> Mapping[str, Task]:
    """The tasks."""

    async def finish(steps: Steps, args: Mapping[str, Json]) -> None:
        bot_id = str(args["bot_id"])

        async def store() -> Json:
            return await finishing.store(bot_id)

        async def publish() -> Json:
            if isinstance(stored, dict):
                await finishing.publish(bot_id, stored_from_json(stored))
            return None

        async def give_up() -> Json:
            await _give_up(db, bots, bot_id, failed)
            return None

        failed: str | None = None
        try:
            stored = await steps.run("store", store, attempts=ATTEMPTS)
            await steps.run("publish", publish, attempts=ATTEMPTS)
        except MinutebookError as error:
            log.warning("bot %s: its recording cannot be put together: %s", bot_id, error.code)
            failed = error.message
            await steps.run("give up", give_up, attempts=ATTEMPTS)

    return {FINISH_TASK: finish}


async def give_up_finishing(db: Database, bots: Bots, key: str) -> None:
    """Let a bot fail whose work took its worker down each time it was tried. For the runner of jobs, which tells the
    key of the job that it gives up; keys of other work say nothing here."""
    bot_id = bot_of_finish_key(key)
    if bot_id is not None:
        await _give_up(db, bots, bot_id, None)


async def _give_up(db: Database, bots: Bots, bot_id: str, message: str | None) -> None:
    async with db.transaction() as tx:
        await bots.give_up(tx, bot_id, message)
