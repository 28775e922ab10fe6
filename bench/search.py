"""Search over generated meetings: how long it takes, how big the index is.

    python -m bench.search [--meetings 100] [--words 8000] [--different N] [--postgres | --database URL]

A hundred meetings are filled in seconds, 10,000 of 8,000 words in about ten minutes (2.5 GB). With `--database` the
meetings stay there and are measured again the next time; without it they are made in a temporary folder. With fewer
`--different` talks than meetings each is said several times: filled faster, rows of the same size.

The searches are those of the web page, which look into shared meetings too: a tenth of the meetings is somebody else's
and half of these are shared. Besides the time that passes, processor time is told, that of the local Postgres
included: on a busy machine it is what a quiet one would need.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.search_data import FOREIGN_EVERY, KINDS, PEOPLE, Filling, Talk, fill
from minutebook.db.database import Database, metadata
from minutebook.db.migrations.compare import load_tables
from minutebook.meetings.repository import meetings
from minutebook.search.model import Asked
from minutebook.wiring import Services
from support.backends import postgres
from support.searching import ADA, services_over

Measured = tuple[float, float]
"""Milliseconds that passed, and of the processor."""


async def ask(services: Services, queries: Sequence[str]) -> list[Measured]:
    """What each search takes."""
    measured = []
    for number, query in enumerate(queries):
        person = f"person.{number % PEOPLE}@" if KINDS[number % len(KINDS)] == "of a person" else ""
        async with services.db.reading() as read:
            server = await _server_of(read)
            begun, busy = time.perf_counter(), _busy_s(server)
            await services.search.find(read, ADA, Asked(query, person), shared=True)
            measured.append(((time.perf_counter() - begun) * 1000, (_busy_s(server) - busy) * 1000))
    return measured


async def _server_of(read: AsyncConnection) -> int | None:
    if read.dialect.name == "sqlite":
        return None
    return int((await read.execute(text("SELECT pg_backend_pid()"))).scalar_one())


def _busy_s(server: int | None) -> float:
    """Processor time of this process, and of Postgres' one where it is on this machine (Linux: schedstat)."""
    counted = Path(f"/proc/{server}/schedstat")
    theirs = int(counted.read_text().split()[0]) / 1e9 if server is not None and counted.exists() else 0.0
    return time.process_time() + theirs


async def size_of(services: Services) -> dict[str, int]:
    """Bytes of texts and index."""
    async with services.db.reading() as read:
        if services.db.is_sqlite:
            index = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name LIKE 'search_terms%'"
            table = "SELECT coalesce(sum(length(passages)), 0) FROM search_documents"
        else:
            index = "SELECT pg_relation_size('search_terms')"
            table = "SELECT pg_total_relation_size('search_documents') - pg_relation_size('search_terms')"
        found = {}
        for name, query in (("index", index), ("texts", table)):
            try:
                found[name] = int((await read.execute(text(query))).scalar_one())
            except DBAPIError:  # SQLite without dbstat
                found[name] = -1
        return found


async def measure(url: str, folder: Path, wanted: Filling, asked: int) -> dict[str, object]:
    """All figures of one database."""
    database = Database(url)
    services, talk, begun = services_over(database, folder), Talk(), time.monotonic()
    async with database.reading() as read:
        there = (await read.execute(select(func.count()).select_from(meetings))).scalar_one()
    if not there:
        await fill(services, talk, wanted)
    filling = time.monotonic() - begun
    await ask(services, talk.queries(2 * len(KINDS)))
    measured = await ask(services, talk.queries(asked))
    size = await size_of(services)
    await database.close()
    took, busy = (sorted(each[part] for each in measured) for part in (0, 1))
    return {
        "database": "sqlite" if database.is_sqlite else "postgres",
        "meetings": there or wanted.meetings,
        "words": (there or wanted.meetings) * wanted.words,
        "fill_s": round(filling),
        **{f"p{share}_ms": _percentile(took, share) for share in (50, 95, 100)},
        **{f"cpu_p{share}_ms": _percentile(busy, share) for share in (50, 95, 100)},
        "cpu_ms_by_kind": {
            kind: round(statistics.median(each[1] for each in measured[place :: len(KINDS)]), 1)
            for place, kind in enumerate(KINDS)
        },
        "bytes": size,
    }


def _percentile(ordered: Sequence[float], share: int) -> float:
    return round(ordered[max(0, len(ordered) * share // 100 - 1)], 1)


def _rounded(different: int) -> int:
    """Copies have their original's owner, which each so-manieth meeting has in turn."""
    return max(FOREIGN_EVERY, different // FOREIGN_EVERY * FOREIGN_EVERY)


def main() -> None:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=100)
    parser.add_argument("--words", type=int, default=8000)
    parser.add_argument("--different", type=int)
    parser.add_argument("--queries", type=int, default=240)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--database", help="address of a database to keep the meetings in; its tables are made")
    options = parser.parse_args()
    wanted = Filling(options.meetings, options.words, _rounded(options.different or options.meetings))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mbsearch")))
        load_tables()
        if options.postgres:
            url = stack.enter_context(postgres()).new_database()
        else:
            url = options.database or f"sqlite:///{folder / 'minutebook.db'}"
            engine = create_engine(url)
            metadata.create_all(engine)
            engine.dispose()
        print(json.dumps(asyncio.run(measure(url, folder, wanted, options.queries))))


if __name__ == "__main__":
    main()
