"""How many jobs there are, for any process: the server shows it, although the jobs run elsewhere."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from minutebook.db.database import Database
from minutebook.jobs.requests import job_requests
from minutebook.jobs.system import SystemTables, open_system, system_url

STATES = {
    "ENQUEUED": "waiting",
    "PENDING": "running",
    "SUCCESS": "finished",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}


async def job_states(database: Database) -> Mapping[str, int]:
    """Jobs by state: waiting (in the outbox or in a queue), running, and, for as long as they are remembered, finished,
    failed and cancelled."""
    counts = dict.fromkeys(STATES.values(), 0)
    for state, count in await asyncio.to_thread(_in_engine, system_url(database.url)):
        counts[STATES.get(state, "waiting")] += count
    async with database.reading() as tx:
        counts["waiting"] += (await tx.execute(sa.select(sa.func.count()).select_from(job_requests))).scalar_one()
    return counts


def _in_engine(url: sa.URL) -> list[tuple[str, int]]:
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return []
    engine = open_system(url)
    flows = SystemTables(engine).workflows
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.select(flows.c.status, sa.func.count()).group_by(flows.c.status))
            return [(str(state), int(count)) for state, count in rows]
    except (OperationalError, ProgrammingError) as error:
        # No runner has made its tables yet.
        if "no such table" in str(error) or "does not exist" in str(error):
            return []
        raise
    finally:
        engine.dispose()
