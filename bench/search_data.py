"""Generated meetings for the bench of searches, written in bulk: the rows are those that the services would write.

Words are drawn by Zipf's law from a vocabulary of the given size, so that some are in every meeting and some in one.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Insert, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.repository import users
from minutebook.kit.ids import new_id
from minutebook.meetings.repository import meetings
from minutebook.search import repository
from minutebook.search.full_text import POSTGRES_INDEX, full_text_of, owner_term
from minutebook.search.model import Document, Part, Passage, passages_json
from minutebook.search.words import terms_of
from minutebook.sharing import repository as sharing
from minutebook.sharing.model import Right
from minutebook.wiring import Services
from support.searching import ADA

GRACE = "00000000-0000-7000-8000-0000000ace00"
FOREIGN_EVERY, SHARED_EVERY = 10, 20
"""Every tenth meeting is Grace's; every second one of these is shared with Ada."""
PEOPLE = 37
VOCABULARY = 30_000
SHORT = 50
"""The commonest words are short ones (Zipf's law of abbreviation)."""
PASSAGE_WORDS = 20
BATCH = 50
SEED = 20_261_130
START = datetime(2020, 1, 6, 9, tzinfo=UTC)


class Talk:
    """Generated speech: the same for the same seed."""

    def __init__(self) -> None:
        self._random, self._numbers = random.Random(SEED), np.random.default_rng(SEED)
        letters = "abcdefghijklmnoprstuvw"
        lengths = [
            self._random.randint(2, 4) if place < SHORT else self._random.randint(4, 9) for place in range(VOCABULARY)
        ]
        self.words = ["".join(self._random.choices(letters, k=length)) for length in lengths]
        self._weights = np.cumsum(1 / np.arange(2, VOCABULARY + 2))

    def passages(self, words: int) -> tuple[Passage, ...]:
        """So many words, in passages."""
        drawn = np.searchsorted(self._weights, self._numbers.random(words) * self._weights[-1])
        said = [self.words[place] for place in drawn.tolist()]
        starts = range(0, words, PASSAGE_WORDS)
        return tuple(
            Passage(Part.TRANSCRIPT, " ".join(said[i : i + PASSAGE_WORDS]), f"Speaker {i // 20 % 4}", i / 2.5)
            for i in starts
        )

    def queries(self, count: int) -> list[str]:
        """Of each of `KINDS` in turn, so many in all."""
        return [self._query(KINDS[number % len(KINDS)]) for number in range(count)]

    def _query(self, kind: str) -> str:
        among, drawn = self._random.randrange, self._random.choices
        match kind:
            case "common":
                return self.words[among(5)]
            case "middling":
                return self.words[among(100, 2000)]
            case "rare":
                return self.words[among(5000, VOCABULARY)]
            case "two words":
                return " ".join(drawn(self.words[:500], k=2))
            case "phrase":
                return f'"{" ".join(drawn(self.words[:20], k=2))}"'
            case "long phrase":
                return f'"{" ".join(drawn(self.words[:20], k=4))}"'
            case "of a person":
                return self.words[among(50)]
            case "mistyped":
                return self.words[among(100, 2000)] + "z"
        return "".join(drawn("xyz", k=9))


KINDS = ("common", "middling", "rare", "two words", "phrase", "long phrase", "of a person", "mistyped", "nobody's")


@dataclass(frozen=True)
class Filling:
    """How much is made: meetings of so many words, so many of them different; the others are copies of these."""

    meetings: int
    words: int
    different: int


async def fill(services: Services, talk: Talk, wanted: Filling) -> None:
    """Meetings of two owners, some of them shared."""
    sqlite, made = services.db.is_sqlite, list[str]()
    async with services.db.transaction() as tx:
        await _add_users(tx)
        if not sqlite:
            await tx.execute(text("DROP INDEX search_terms"))
    for first in range(0, wanted.meetings, BATCH):
        async with services.db.transaction() as tx:
            for number in range(first, min(first + BATCH, wanted.meetings)):
                meeting_id = await _add_meeting(tx, number)
                if number < wanted.different:
                    made.append(meeting_id)
                    passages = (Passage(Part.TITLE, "Weekly"), *talk.passages(wanted.words))
                    document = Document(meeting_id, _owner_of(number), "en", passages)
                    await tx.execute(insert(repository.documents).values(_row(tx, document, number)))
                else:
                    await tx.execute(_copy_of(made[number % wanted.different], meeting_id))
    async with services.db.transaction() as tx:
        if not sqlite:
            await tx.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            for statement in POSTGRES_INDEX:
                await tx.execute(text(statement))
        for owner_id in (ADA, GRACE):
            await repository.add_words(tx, owner_id, set(talk.words))
    if not sqlite:
        async with services.db.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text("VACUUM ANALYZE"))


def _owner_of(number: int) -> str:
    return GRACE if number % FOREIGN_EVERY == 0 else ADA


async def _add_users(tx: AsyncConnection) -> None:
    for user_id, name in ((ADA, "ada"), (GRACE, "grace")):
        address = f"{name}@example.com"
        values = {"id": user_id, "email": address, "email_key": address, "display_name": name, "password_hash": ""}
        await tx.execute(insert(users).values(**values, is_owner=False, created_at=START))


async def _add_meeting(tx: AsyncConnection, number: int) -> str:
    made, at = new_id(), START + timedelta(hours=number)
    row = {"id": made, "owner_id": _owner_of(number), "title": "Weekly", "description": "", "search_text": "weekly"}
    await tx.execute(insert(meetings).values(**row, created_at=at, updated_at=at))
    if number % SHARED_EVERY == 0:
        await sharing.add_share(tx, new_id(), made, GRACE, ADA, None, Right.READ, START)
    return made


def _row(tx: AsyncConnection, document: Document, number: int) -> dict[str, Any]:
    texts = (part for passage in document.passages for part in (passage.text, passage.speaker) if part)
    terms = [owner_term(document.owner_id), *terms_of(texts, document.language)]
    person = f"person {number % PEOPLE}"
    return {
        "meeting_id": document.meeting_id,
        "owner_id": document.owner_id,
        "version": repository.VERSION,
        "language": document.language,
        "people": f"{person}\n{person.replace(' ', '.')}@example.com",
        "passages": passages_json(document.passages),
        "terms": full_text_of(tx.dialect.name).stored(terms),
    }


def _copy_of(meeting_id: str, made: str) -> Insert:
    kept = repository.documents.c
    columns = [each for each in kept if each.name not in {"number", "meeting_id"}]
    row = select(literal(made), *columns).where(kept.meeting_id == meeting_id)
    return insert(repository.documents).from_select(["meeting_id", *(each.name for each in columns)], row)
