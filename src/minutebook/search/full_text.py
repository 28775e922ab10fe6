"""The full-text indexes of two databases behind one port: FTS5 of SQLite, tsvector of Postgres.

Both index sets of terms that `search.words` makes, without positions and without stemming of their own: the same query
finds the same on both. A document is found by terms that also name its owner, so that nobody's search walks through
what others said.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    cast,
    column,
    event,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import DDL, Table

TERMS_TYPE = Text().with_variant(TSVECTOR(), "postgresql")
INDEX_NAME = "search_terms"
"""Everything that either database keeps besides the table has a name that begins so."""


class FullText(Protocol):
    """What the repository needs of a database."""

    def stored(self, terms: Sequence[str]) -> Any:
        """The value of a document's column of terms."""

    def expression(self, owners: Sequence[str], needs: Sequence[Sequence[str]]) -> str:
        """A query: documents of one of these owners that have, of each list, at least one term."""

    def matching(self, documents: Table, expression: str | BindParameter[str]) -> ColumnElement[bool]:
        """The condition on a document."""

    def matched(self, documents: Table, expression: str) -> FromClause:
        """The documents of a query, to be joined with meetings that are read from the newest on."""

    async def by_index(self, tx: AsyncConnection) -> None:
        """From now on in this transaction documents are found by the full-text index, never by reading all of them."""


class Fts5:
    """SQLite. The index takes its text from the table, by triggers."""

    def stored(self, terms: Sequence[str]) -> Any:
        """The terms, one behind the other."""
        return " ".join(terms)

    def expression(self, owners: Sequence[str], needs: Sequence[Sequence[str]]) -> str:
        """`"a" AND ("b" OR "c")`. Terms have no quotes in them."""
        lists = [[owner_term(owner_id) for owner_id in owners], *needs]
        return " AND ".join("(" + " OR ".join(f'"{term}"' for term in terms) + ")" for terms in lists)

    def matching(self, documents: Table, expression: str | BindParameter[str]) -> ColumnElement[bool]:
        """By the index's own `MATCH`."""
        return documents.c.number.in_(_rows(expression))

    def matched(self, documents: Table, expression: str) -> FromClause:
        """All of them. The sum keeps the database from walking through what is found: it is a set, in which each
        meeting is looked up, so that a word of ten thousand meetings takes no longer than a rare one."""
        return select(documents).where((documents.c.number + 0).in_(_rows(expression))).subquery()

    async def by_index(self, tx: AsyncConnection) -> None:
        """There is no other way."""


def _rows(expression: str | BindParameter[str]) -> Select[tuple[int]]:
    index = table(INDEX_NAME, column("rowid", Integer), column(INDEX_NAME))
    return select(index.c.rowid).where(index.c[INDEX_NAME].op("MATCH")(expression))


class TsVector:
    """Postgres."""

    def stored(self, terms: Sequence[str]) -> Any:
        """A vector without positions."""
        return func.array_to_tsvector(cast(list(terms), ARRAY(Text)))

    def expression(self, owners: Sequence[str], needs: Sequence[Sequence[str]]) -> str:
        """`'a' & ('b' | 'c')`. Terms have neither quotes nor backslashes in them."""
        lists = [[owner_term(owner_id) for owner_id in owners], *needs]
        return " & ".join("(" + " | ".join(f"'{term}'" for term in terms) + ")" for terms in lists)

    def matching(self, documents: Table, expression: str | BindParameter[str]) -> ColumnElement[bool]:
        """By the GIN index."""
        return documents.c.terms.op("@@")(cast(expression, TSQUERY))

    def matched(self, documents: Table, expression: str) -> FromClause:
        """First of all, and only what lies in the rows themselves: texts and terms are kept elsewhere."""
        found = documents.c
        query = select(found.meeting_id, found.owner_id, found.people).where(self.matching(documents, expression))
        return query.cte().prefix_with("MATERIALIZED")

    async def by_index(self, tx: AsyncConnection) -> None:
        """The planner takes a row's terms to be as cheap to read as the row, and for common words would unpack those of
        every document: 1.3 s for 10,000 meetings, where the index needs milliseconds."""
        await tx.execute(text("SET LOCAL enable_seqscan = off"))


def owner_term(owner_id: str) -> str:
    """The term that all documents of an owner have."""
    return f"@{owner_id.replace('-', '')}"


def full_text_of(dialect: str) -> FullText:
    """The index of this database."""
    return Fts5() if dialect == "sqlite" else TsVector()


SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE search_terms USING fts5(terms, content='search_documents', content_rowid='number', "
    "detail=none, columnsize=0, tokenize=\"ascii tokenchars '@:~'\")",
    "CREATE TRIGGER search_terms_added AFTER INSERT ON search_documents BEGIN "
    "INSERT INTO search_terms(rowid, terms) VALUES (new.number, new.terms); END",
    "CREATE TRIGGER search_terms_removed AFTER DELETE ON search_documents BEGIN "
    "INSERT INTO search_terms(search_terms, rowid, terms) VALUES ('delete', old.number, old.terms); END",
    "CREATE TRIGGER search_terms_changed AFTER UPDATE OF terms ON search_documents BEGIN "
    "INSERT INTO search_terms(search_terms, rowid, terms) VALUES ('delete', old.number, old.terms); "
    "INSERT INTO search_terms(rowid, terms) VALUES (new.number, new.terms); END",
)
POSTGRES_INDEX = (
    # Without a list of pending entries a search right behind a save is as fast as any other.
    "CREATE INDEX search_terms ON search_documents USING gin (terms) WITH (fastupdate = off)",
)


def index_with(documents: Table) -> None:
    """Have the index made and dropped together with the table."""
    for statements, dialect in ((SQLITE_INDEX, "sqlite"), (POSTGRES_INDEX, "postgresql")):
        for statement in statements:
            made = DDL(statement)  # type: ignore[no-untyped-call]
            event.listen(documents, "after_create", made.execute_if(dialect=dialect))
    dropped = DDL(f"DROP TABLE IF EXISTS {INDEX_NAME}")  # type: ignore[no-untyped-call]
    event.listen(documents, "before_drop", dropped.execute_if(dialect="sqlite"))
