"""Search over generated meetings: how long it takes, how big the index is.

python -m bench.search --meetings 100 [--words 8000] [--different 100] [--postgres]

With fewer `--different` talks than meetings each is said several times, which fills ten times faster and leaves rows
and index of the same size. Besides the time that passes, the processor time of this process is told (without that of
Postgres): on a busy machine it is what a quiet one would need. Words are drawn by Zipf's law from a vocabulary of the
given size, so that some are in every meeting and some in one.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from typing import Any

from sqlalchemy import Insert, create_engine, insert, literal, select, text
from sqlalchemy.exc import DBAPIError

from minutebook.db.database import Database, metadata
from minutebook.db.migrations.compare import load_tables
from minutebook.kit.ids import new_id
from minutebook.meetings.repository import meetings
from minutebook.search import repository
from minutebook.search.model import Asked, Document, Part, Passage
from minutebook.wiring import Services
from support.backends import postgres
from support.searching import ADA, services_over

VOCABULARY = 30_000
PASSAGE_WORDS = 20
KINDS = 6
SEED = 20_261_130


class Talk:
    """Generated speech: the same for the same seed."""

    def __init__(self) -> None:
        self._random = random.Random(SEED)
        letters = "abcdefghijklmnoprstuvw"
        self.words = ["".join(self._random.choices(letters, k=self._random.randint(3, 9))) for _ in range(VOCABULARY)]
        self._weights = list(accumulate(1 / (place + 2) for place in range(VOCABULARY)))

    def passages(self, words: int) -> tuple[Passage, ...]:
        """So many words, in passages."""
        said = self._random.choices(self.words, cum_weights=self._weights, k=words)
        starts = range(0, words, PASSAGE_WORDS)
        return tuple(
            Passage(Part.TRANSCRIPT, " ".join(said[i : i + PASSAGE_WORDS]), f"Speaker {i % 4}", i / 2.5) for i in starts
        )

    def queries(self, count: int) -> list[str]:
        """Common, middling and rare words, pairs of them, phrases, and words that nobody said."""
        drawn = self._random.choices
        kinds = (
            lambda: self.words[self._random.randrange(5)],
            lambda: self.words[self._random.randrange(100, 2000)],
            lambda: self.words[self._random.randrange(5000, VOCABULARY)],
            lambda: " ".join(drawn(self.words[:500], k=2)),
            lambda: f'"{" ".join(drawn(self.words[:20], k=2))}"',
            lambda: self.words[self._random.randrange(100, 2000)] + "z",
        )
        return [kinds[number % len(kinds)]() for number in range(count)]


async def fill(services: Services, talk: Talk, count: int, words: int, different: int) -> float:
    """Generated meetings of one owner; seconds of one that is not a copy."""
    begun, took = time.monotonic(), 0.0
    now, ids = services.clock.now(), list[str]()
    for number in range(count):
        made = new_id()
        if number == different:
            took = time.monotonic() - begun
        row: dict[str, Any] = {"id": made, "owner_id": ADA, "title": "Weekly", "description": "", "search_text": ""}
        if number >= different:
            async with services.db.transaction() as tx:
                await tx.execute(insert(meetings).values(**row, created_at=now, updated_at=now))
                await tx.execute(copy_of(ids[number % different], made))
            continue
        ids.append(made)
        document = Document(made, ADA, "en", (Passage(Part.TITLE, "Weekly"), *talk.passages(words)))
        async with services.db.transaction() as tx:
            await tx.execute(insert(meetings).values(**row, created_at=now, updated_at=now))
            await repository.claim(tx, ADA, made)
            await repository.save(tx, document, "ada")
    async with services.db.transaction() as tx:
        await repository.add_words(tx, ADA, set(talk.words))
    return (took or time.monotonic() - begun) / min(count, different)


def copy_of(meeting_id: str, made: str) -> Insert:
    """The document of a meeting, once more for another one."""
    kept = repository.documents.c
    columns = [each for each in kept if each.name not in {"number", "meeting_id"}]
    row = select(literal(made), *columns).where(kept.meeting_id == meeting_id)
    return insert(repository.documents).from_select(["meeting_id", *(each.name for each in columns)], row)


async def ask(services: Services, queries: list[str]) -> tuple[list[float], list[float]]:
    """Milliseconds of each, and of the processor."""
    took, busy = [], []
    for query in queries:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        async with services.db.reading() as read:
            await services.search.find(read, ADA, Asked(query))
        took.append((time.perf_counter() - begun) * 1000)
        busy.append((time.process_time() - begun_cpu) * 1000)
    return took, busy


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


async def measure(url: str, folder: Path, count: int, words: int, asked: int, different: int) -> dict[str, object]:
    """All figures of one database."""
    database = Database(url)
    services, talk = services_over(database, folder), Talk()
    filling = await fill(services, talk, count, words, different)
    await ask(services, talk.queries(6))
    took, busy = await ask(services, talk.queries(asked))
    took.sort()
    kinds = [round(statistics.median(busy[kind::KINDS]), 1) for kind in range(KINDS)]
    busy.sort()
    size = await size_of(services)
    await database.close()
    return {
        "database": "sqlite" if database.is_sqlite else "postgres",
        "meetings": count,
        "words": count * words,
        "ms_a_meeting_to_index": round(filling * 1000, 1),
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[int(len(took) * 0.95) - 1], 1),
        "cpu_p95_ms": round(busy[int(len(busy) * 0.95) - 1], 1),
        "cpu_ms_by_kind": kinds,
        "max_ms": round(took[-1], 1),
        "bytes": size,
    }


def main() -> None:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=100)
    parser.add_argument("--words", type=int, default=8000)
    parser.add_argument("--queries", type=int, default=120)
    parser.add_argument("--different", type=int)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mbsearch")))
        load_tables()
        if options.postgres:
            url = stack.enter_context(postgres()).new_database()
        else:
            url = f"sqlite:///{folder / 'minutebook.db'}"
            engine = create_engine(url)
            metadata.create_all(engine)
            engine.dispose()
        print(
            json.dumps(
                asyncio.run(
                    measure(
                        url,
                        folder,
                        options.meetings,
                        options.words,
                        options.queries,
                        options.different or options.meetings,
                    )
                )
            )
        )


if __name__ == "__main__":
    main()
