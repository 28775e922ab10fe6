"""The full-text indexes of two databases behind one port: FTS5 of SQLite, tsvector of Postgres.

Both index sets of terms that `search.words` makes, without positions and without stemming of their own: the same query
finds the same on both. A document is found by terms that also name its owner, so that nobody's search walks through
what others said.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Text, cast, column, event, func, select, table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
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
        index = table(INDEX_NAME, column("rowid"), column(INDEX_NAME))
        return documents.c.number.in_(select(index.c.rowid).where(index.c[INDEX_NAME].op("MATCH")(expression)))


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
