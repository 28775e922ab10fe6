"""What is searched: documents of meetings, their full-text index, the words of their owners. Meetings that are there
are indexed by the running server.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SQLITE = (
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
_POSTGRES = ("CREATE INDEX search_terms ON search_documents USING gin (terms) WITH (fastupdate = off)",)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "search_documents",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meeting_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("passages", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_documents")),
        sa.UniqueConstraint("meeting_id", name=op.f("uq_search_documents_meeting_id")),
    )
    with op.batch_alter_table("search_documents", schema=None) as batch_op:
        batch_op.create_index("ix_search_documents_version", ["version"], unique=False)
    op.create_table(
        "search_words",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("initial", sa.String(length=4), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "initial", "word", name=op.f("pk_search_words")),
    )
    for statement in _SQLITE if sqlite else _POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_terms")
    op.drop_table("search_words")
    op.drop_table("search_documents")
