"""All SQL of searches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.upserts import insert_into
from minutebook.meetings.repository import meetings
from minutebook.search.full_text import TERMS_TYPE, FullText, full_text_of, index_with, owner_term
from minutebook.search.model import Document, Place, passages_from_json, passages_json
from minutebook.search.words import terms_of

VERSION = 2
"""Of how documents are made. One more, and all that is older is made again."""

documents = Table(
    "search_documents",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("meeting_id", String(36), nullable=False, unique=True),
    Column("owner_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("language", String(16), nullable=False),
    Column("people", Text, nullable=False),
    Column("passages", Text, nullable=False),
    Column("terms", TERMS_TYPE, nullable=False),
    Index("ix_search_documents_version", "version"),
)
"""One row a meeting; `people` are the names and addresses of those who took part or were heard, folded, one a line.

There is no foreign key: its check would lock the meeting behind the recording, and everybody locks from the meeting
downwards. Whoever deletes a meeting tells of it."""
index_with(documents)

vocabulary = Table(
    "search_words",
    metadata,
    Column("owner_id", String(36), primary_key=True),
    Column("initial", String(4), primary_key=True),
    Column("word", String(64), primary_key=True),
)
"""The words of an owner's documents, for those that are mistyped."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which meetings are looked at, besides the words; `person` is folded."""

    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    meeting_id: str | None = None
    after: Place | None = None


Needs = Sequence[Sequence[str]]


async def claim(tx: AsyncConnection, owner_id: str, meeting_id: str) -> Document:
    """The document of a meeting as it is, an empty one if there is none; nobody else writes it until the transaction
    ends. What is read afterwards is what everybody has committed who wrote it before."""
    values = {"meeting_id": meeting_id, "owner_id": owner_id, "version": 0, "language": "", "people": ""}
    made = {**values, "passages": "[]", "terms": full_text_of(tx.dialect.name).stored([owner_term(owner_id)])}
    await tx.execute(insert_into(tx, documents).values(**made).on_conflict_do_nothing(index_elements=["meeting_id"]))
    query = select(documents.c.language, documents.c.passages).where(documents.c.meeting_id == meeting_id)
    row = (await tx.execute(query.with_for_update())).one()
    return Document(meeting_id, owner_id, row.language, passages_from_json(row.passages))


async def save(tx: AsyncConnection, document: Document, people: str) -> None:
    """Write a claimed document."""
    texts = (text for passage in document.passages for text in (passage.text, passage.speaker) if text)
    terms = [owner_term(document.owner_id), *terms_of(texts, document.language)]
    await tx.execute(
        update(documents)
        .where(documents.c.meeting_id == document.meeting_id)
        .values(
            version=VERSION,
            language=document.language,
            people=people,
            passages=passages_json(document.passages),
            terms=full_text_of(tx.dialect.name).stored(terms),
        )
    )


async def load(tx: AsyncConnection, meeting_ids: Sequence[str]) -> Sequence[Document]:
    """The documents of these meetings, in this order; for meetings whose ownership was checked."""
    rows = (await tx.execute(select(documents).where(documents.c.meeting_id.in_(meeting_ids)))).all()
    by_id = {
        row.meeting_id: Document(row.meeting_id, row.owner_id, row.language, passages_from_json(row.passages))
        for row in rows
    }
    return [by_id[meeting_id] for meeting_id in meeting_ids if meeting_id in by_id]


async def remove(tx: AsyncConnection, meeting_id: str) -> None:
    """Delete a meeting's document."""
    await tx.execute(delete(documents).where(documents.c.meeting_id == meeting_id))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a user sees: their own meetings and, by the query for their ids, those that are shared with them; `owners`
    are the owners of these."""

    user_id: str
    shared: Select[tuple[str]] | None = None
    owners: tuple[str, ...] = ()


async def seen_by(tx: AsyncConnection, user_id: str, shared: Select[tuple[str]]) -> Seen:
    """What a user sees with whom these meetings are shared."""
    whose = select(meetings.c.owner_id).where(meetings.c.id.in_(shared)).distinct()
    owners = tuple(await tx.scalars(whose))
    return Seen(user_id, shared, owners) if owners else Seen(user_id)


async def find(
    tx: AsyncConnection, seen: Seen, needs: Needs, filters: Filters, limit: int
) -> Sequence[tuple[str, str, datetime]]:
    """Meetings that somebody sees whose documents have what is needed, newest first: id, title, time. None from
    the trash."""
    full_text = full_text_of(tx.dialect.name)
    parts = [_part(full_text, *part, needs, filters, limit) for part in _parts(seen)]
    found = union_all(*parts).subquery()
    query = select(found).order_by(found.c.created_at.desc(), found.c.id.desc()).limit(limit)
    await full_text.by_index(tx)
    return [(row.id, row.title, row.created_at) for row in await tx.execute(query)]


def _parts(seen: Seen) -> Sequence[tuple[Sequence[str], ColumnElement[bool]]]:
    """What a user sees, by its owners and the condition on a meeting: each part is read along its own index, together
    they would have to be sorted whole."""
    own = ([seen.user_id], meetings.c.owner_id == seen.user_id)
    if seen.shared is None:
        return [own]
    return [own, (seen.owners, meetings.c.id.in_(seen.shared) & (meetings.c.owner_id != seen.user_id))]


def _part(
    full_text: FullText,
    owners: Sequence[str],
    visible: ColumnElement[bool],
    needs: Needs,
    filters: Filters,
    limit: int,
) -> Select[tuple[str, str, datetime]]:
    matched = full_text.matched(documents, full_text.expression(owners, needs))
    query = (
        select(meetings.c.id, meetings.c.title, meetings.c.created_at)
        .join(matched, matched.c.meeting_id == meetings.c.id)
        .where(visible, matched.c.owner_id == meetings.c.owner_id, meetings.c.trashed_at.is_(None))
    )
    if filters.person:
        query = query.where(matched.c.people.contains(filters.person, autoescape=True))
    if filters.since:
        query = query.where(meetings.c.created_at >= filters.since)
    if filters.until:
        query = query.where(meetings.c.created_at < filters.until)
    if filters.meeting_id:
        query = query.where(meetings.c.id == filters.meeting_id)
    if filters.after:
        at, meeting_id = filters.after
        earlier = meetings.c.created_at < at
        query = query.where(or_(earlier, (meetings.c.created_at == at) & (meetings.c.id < meeting_id)))
    newest = query.order_by(meetings.c.created_at.desc(), meetings.c.id.desc()).limit(limit)
    return select(newest.subquery())


async def ids_of(tx: AsyncConnection, seen: Seen, needs: Needs) -> Select[tuple[str]]:
    """The query, for this transaction, for the meetings that somebody sees whose documents have what is needed."""
    full_text = full_text_of(tx.dialect.name)
    await full_text.by_index(tx)
    found = []
    for owners, visible in _parts(seen):
        matched = full_text.matched(documents, full_text.expression(owners, needs))
        joined = matched.c.meeting_id == meetings.c.id
        query = select(meetings.c.id).join(matched, joined).where(visible, matched.c.owner_id == meetings.c.owner_id)
        found.append(query)
    both = union_all(*found).subquery()
    return select(both.c.id)


async def missing(tx: AsyncConnection, limit: int) -> Sequence[tuple[str, str]]:
    """Meetings without a document, or with one that an older version made: (owner, meeting)."""
    current = exists().where(documents.c.meeting_id == meetings.c.id, documents.c.version >= VERSION)
    query = select(meetings.c.owner_id, meetings.c.id).where(~current).order_by(meetings.c.id.desc()).limit(limit)
    return [(row.owner_id, row.id) for row in await tx.execute(query)]


async def add_words(tx: AsyncConnection, owner_id: str, words: Collection[str]) -> None:
    """Add to an owner's vocabulary."""
    # In one order for everybody: two that add the same words at the same time wait for each other only once.
    rows = [{"owner_id": owner_id, "initial": word[0], "word": word} for word in sorted(words)]
    if rows:
        await tx.execute(insert_into(tx, vocabulary).on_conflict_do_nothing(), rows)


async def drop_words(tx: AsyncConnection, owner_id: str, words: Collection[str]) -> None:
    """Take out of an owner's vocabulary what no document of theirs holds any more."""
    if not words:
        return
    full_text = full_text_of(tx.dialect.name)
    still = exists().where(full_text.matching(documents, bindparam("terms")))
    statement = delete(vocabulary).where(
        vocabulary.c.owner_id == bindparam("owner"),
        vocabulary.c.initial == bindparam("first"),
        vocabulary.c.word == bindparam("gone"),
        ~still,
    )
    rows = [
        {"owner": owner_id, "first": word[0], "gone": word, "terms": full_text.expression([owner_id], [[word]])}
        for word in sorted(words)
    ]
    await full_text.by_index(tx)
    await tx.execute(statement, rows)


async def words_beginning(tx: AsyncConnection, owner_id: str, word: str, limit: int) -> Sequence[str]:
    """The shortest words of an owner's vocabulary that begin with this one."""
    beginning = _of_initial(owner_id, word).where(func.substr(vocabulary.c.word, 1, len(word)) == word)
    return list(await tx.scalars(beginning.order_by(func.length(vocabulary.c.word), vocabulary.c.word).limit(limit)))


async def words_like(tx: AsyncConnection, owner_id: str, word: str, shorter: int, longer: int) -> Sequence[str]:
    """The words of an owner's vocabulary that begin with the same letter and are at most so many letters shorter or
    longer, in their order."""
    length = func.length(vocabulary.c.word)
    similar = _of_initial(owner_id, word).where(length.between(len(word) - shorter, len(word) + longer))
    return list(await tx.scalars(similar.order_by(vocabulary.c.word)))


def _of_initial(owner_id: str, word: str) -> Select[tuple[str]]:
    return select(vocabulary.c.word).where(vocabulary.c.owner_id == owner_id, vocabulary.c.initial == word[:1])
