"""What the server needs in order to work, looked at: a sentence per thing that is not well."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from minutebook.errors import MinutebookError
from minutebook.jobs.health import check_queue
from minutebook.jobs.outages import outage_of
from minutebook.jobs.system import system_url

if TYPE_CHECKING:
    from minutebook.wiring import Services

OK: Final = "ok"
PATIENCE_S: Final = 5.0


async def findings(services: "Services") -> dict[str, str]:
    """By part: "ok", or what is wrong and what to do."""
    checks: Mapping[str, Callable[[Services], Awaitable[None]]] = {
        "database": _database,
        "jobs": _jobs,
        "storage": _storage,
        "disk": _disk,
    }
    found = await asyncio.gather(*(_finding(check, services) for check in checks.values()))
    return dict(zip(checks, found, strict=True))


async def _finding(check: "Callable[[Services], Awaitable[None]]", services: "Services") -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await check(services)
    except TimeoutError:
        return "It does not answer in time."
    except (MinutebookError, OSError) as error:
        outage = outage_of(error) or error
        return outage.message if isinstance(outage, MinutebookError) else f"It does not answer ({outage})."
    return OK


async def _database(services: "Services") -> None:
    async with services.db.reading() as read:
        await read.execute(text("SELECT 1"))


async def _jobs(services: "Services") -> None:
    await asyncio.to_thread(check_queue, system_url(services.db.url))


async def _storage(services: "Services") -> None:
    await services.storage.look()


async def _disk(services: "Services") -> None:
    services.recordings.check_room()
