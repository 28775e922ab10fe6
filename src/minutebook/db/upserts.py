"""An INSERT that knows ON CONFLICT: both databases do, the common one of SQLAlchemy does not."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert_into(tx: AsyncConnection | Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """In the words of the connection's database."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)
